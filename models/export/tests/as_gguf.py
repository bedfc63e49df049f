"""Writes a tiny model as llama.cpp's converter would: its names, its order of q and k rows, its keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, Optional, Set

import gguf
import numpy as np

from tiny import MERGES, SPECIAL, TEMPLATE, TOKENS, Tiny

NAMES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm", "input_layernorm": "attn_norm",
}
LLAMA = {**NAMES, "post_attention_layernorm": "ffn_norm"}
GEMMA = {**NAMES, "post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm", "post_feedforward_layernorm": "post_ffw_norm"}
OUTER = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight", "lm_head.weight": "output.weight"}
TokenizerKeys = Callable[[gguf.GGUFWriter], None]


def write(model: Tiny, path: Path, kind: str = "F32", tokenizer: Optional[TokenizerKeys] = None, settings: Optional[Dict[str, Any]] = None,
          extra: Optional[Dict[str, np.ndarray]] = None, raw: Optional[Dict[str, Any]] = None, without: str = "",
          only: Optional[Set[str]] = None, parts: int = 1) -> Path:
    """`kind` is the type of matrices; `settings` are further keys, `extra` further tensors, `raw` such as are quantised already, `without` one left out.
    With `only`, matrices of other names stay float."""
    split = {"split_max_tensors": -(-(len(model.weights) + len(extra or {})) // parts)} if parts > 1 else {}
    writer = gguf.GGUFWriter(path, model.family, **split)
    writer.add_name("tiny")
    writer.add_context_length(model.context)
    writer.add_embedding_length(model.hidden)
    writer.add_block_count(model.layers)
    writer.add_feed_forward_length(model.ffn)
    writer.add_head_count(model.heads)
    writer.add_head_count_kv(model.kv_heads)
    writer.add_key_length(model.head_dim)
    writer.add_value_length(model.head_dim)
    writer.add_layer_norm_rms_eps(model.eps)
    writer.add_rope_freq_base(model.theta)
    if model.family == "gemma3":
        writer.add_sliding_window(model.window)
    _scaling(writer, model)
    for key, value in (settings or {}).items():
        {str: writer.add_string, bool: writer.add_bool, float: writer.add_float32, int: writer.add_uint32, list: writer.add_array}[type(value)](key, value)
    (tokenizer or byte_level)(writer)
    for name, array in tensors(model).items():
        if name != without:
            _add(writer, name, array, kind if only is None or name in only else "F32")
    for name, array in (extra or {}).items():
        writer.add_tensor(name, array)
    for name, (blocks, quantised) in (raw or {}).items():
        writer.add_tensor(name, blocks, raw_dtype=quantised)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def byte_level(writer: gguf.GGUFWriter) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3 if token in SPECIAL else 1 for token in TOKENS])
    writer.add_token_merges(MERGES)
    writer.add_eos_token_id(2)
    writer.add_bos_token_id(0)
    writer.add_chat_template(TEMPLATE)


def tensors(model: Tiny) -> Dict[str, np.ndarray]:
    """GGUF's names and order."""
    found = {}
    for name, array in model.weights.items():
        if name in OUTER:
            ours = OUTER[name]
        else:
            _, _, layer, rest = name.split(".", 3)
            part, kind = rest.rsplit(".", 1)
            ours = f"blk.{layer}.{(GEMMA if model.family == 'gemma3' else LLAMA)[part]}.{kind}"
            if model.family == "llama" and part in ("self_attn.q_proj", "self_attn.k_proj"):
                heads = model.heads if "q_proj" in part else model.kv_heads
                array = array.reshape(heads, 2, model.head_dim // 2, *array.shape[1:]).swapaxes(1, 2).reshape(array.shape)
        if model.family == "gemma3" and "norm" in ours:
            array = array + 1
        found[ours] = np.ascontiguousarray(array)
    return found


def _scaling(writer: gguf.GGUFWriter, model: Tiny) -> None:
    scaling = model.rope_scaling or {}
    if scaling.get("rope_type") == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(scaling["factor"])
    elif scaling.get("rope_type") == "llama3":
        # the converter stores the divisor of each pair, as LlamaModel.generate_extra_tensors does
        divisors = []
        for i in range(model.head_dim // 2):
            wavelength = 2 * np.pi * model.theta ** (2 * i / model.head_dim)
            low, high = scaling["original_max_position_embeddings"] / scaling["low_freq_factor"], scaling["original_max_position_embeddings"] / scaling["high_freq_factor"]
            smooth = (scaling["original_max_position_embeddings"] / wavelength - scaling["low_freq_factor"]) / (scaling["high_freq_factor"] - scaling["low_freq_factor"])
            divisors.append(1.0 if wavelength < high else scaling["factor"] if wavelength > low else 1 / ((1 - smooth) / scaling["factor"] + smooth))
        writer.add_tensor("rope_freqs.weight", np.array(divisors, np.float32))


def _add(writer: gguf.GGUFWriter, name: str, array: np.ndarray, kind: str) -> None:
    quantised = gguf.GGMLQuantizationType[kind]
    if array.ndim == 1 or kind == "F32":
        writer.add_tensor(name, array)
    elif kind == "F16":
        writer.add_tensor(name, array.astype(np.float16))
    else:
        writer.add_tensor(name, gguf.quants.quantize(array, quantised), raw_dtype=quantised)
