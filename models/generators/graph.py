"""A small writer of ONNX graphs, whose weights are of 8 bits, cast to float32 and scaled in the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Sequence, Union

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 18, 9

Axis = Union[int, str]


def array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().numpy().astype(np.float32)


class Graph:
    """Nodes and weights in the order they are asked for. Every method gives back the name of what it made."""

    def __init__(self) -> None:
        self.nodes: List[onnx.NodeProto] = []
        self.weights: Dict[str, onnx.TensorProto] = {}
        self.turned: Dict[str, str] = {}
        self.inputs: List[onnx.ValueInfoProto] = []
        self.outputs: List[onnx.ValueInfoProto] = []

    def takes(self, name: str, shape: Sequence[Axis], kind: int = TensorProto.FLOAT) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, kind, list(shape)))
        return name

    def gives(self, value: str, name: str, shape: Sequence[Axis], kind: int = TensorProto.FLOAT) -> None:
        self.nodes.append(helper.make_node("Identity", [value], [name], name=name))
        self.outputs.append(helper.make_tensor_value_info(name, kind, list(shape)))

    def plain(self, name: str, values: np.ndarray) -> str:
        self.weights[name] = numpy_helper.from_array(values, name)
        return name

    def whole(self, name: str, *numbers: int) -> str:
        return self.plain(name, np.array(numbers, dtype=np.int64))

    def weight(self, name: str, values: np.ndarray) -> str:
        """A matrix as int8 with a scale per row.

        Cast and Mul, since ONNX Runtime folds them once, when it loads the graph; DequantizeLinear it runs each time.
        """
        scale = np.maximum(np.abs(values).max(axis=-1, keepdims=True), 1e-8) / 127
        rounded = np.clip(np.round(values / scale), -127, 127).astype(np.int8)
        stored = self.plain(f"{name}.int8", rounded)
        cast = self.node("Cast", [stored], f"{name}.cast", to=TensorProto.FLOAT)
        return self.node("Mul", [cast, self.plain(f"{name}.scale", scale.astype(np.float32))], name)

    def node(self, operator: str, inputs: Sequence[str], name: str, **attributes: Any) -> str:
        return self.several(operator, inputs, [name], **attributes)[0]

    def several(self, operator: str, inputs: Sequence[str], names: List[str], **attributes: Any) -> List[str]:
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=names[0], **attributes))
        return names

    def linear(self, value: str, weight: str, bias: str, name: str) -> str:
        """value x weight, which lies as [outputs, inputs], plus bias, for any number of axes in front."""
        if weight not in self.turned:
            self.turned[weight] = self.node("Transpose", [weight], f"{weight}.turned", perm=[1, 0])
        product = self.node("MatMul", [value, self.turned[weight]], f"{name}.product")
        return self.node("Add", [product, bias], name)

    def save(self, path: Path, name: str) -> None:
        graph = helper.make_graph(self.nodes, name, self.inputs, self.outputs, list(self.weights.values()))
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(
            graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="nightdesk"
        )
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, str(path))
