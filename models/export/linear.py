"""One linear layer in the three precisions, and the embedding that shares its numbers with the head.

`int8` and `int4` become `MatMulNBits` with `accuracy_level` 4, which lets ONNX Runtime compute in int8 on the
activations too; without it the weights are expanded to float first and the export is slower than plain fp32.
"""

from __future__ import annotations

from typing import Callable, Optional, Sequence

import numpy as np

import quantise
from architecture import tensors
from source import Source
from weights import Weights

MICROSOFT = "com.microsoft"
Node = Callable[..., str]


class Linears:
    """Adds matrices to the weights and the nodes that multiply by them."""

    def __init__(self, source: Source, weights: Weights, node: Node, precision: str):
        self.source, self.weights, self.node, self.precision = source, weights, node, precision

    def __call__(self, x: str, name: str, *layers: str) -> str:
        """x · Wᵀ + b, where W is the given layers' weights stacked along their outputs, b their biases where they have any."""
        names = [f"{layer}.weight" for layer in layers]
        product = self._product(x, name, names)
        if not any(self.source.has(f"{layer}.bias") for layer in layers):
            return product
        bias = [self.source.vector(f"{layer}.bias") if self.source.has(f"{layer}.bias") else np.zeros(self._outputs(layer), np.float32) for layer in layers]
        return self.node("Add", [product, self.weights.add(f"{name}.bias", np.concatenate(bias))], f"{name}.biased")

    def _product(self, x: str, name: str, stack: Sequence[str]) -> str:
        if self.precision == "fp32":
            stacked = np.concatenate([self.source.matrix(tensor) for tensor in stack])
            return self.node("MatMul", [x, self.weights.add(f"{name}.weight", stacked.T)], name)
        blocks = self._blocks(stack, self._bits())
        out, inputs = blocks.scales.shape[0], blocks.scales.shape[1] * quantise.BLOCK
        operands = [x, self.weights.add(f"{name}.weight", blocks.values), self.weights.add(f"{name}.scales", blocks.scales)]
        if blocks.zeros is not None:
            operands.append(self.weights.add(f"{name}.zero_points", blocks.zeros))
        return self._nbits(operands, name, inputs, out, blocks.bits)

    def _outputs(self, layer: str) -> int:
        return tensors(self.source.family, self.source.shape)[f"{layer}.weight"][0]

    def embedding(self, ids: str) -> str:
        """The rows of the token embedding for `ids`. Quantised to eight bits even in int4: it is also the head."""
        if self.precision == "fp32":
            table = self.weights.add("embed_tokens.weight", self.source.matrix("token_embd.weight"))
            return self.node("Gather", [table, ids], "embed_tokens")
        blocks = self._blocks(["token_embd.weight"], 8)
        rows = blocks.values.shape[0]
        table = self.weights.add("embed_tokens.weight", blocks.values.reshape(rows, -1))
        scales = self.weights.add("embed_tokens.scales", blocks.scales)
        return self.node("GatherBlockQuantized", [table, ids, scales], "embed_tokens", MICROSOFT,
                         bits=8, block_size=quantise.BLOCK, gather_axis=0, quantize_axis=1)

    def head(self, x: str) -> str:
        """Logits. A tied head reuses the embedding's bytes in the file; a head of its own is stored like a layer."""
        shape = self.source.shape
        tied = shape.tied
        if self.precision == "fp32":
            return self._product(x, "lm_head", ["token_embd.weight" if tied else "output.weight"])
        if tied:
            blocks_a_row = shape.hidden // quantise.BLOCK
            values = self.weights.alias("lm_head.weight", "embed_tokens.weight", (shape.vocab, blocks_a_row, quantise.BLOCK))
            scales = self.weights.alias("lm_head.scales", "embed_tokens.scales", (shape.vocab, blocks_a_row))
        else:
            blocks = self._blocks(["output.weight"], 8)
            values = self.weights.add("lm_head.weight", blocks.values)
            scales = self.weights.add("lm_head.scales", blocks.scales)
        return self._nbits([x, values, scales], "lm_head", shape.hidden, shape.vocab, 8)

    def _nbits(self, operands, name: str, inputs: int, out: int, bits: int) -> str:
        return self.node("MatMulNBits", operands, name, MICROSOFT, K=inputs, N=out, bits=bits, block_size=quantise.BLOCK, accuracy_level=4)

    def _bits(self) -> int:
        return {"int8": 8, "int4": 4}[self.precision]

    def _blocks(self, stack: Sequence[str], bits: int) -> quantise.Blocks:
        parts = [self._one(tensor, bits) for tensor in stack]
        zeros: Optional[np.ndarray] = None
        if parts[0].zeros is not None:
            zeros = np.concatenate([part.zeros for part in parts])
        return quantise.Blocks(bits, np.concatenate([part.values for part in parts]), np.concatenate([part.scales for part in parts]), zeros)

    def _one(self, tensor: str, bits: int) -> quantise.Blocks:
        if bits == 4:
            return quantise.four_bit(self.source.matrix(tensor))
        own = self.source.blocks_q8(tensor)
        return quantise.repack_eight_bit(*own) if own else quantise.eight_bit(self.source.matrix(tensor))
