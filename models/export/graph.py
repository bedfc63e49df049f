"""The graph: a decoder of one of the families, in the fused dialect of onnxruntime-genai and transformers.js.

Attention is `GroupQueryAttention` over packed q, k and v with rotary positions inside, residual and norm are one
`SkipSimplifiedLayerNormalization`, gate and up share a matrix. Any program that runs such exports runs this one.
Where q and k are normed by head, they leave the packed product first, as onnxruntime-genai's builder does it.
A right-padded `attention_mask` gives each row its own length: its sum is the row's length, its width the longest.
"""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

import numpy as np
import onnx
from onnx import TensorProto, helper

from linear import MICROSOFT, Linears
from progress import Progress
from source import Source
from weights import Weights

OPSET, IR_VERSION = 21, 10


class Graph:
    """Builds the model's nodes in order; `build` returns the finished protobuf."""

    def __init__(self, source: Source, weights: Weights, precision: str, logits: str, producer: str):
        self.source, self.family, self.shape, self.weights = source, source.family, source.shape, weights
        self.every_position, self.producer = logits == "all", producer
        self.nodes: List[onnx.NodeProto] = []
        self.linear = Linears(source, weights, self.node, precision)

    def build(self, progress: Progress) -> onnx.ModelProto:
        self._lengths()
        self._rotary()
        skip, branch = self._embedding(), None
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
        for suffix, rope in (("", self.shape.rope), ("_local", self.shape.local_rope)):
            if rope is not None:
                cos, sin = rope.tables(self.shape.context, self.shape.head_dim)
                self.weights.add(f"cos_cache{suffix}", cos)
                self.weights.add(f"sin_cache{suffix}", sin)

    def _embedding(self) -> str:
        rows = self.linear.embedding("input_ids")
        if not self.family.scaled_embedding:
            return rows
        factor = self.weights.constant("embed_scale", np.array(self.shape.hidden ** 0.5, np.float32))
        return self.node("Mul", [rows, factor], "embed_scaled")

    def _layer(self, layer: int, skip: str, branch: Optional[str]):
        name, block = f"layers.{layer}", f"blk.{layer}"
        x, skip = self._norm(f"{name}.input_norm", f"{block}.attn_norm.weight", skip, branch)
        branch = self.linear(self._attention(layer, x), f"{name}.o_proj", f"{block}.attn_output")
        branch = self._behind(branch, f"{name}.attention_branch_norm", f"{block}.post_attention_norm.weight")
        x, skip = self._norm(f"{name}.post_attention_norm", f"{block}.ffn_norm.weight", skip, branch)
        branch = self.linear(self._gated(layer, x), f"{name}.down_proj", f"{block}.ffn_down")
        return skip, self._behind(branch, f"{name}.ffn_branch_norm", f"{block}.post_ffw_norm.weight")

    def _attention(self, layer: int, x: str) -> str:
        name, shape = f"layers.{layer}", self.shape
        qkv = self.linear(x, f"{name}.qkv_proj", *(f"blk.{layer}.attn_{part}" for part in "qkv"))
        operands = self._normed_heads(layer, qkv) if self.family.qk_norm else (qkv, "", "")
        local = shape.is_local(layer, self.family)
        tables, window = (["cos_cache_local", "sin_cache_local"], {"local_window_size": shape.window}) if local else (["cos_cache", "sin_cache"], {})
        return self.node(
            "GroupQueryAttention",
            [*operands, f"past_key_values.{layer}.key", f"past_key_values.{layer}.value", "seqlens_k", "total_sequence_length", *tables],
            f"{name}.attention", MICROSOFT, extra=[f"present.{layer}.key", f"present.{layer}.value"],
            num_heads=shape.heads, kv_num_heads=shape.kv_heads, do_rotary=1, rotary_interleaved=0, scale=float(shape.scale), **window,
        )

    def _normed_heads(self, layer: int, qkv: str) -> Tuple[str, str, str]:
        """q, k and v apart, each head of q and k an RMS norm of its own."""
        name, shape = f"layers.{layer}", self.shape
        q, k, v = f"{name}.q", f"{name}.k", f"{name}.v"
        sizes = self._shared("qkv_sizes", [shape.heads * shape.head_dim, *[shape.kv_heads * shape.head_dim] * 2])
        self.nodes.append(helper.make_node("Split", [qkv, sizes], [q, k, v], name=f"{name}.qkv_split", axis=-1))
        apart, together = self._shared("heads_apart", [0, 0, -1, shape.head_dim]), self._shared("heads_together", [0, 0, -1])
        normed = []
        for part, part_name in ((q, "q"), (k, "k")):
            heads = self.node("Reshape", [part, apart], f"{part}.heads")
            scale = self.weights.add(f"{name}.{part_name}_norm.weight", self.source.vector(f"blk.{layer}.attn_{part_name}_norm.weight"))
            heads = self.node("SimplifiedLayerNormalization", [heads, scale], f"{part}_norm", axis=-1, epsilon=shape.norm_eps, stash_type=1)
            normed.append(self.node("Reshape", [heads, together], f"{part}.normed"))
        return normed[0], normed[1], v

    def _shared(self, name: str, values: List[int]) -> str:
        """A constant that every layer uses, declared once."""
        if not any(tensor.name == name for tensor in self.weights.initializers):
            self.weights.constant(name, np.array(values, np.int64))
        return name

    def _gated(self, layer: int, x: str) -> str:
        name = f"layers.{layer}"
        both = self.linear(x, f"{name}.gate_up_proj", f"blk.{layer}.ffn_gate", f"blk.{layer}.ffn_up")
        gate, up = f"{name}.gate", f"{name}.up"
        self.nodes.append(helper.make_node("Split", [both], [gate, up], name=f"{name}.split", axis=-1, num_outputs=2))
        if self.family.gelu:
            activated = self.node("Gelu", [gate], f"{name}.gelu", approximate="tanh")
        else:
            # SiLU spelled out: every runtime knows these two, and ONNX Runtime fuses them by itself
            self.node("Sigmoid", [gate], f"{name}.sigmoid")
            activated = self.node("Mul", [gate, f"{name}.sigmoid"], f"{name}.silu")
        return self.node("Mul", [activated, up], f"{name}.activation")

    def _behind(self, branch: str, name: str, tensor: str) -> str:
        """A branch as it joins the residual: normed first where the family does that."""
        if not self.family.sandwich:
            return branch
        scale = self.weights.add(f"{name}.weight", self.source.vector(tensor))
        return self.node("SimplifiedLayerNormalization", [branch, scale], name, axis=-1, epsilon=self.shape.norm_eps, stash_type=1)

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
        graph = helper.make_graph(self.nodes, self.family.name, inputs, outputs, self.weights.initializers)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="nightdesk", producer_version=self.producer)
