"""Writes a tiny model as a Hugging Face folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

from tiny import MERGES, SPECIAL, TEMPLATE, TOKENS, Tiny

MODEL_TYPES = {"gemma3": "gemma3_text"}
DTYPES: Dict[str, Any] = {"F32": np.float32, "F16": np.float16, "BF16": ml_dtypes.bfloat16}


def tokenizer() -> Dict[str, Any]:
    """GPT-2's kind: written by hand, so that what the exporter rebuilds from a GGUF has something to be equal to."""
    return {
        "version": "1.0", "truncation": None, "padding": None, "normalizer": None, "post_processor": None,
        "added_tokens": [{"id": index, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
                         for index, token in enumerate(SPECIAL)],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False,
                  "byte_fallback": False, "vocab": {token: index for index, token in enumerate(TOKENS)}, "merges": [merge.split(" ") for merge in MERGES]},
    }


def start_in_front(token: str, id: int) -> Dict[str, Any]:
    """A post-processor that opens every text with a token, as Llama 3 has it."""
    start, first, second = ({"SpecialToken": {"id": token, "type_id": 0}}, *({"Sequence": {"id": part, "type_id": number}} for number, part in enumerate("AB")))
    return {"type": "TemplateProcessing", "single": [start, first], "pair": [start, first, second], "special_tokens": {token: {"id": token, "ids": [id], "tokens": [token]}}}


def config(model: Tiny) -> Dict[str, Any]:
    document = {
        "model_type": MODEL_TYPES.get(model.family, model.family), "hidden_size": model.hidden, "intermediate_size": model.ffn,
        "num_hidden_layers": model.layers, "num_attention_heads": model.heads, "num_key_value_heads": model.kv_heads, "head_dim": model.head_dim,
        "vocab_size": model.vocab, "max_position_embeddings": model.context, "rope_theta": model.theta, "rms_norm_eps": model.eps,
        "tie_word_embeddings": model.tied, "rope_scaling": model.rope_scaling, "eos_token_id": 0, "bos_token_id": 0,
    }
    if model.family == "gemma3":
        document.update(sliding_window=model.window, query_pre_attn_scalar=model.head_dim, rope_local_base_freq=10000.0, hidden_activation="gelu_pytorch_tanh")
    if model.family in ("qwen2", "qwen3"):
        document.update(sliding_window=8, use_sliding_window=False)  # as the published ones have it
    return document


def write(model: Tiny, folder: Path, dtype: str = "F32", shards: int = 1) -> Path:
    folder.mkdir(parents=True)
    put(folder / "config.json", config(model))
    put(folder / "generation_config.json", {"eos_token_id": [2, 0]})
    put(folder / "tokenizer.json", tokenizer())
    put(folder / "tokenizer_config.json", {"chat_template": TEMPLATE})
    tensors = {name: array.astype(DTYPES[dtype]) for name, array in model.weights.items()}
    if shards == 1:
        save_file(tensors, folder / "model.safetensors")
        return folder
    places = {name: f"model-{number % shards + 1:05}-of-{shards:05}.safetensors" for number, name in enumerate(tensors)}
    for file in set(places.values()):
        save_file({name: tensors[name] for name in tensors if places[name] == file}, folder / file)
    put(folder / "model.safetensors.index.json", {"metadata": {}, "weight_map": places})
    return folder


def put(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document), encoding="utf-8")
