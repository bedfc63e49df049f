"""A model from a GGUF file: its keys give the sizes, its tensors the weights, dequantised.

llama.cpp's converter interleaves the rows of q and k of `llama` models for its own rotary kernel, biases included,
and of no other family here; ONNX wants the halves of a head apart, so those are put back in order. Gemma's norms are
stored with their 1 added, so they are used as they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Optional, Tuple

import gguf
import numpy as np

import gguf_tokenizer
from architecture import Shape, check_sizes, check_tensors, family_of
from gguf_file import GgufFile
from refusal import Refusal
from rope import Rope, scaling_of
from source import Source, SpecialTokens, sha256_files

READABLE = ("F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K")
# Tensors that carry settings, not weights.
SETTINGS = ("rope_freqs.weight",)


class GgufSource(Source):
    """See `Source`; `meta` reads a key, `setting` one below the architecture's name."""

    def __init__(self, path: Path):
        self.path, self.file = path, GgufFile(path)
        self.meta = self.file.meta
        self.family = family_of(self.meta("general.architecture"), f"{path}, key general.architecture", "name")
        self._refuse_what_the_graph_lacks()
        self.shape = self._shape()
        check_sizes(self.shape, str(path))
        found = {name: tuple(int(n) for n in reversed(tensor.shape)) for name, tensor in self.file.tensors.items() if name not in SETTINGS}
        check_tensors(self.family, self.shape, found, str(path))
        for name in found:
            self._tensor(name)  # an unreadable type is told now, not after half an export

    def setting(self, key: str, default: Any = None, required: bool = True) -> Any:
        return self.meta(f"{self.family.name}.{key}", default, required)

    def has(self, name: str) -> bool:
        return name in self.file.tensors

    def values(self, name: str) -> np.ndarray:
        tensor = self._tensor(name)
        shape = [int(n) for n in reversed(tensor.shape)]
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(shape).astype(np.float32)
        return self.rows_in_order(name, values)

    def blocks_q8(self, name: str) -> Optional[Tuple[np.ndarray, np.ndarray]]:
        """A Q8_0 tensor's own int8 values and scales, so that 8-bit exports copy instead of rounding twice."""
        tensor = self._tensor(name)
        if tensor.tensor_type.name != "Q8_0":
            return None
        raw = np.asarray(tensor.data).reshape(int(tensor.shape[1]), -1, 34)
        scales = self.finite(name, raw[:, :, :2].copy().view(np.float16)[:, :, 0].astype(np.float32))
        values = raw[:, :, 2:].copy().view(np.int8)
        return self.rows_in_order(name, values), self.rows_in_order(name, scales)

    def rows_in_order(self, name: str, rows: np.ndarray) -> np.ndarray:
        part = name.split(".", 2)[-1].rsplit(".", 1)[0]
        heads = {"attn_q": self.shape.heads, "attn_k": self.shape.kv_heads}.get(part)
        if heads is None or self.family.name != "llama":
            return rows
        rest = rows.shape[1:]
        return rows.reshape(heads, self.shape.head_dim // 2, 2, *rest).swapaxes(1, 2).reshape(rows.shape)

    def special_tokens(self) -> SpecialTokens:
        eos: List[int] = [int(self.meta("tokenizer.ggml.eos_token_id"))]
        for key in ("eot_token_id", "eom_token_id"):
            eos.append(int(self.meta(f"tokenizer.ggml.{key}", eos[0])))
        eos += gguf_tokenizer.turn_enders(self.meta("tokenizer.ggml.tokens"), self.chat_template() or "")
        bos = self.meta("tokenizer.ggml.bos_token_id", required=False)
        pad = self.meta("tokenizer.ggml.padding_token_id", required=False)
        return SpecialTokens(list(dict.fromkeys(eos)), None if bos is None else int(bos), None if pad is None else int(pad))

    def chat_template(self) -> Optional[str]:
        """A prompt is what the template writes and nothing else: the start token llama.cpp would add is put in front."""
        template, tokens = self.meta("tokenizer.chat_template", required=False), self.meta("tokenizer.ggml.tokens", [])
        bos = self.meta("tokenizer.ggml.bos_token_id", required=False)
        if not template or bos is None or not self._wants_bos():
            return template
        return template if "bos_token" in template or tokens[bos] in template else "{{ bos_token }}" + template

    def _wants_bos(self) -> bool:
        said = self.meta("tokenizer.ggml.add_bos_token", required=False)
        return bool(said) if said is not None else self.meta("tokenizer.ggml.model", "") == "llama"

    def tokenizer_json(self) -> bytes:
        return gguf_tokenizer.tokenizer_json(self.meta, str(self.path), self.shape.vocab)

    def licence(self) -> Optional[str]:
        return self.meta("general.license", required=False)

    def parameters(self) -> int:
        return sum(int(tensor.n_elements) for tensor in self.file.tensors.values())

    def sha256(self) -> str:
        return sha256_files(self.file.paths)

    def _tensor(self, name: str) -> Any:
        tensor = self.file.tensors[name]
        if tensor.tensor_type.name not in READABLE:
            raise Refusal(f"the tensor type {tensor.tensor_type.name} is not supported", f"{self.path}, tensor {name}", ", ".join(READABLE))
        return tensor

    def _shape(self) -> Shape:
        hidden, heads = int(self.setting("embedding_length")), int(self.setting("attention.head_count"))
        if "token_embd.weight" not in self.file.tensors:
            raise Refusal("the tensor token_embd.weight is missing", str(self.path), f"every weight of a {self.family.name} model", "is this an adapter, or one part of a split model?")
        head_dim = int(self.setting("attention.key_length", hidden // heads))
        window = self.setting("attention.sliding_window", 0) if self.family.local else 0
        layers = int(self.setting("block_count"))
        # as llama.cpp has it: the largest Gemma 3, told by its 62 layers, scales by hidden / heads
        scaled_by = hidden // heads if self.family.name == "gemma3" and layers == 62 else head_dim
        return Shape(
            layers=layers, hidden=hidden, ffn=int(self.setting("feed_forward_length")),
            heads=heads, kv_heads=int(self.setting("attention.head_count_kv", heads)), head_dim=head_dim,
            vocab=int(self.file.tensors["token_embd.weight"].shape[1]), context=int(self.setting("context_length")),
            rope=self._rope(head_dim),
            # stored as float32; the shortest decimal that reads back the same is what config.json files say
            norm_eps=float(str(np.float32(self.setting("attention.layer_norm_rms_epsilon")))),
            tied=not self.has("output.weight"), scale=scaled_by ** -0.5, window=int(window) or None,
            local_rope=Rope(self.family.local.theta) if self.family.local else None,
        )

    def _rope(self, head_dim: int) -> Rope:
        theta = float(self.setting("rope.freq_base", 10000.0))
        kind = self.setting("rope.scaling.type", "none")
        # before the key had its name
        factor = float(self.setting("rope.scaling.factor", self.setting("rope.scale_linear", 0.0)))
        where = f"{self.path}, key {self.family.name}.rope.scaling.type"
        if kind in ("none", "") and self.has("rope_freqs.weight"):
            divisors = np.asarray(self.file.tensors["rope_freqs.weight"].data, np.float32).reshape(-1)
            if len(divisors) != head_dim // 2 or not (np.isfinite(divisors) & (divisors > 0)).all():
                raise Refusal("the tensor rope_freqs.weight cannot scale the rotary positions", str(self.path), f"{head_dim // 2} numbers above 0")
            return Rope(theta, divisors=tuple(float(one) for one in divisors))
        if kind in ("none", "") and factor in (0.0, 1.0):
            return Rope(theta)
        kind = "linear" if kind in ("none", "") else kind
        return Rope(theta, scaling_of({"rope_type": kind, "factor": factor}, where))

    def _refuse_what_the_graph_lacks(self) -> None:
        where, experts = str(self.path), self.setting("expert_count", 0)
        if experts:
            raise Refusal(f"the model is a mixture of {experts} experts", f"{where}, key {self.family.name}.expert_count", "a dense model")
        window, context = self.setting("attention.sliding_window", 0), self.setting("context_length")
        if window and window < context and not self.family.local:
            raise Refusal(f"the model's attention slides over a window of {window} tokens", f"{where}, key {self.family.name}.attention.sliding_window",
                          "attention to every earlier token", "of the families here only gemma3 has such layers")
        for key in ("attn_logit_softcapping", "final_logit_softcapping"):
            if self.setting(key, 0.0):
                raise Refusal("the model caps its logits, which this exporter does not write", f"{where}, key {self.family.name}.{key}", "0")
        heads = self.setting("attention.head_count")
        if not isinstance(heads, int) or not isinstance(self.setting("attention.head_count_kv", heads), int):
            raise Refusal("the number of heads differs between layers", f"{where}, key {self.family.name}.attention.head_count", "one number")
        head_dim = self.setting("attention.key_length", self.setting("embedding_length") // max(heads, 1))
        if self.setting("attention.value_length", head_dim) != head_dim:
            raise Refusal("keys and values differ in size", f"{where}, key {self.family.name}.attention.value_length", str(head_dim))
        if self.setting("rope.dimension_count", head_dim) != head_dim:
            raise Refusal("only a part of each head is rotated", where, f"{self.family.name}.rope.dimension_count = {head_dim}")
