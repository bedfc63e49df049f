"""The graph: a Llama decoder in the fused dialect of onnxruntime-genai and transformers.js.

Attention is `GroupQueryAttention` over packed q, k and v with rotary positions inside, residual and norm are one
`SkipSimplifiedLayerNormalization`, gate and up share a matrix. Any program that runs such exports runs this one.
A right-padded `attention_mask` gives each row its own length: its sum is the row's length, its width the longest.
"""

from __future__ import annotations

from typing import List, Optional, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper

from gguf_source import Source
from linear import MICROSOFT, Linears
from progress import Progress
from weights import Weights

OPSET, IR_VERSION = 21, 10


class Graph:
    """Builds the model's nodes in order; `build` returns the finished protobuf."""

    def __init__(self, source: Source, weights: Weights, precision: str, logits: str, producer: str):
        self.source, self.shape, self.weights = source, source.shape, weights
        self.every_position, self.producer = logits == "all", producer
        self.nodes: List[onnx.NodeProto] = []
        self.linear = Linears(source, weights, self.node, precision)

    def build(self, progress: Progress) -> onnx.ModelProto:
        self._lengths()
        self._rotary()
        skip, branch = self.linear.embedding("input_ids"), None
        for layer in range(self.shape.layers):
            skip, branch = self._layer(layer, skip, branch)
            progress.layer(layer + 1, self.shape.layers)
        x, _ = self._norm("final_norm", "output_norm.weight", skip, branch)
        if not self.every_position:
            x = self._last_position(x)
        self.linear.head(x)
        self.nodes[-1].output[0] = "logits"
        return self._model()

    def node(self, op: str, inputs: Sequence[str], name: str, domain: str = "", extra: Sequence[str] = (), **attributes) -> str:
        """Adds a node; its first output carries the node's name."""
        outputs = [name, *extra]
        self.nodes.append(helper.make_node(op, list(inputs), outputs, name=name, domain=domain, **attributes))
        return name

    def _lengths(self) -> None:
        one, first = self.weights.constant("one", np.array([1], np.int64)), self.weights.constant("dim_1", np.array(1, np.int64))
        self.node("ReduceSum", ["attention_mask", one], "row_lengths", keepdims=0)
        self.node("Sub", ["row_lengths", one], "last_positions")
        self.node("Cast", ["last_positions"], "seqlens_k", to=TensorProto.INT32)
        self.node("Shape", ["attention_mask"], "mask_shape")
        self.node("Gather", ["mask_shape", first], "mask_width", axis=0)
        self.node("Cast", ["mask_width"], "total_sequence_length", to=TensorProto.INT32)

    def _rotary(self) -> None:
        half = self.shape.head_dim // 2
        inverse = self.shape.rope_theta ** (-np.arange(half, dtype=np.float64) / half)
        angles = np.arange(self.shape.context, dtype=np.float64)[:, None] * inverse
        self.weights.add("cos_cache", np.cos(angles).astype(np.float32))
        self.weights.add("sin_cache", np.sin(angles).astype(np.float32))

    def _layer(self, layer: int, skip: str, branch: Optional[str]):
        name, block, shape = f"layers.{layer}", f"blk.{layer}", self.shape
        x, skip = self._norm(f"{name}.input_norm", f"{block}.attn_norm.weight", skip, branch)
        qkv = self.linear(x, f"{name}.qkv_proj", *(f"{block}.attn_{part}.weight" for part in "qkv"))
        attended = self.node(
            "GroupQueryAttention",
            [qkv, "", "", f"past_key_values.{layer}.key", f"past_key_values.{layer}.value", "seqlens_k", "total_sequence_length", "cos_cache", "sin_cache"],
            f"{name}.attention", MICROSOFT, extra=[f"present.{layer}.key", f"present.{layer}.value"],
            num_heads=shape.heads, kv_num_heads=shape.kv_heads, do_rotary=1, rotary_interleaved=0, scale=float(shape.head_dim) ** -0.5,
        )
        branch = self.linear(attended, f"{name}.o_proj", f"{block}.attn_output.weight")
        x, skip = self._norm(f"{name}.post_attention_norm", f"{block}.ffn_norm.weight", skip, branch)
        both = self.linear(x, f"{name}.gate_up_proj", f"{block}.ffn_gate.weight", f"{block}.ffn_up.weight")
        gate, up = f"{name}.gate", f"{name}.up"
        self.nodes.append(helper.make_node("Split", [both], [gate, up], name=f"{name}.split", axis=-1, num_outputs=2))
        # SiLU spelled out: every runtime knows these two, and ONNX Runtime fuses them by itself
        self.node("Sigmoid", [gate], f"{name}.sigmoid")
        self.node("Mul", [gate, f"{name}.sigmoid"], f"{name}.silu")
        self.node("Mul", [f"{name}.silu", up], f"{name}.activation")
        return skip, self.linear(f"{name}.activation", f"{name}.down_proj", f"{block}.ffn_down.weight")

    def _norm(self, name: str, tensor: str, skip: str, branch: Optional[str]):
        """RMS norm of skip + branch; returns the normed value and the sum, which is the next skip."""
        scale, eps = self.weights.add(f"{name}.weight", self.source.vector(tensor)), self.shape.norm_eps
        if branch is None:
            return self.node("SimplifiedLayerNormalization", [skip, scale], name, axis=-1, epsilon=eps, stash_type=1), skip
        residual = [] if name == "final_norm" else ["", "", f"{name}.residual"]
        self.node("SkipSimplifiedLayerNormalization", [skip, branch, scale], name, MICROSOFT, extra=residual, epsilon=eps)
        return name, f"{name}.residual"

    def _last_position(self, x: str) -> str:
        """Each row's last real position: its length less one in a (padded) prompt, 0 when one token is fed."""
        two = self.weights.constant("last_two_axes", np.array([1, 2], np.int64))
        self.node("Shape", ["input_ids"], "ids_shape")
        self.node("Gather", ["ids_shape", "dim_1"], "ids_width", axis=0)
        self.node("Sub", ["ids_width", "one"], "ids_end")
        self.node("Min", ["last_positions", "ids_end"], "logits_positions")
        self.node("Unsqueeze", ["logits_positions", two], "logits_indices")
        return self.node("GatherND", [x, "logits_indices"], "last_hidden", batch_dims=1)

    def _model(self) -> onnx.ModelProto:
        shape, cache = self.shape, lambda name, axis: helper.make_tensor_value_info(
            name, TensorProto.FLOAT, ["batch_size", self.shape.kv_heads, axis, self.shape.head_dim])
        inputs = [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch_size", "sequence_length"]),
            helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["batch_size", "total_sequence_length"]),
        ]
        width = "sequence_length" if self.every_position else 1
        outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch_size", width, shape.vocab])]
        for layer in range(shape.layers):
            for part in ("key", "value"):
                inputs.append(cache(f"past_key_values.{layer}.{part}", "past_sequence_length"))
                outputs.append(cache(f"present.{layer}.{part}", "present_sequence_length"))
        graph = helper.make_graph(self.nodes, "llama", inputs, outputs, self.weights.initializers)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="nightdesk", producer_version=self.producer)
