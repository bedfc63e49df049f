"""Torch's LSTM and GRU layers as ONNX operators, which order their gates otherwise."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Tuple

import numpy as np
import torch

from graph import Graph, array

# Where each of ONNX's gates lies among torch's: iofc of ifco, and zrh of rzn.
ORDER = {"LSTM": [0, 3, 1, 2], "GRU": [1, 0, 2]}


class Cell(NamedTuple):
    operator: str
    hidden: int
    inputs: List[str]


def gates(weight: torch.Tensor, order: List[int]) -> np.ndarray:
    parts = np.split(array(weight), len(order))
    return np.concatenate([parts[place] for place in order])


def cell(graph: Graph, layer: torch.nn.RNNBase, name: str) -> Cell:
    """The weights of a layer of one direction, to be used by as many nodes as there are steps."""
    operator, order = layer.mode, ORDER[layer.mode]
    axis = graph.whole(f"{name}.axis", 0)
    read: Dict[str, str] = {}
    for part, weight in (("W", layer.weight_ih_l0), ("R", layer.weight_hh_l0)):
        flat = graph.weight(f"{name}.{part}.flat", gates(weight, order))
        read[part] = graph.node("Unsqueeze", [flat, axis], f"{name}.{part}")
    biases = np.concatenate([gates(layer.bias_ih_l0, order), gates(layer.bias_hh_l0, order)])
    bias = graph.plain(f"{name}.B", biases[None])
    return Cell(operator, layer.hidden_size, [read["W"], read["R"], bias])


def run(graph: Graph, made: Cell, value: str, states: List[str], name: str) -> Tuple[str, List[str]]:
    """A cell over [batch, sequence, features]; without states it begins at zero. Outputs [batch, sequence, hidden]."""
    turned = graph.node("Transpose", [value], f"{name}.by_step", perm=[1, 0, 2])
    kept = [f"{name}.h", f"{name}.c"][: 2 if made.operator == "LSTM" else 1]
    attributes = {"linear_before_reset": 1} if made.operator == "GRU" else {}
    graph.several(
        made.operator,
        [turned, *made.inputs, *([""] if states else []), *states],
        [f"{name}.all", *kept],
        hidden_size=made.hidden,
        **attributes,
    )
    one = graph.node("Squeeze", [f"{name}.all", graph.whole(f"{name}.direction", 1)], f"{name}.one")
    return graph.node("Transpose", [one], f"{name}.by_row", perm=[1, 0, 2]), kept
