"""The source: a GGUF file's metadata and its weights as plain float32 matrices.

Only the `llama` architecture is read, because the graph below is a Llama graph; everything the graph cannot
express (rope scaling, biases, experts) is refused here rather than exported wrongly. Matrices come back as
[out, in]. llama.cpp stores the rows of q and k interleaved for its own rotary kernel; ONNX wants the halves of a
head apart, so those two are put back in order.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Tuple

import gguf
import numpy as np

from refusal import Refusal

READABLE = ("F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K")


@dataclass(frozen=True)
class Shape:
    """The numbers that fix a Llama graph."""

    layers: int
    hidden: int
    ffn: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab: int
    context: int
    rope_theta: float
    norm_eps: float


def sha256_file(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(1 << 20), b""):
            digest.update(chunk)
    return digest.hexdigest()


class Source:
    """An opened GGUF file: `meta` for keys, `matrix` and `vector` for weights."""

    def __init__(self, path: Path):
        self.path = path
        self.reader = _open(path)
        self.tensors = {tensor.name: tensor for tensor in self.reader.tensors}
        architecture = self.meta("general.architecture")
        if architecture != "llama":
            raise Refusal(
                f"the architecture {architecture!r} is not supported", f"{path}, key general.architecture", "llama",
                "SmolLM2, Llama 2 and TinyLlama are llama models; Qwen, Gemma and Phi are not",
            )
        self.shape = self._shape()
        self._refuse_what_the_graph_lacks()

    def meta(self, key: str, default: Any = None, required: bool = True) -> Any:
        field = self.reader.fields.get(key)
        if field is not None:
            return field.contents()
        if required and default is None:
            raise Refusal(f"the GGUF has no {key}", str(self.path), "a complete metadata block", "convert the model again with a current llama.cpp")
        return default

    def has(self, name: str) -> bool:
        return name in self.tensors

    def vector(self, name: str) -> np.ndarray:
        return self._values(name).reshape(-1)

    def matrix(self, name: str) -> np.ndarray:
        """Float32 [out, in], rows of q and k back in rotary order."""
        return self.rows_in_order(name, self._values(name))

    def blocks_q8(self, name: str) -> Optional[Tuple[np.ndarray, np.ndarray]]:
        """A Q8_0 tensor's own int8 values and scales, so that 8-bit exports copy instead of rounding twice."""
        tensor = self._tensor(name)
        if tensor.tensor_type.name != "Q8_0":
            return None
        raw = np.asarray(tensor.data).reshape(int(tensor.shape[1]), -1, 34)
        scales = raw[:, :, :2].copy().view(np.float16)[:, :, 0].astype(np.float32)
        values = raw[:, :, 2:].copy().view(np.int8)
        return self.rows_in_order(name, values), self.rows_in_order(name, scales)

    def rows_in_order(self, name: str, rows: np.ndarray) -> np.ndarray:
        heads = {"attn_q.weight": self.shape.heads, "attn_k.weight": self.shape.kv_heads}.get(name.split(".", 2)[-1])
        if heads is None:
            return rows
        rest = rows.shape[1:]
        return rows.reshape(heads, self.shape.head_dim // 2, 2, *rest).swapaxes(1, 2).reshape(rows.shape)

    def _tensor(self, name: str) -> Any:
        if name not in self.tensors:
            raise Refusal(f"the tensor {name} is missing", str(self.path), "every weight of a llama model", "is this a split or an adapter-only GGUF?")
        tensor = self.tensors[name]
        if tensor.tensor_type.name not in READABLE:
            raise Refusal(f"the tensor type {tensor.tensor_type.name} is not supported", f"{self.path}, tensor {name}", ", ".join(READABLE))
        return tensor

    def _values(self, name: str) -> np.ndarray:
        tensor = self._tensor(name)
        shape = [int(n) for n in reversed(tensor.shape)]
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(shape).astype(np.float32)
        if not np.isfinite(values).all():
            raise Refusal(f"the tensor {name} holds NaN or infinity", str(self.path), "finite weights", "the file is damaged; fetch it again")
        return values

    def _shape(self) -> Shape:
        hidden, heads = int(self.meta("llama.embedding_length")), int(self.meta("llama.attention.head_count"))
        head_dim = int(self.meta("llama.attention.key_length", hidden // heads))
        embedding = self._tensor("token_embd.weight")
        return Shape(
            layers=int(self.meta("llama.block_count")), hidden=hidden, ffn=int(self.meta("llama.feed_forward_length")),
            heads=heads, kv_heads=int(self.meta("llama.attention.head_count_kv", heads)), head_dim=head_dim,
            vocab=int(embedding.shape[1]), context=int(self.meta("llama.context_length")),
            rope_theta=float(self.meta("llama.rope.freq_base", 10000.0)),
            # stored as float32; the shortest decimal that reads back the same is what config.json files say
            norm_eps=float(str(np.float32(self.meta("llama.attention.layer_norm_rms_epsilon")))),
        )

    def _refuse_what_the_graph_lacks(self) -> None:
        where, shape = str(self.path), self.shape
        if self.has("rope_freqs.weight") or self.meta("llama.rope.scaling.type", "none") not in ("none", ""):
            raise Refusal("the model scales its rotary positions, which this exporter does not write", where, "no rope scaling")
        if self.meta("llama.rope.dimension_count", shape.head_dim) != shape.head_dim:
            raise Refusal("only a part of each head is rotated", where, f"llama.rope.dimension_count = {shape.head_dim}")
        if shape.head_dim % 16 or shape.hidden % 32 or shape.ffn % 32:
            raise Refusal("the model's sizes do not fit blocks of 32", where, "head size a multiple of 16, hidden and feed-forward of 32")
        for name in self.tensors:
            if name.endswith(".bias") or any(part in name for part in ("_exps.", "attn_q_norm.", "attn_k_norm.")):
                raise Refusal(f"the tensor {name} has no place in a plain Llama graph", where, "no biases, experts or q/k norms")


def _open(path: Path) -> gguf.GGUFReader:
    if not path.is_file():
        raise Refusal("there is no such file", str(path), "a GGUF file", "scripts/setup-model.sh fetches the default model")
    with open(path, "rb") as file:
        magic = file.read(4)
    if magic != b"GGUF":
        raise Refusal("this is not a GGUF file", str(path), "the letters GGUF at the start", "a safetensors or ONNX model needs another exporter")
    try:
        return gguf.GGUFReader(str(path))
    except Exception as error:  # the reader has no error type of its own: a cut file ends in ValueError, IndexError or struct.error
        raise Refusal("the GGUF cannot be read; it is cut short or damaged", str(path), "a whole file", f"fetch it again ({error})") from error
