"""The tokenizer of a GGUF: `tokenizer.json` for the Hugging Face library, rebuilt from vocabulary and merges.

Two kinds exist. `gpt2` is byte-level BPE and brings its merges. `llama` is SentencePiece's BPE and brings scores: see
sentencepiece_bpe.py. Others (WordPiece, unigram) belong to models this exporter does not know.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List

import sentencepiece_bpe
from pre_tokenizers import PRE_TOKENIZERS, byte_level
from refusal import Refusal

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
# Tokens that close a turn in chat templates; one that the model's own template writes ends a text.
TURN_ENDERS = ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>", "<|endoftext|>", "<|end_of_text|>", "</s>")
Meta = Callable[..., Any]


def tokenizer_json(meta: Meta, where: str, vocab: int) -> bytes:
    kind = meta("tokenizer.ggml.model", required=False)
    if kind is None:
        raise Refusal("the GGUF has no tokenizer", f"{where}, key tokenizer.ggml.model", "gpt2 or llama", "convert the model again, its tokenizer beside it")
    if kind not in ("gpt2", "llama"):
        raise Refusal(f"the tokenizer model {kind!r} is not supported", f"{where}, key tokenizer.ggml.model", "gpt2 (byte-level BPE) or llama (SentencePiece BPE)")
    tokens: List[str] = meta("tokenizer.ggml.tokens")
    if len(tokens) != vocab:
        raise Refusal("the vocabulary and the embedding differ in size", where, f"{vocab} tokens, not {len(tokens)}")
    kinds = meta("tokenizer.ggml.token_type")
    parts = _byte_level(meta, where, tokens) if kind == "gpt2" else sentencepiece_bpe.parts(meta, where, tokens, kinds)
    document = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": _added(tokens, kinds), **parts}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def turn_enders(tokens: List[str], template: str) -> List[int]:
    """Ids of the tokens with which the chat template closes a turn."""
    wanted = [name for name in TURN_ENDERS if name in template]
    return sorted(index for index, token in enumerate(tokens) if token in wanted) if wanted else []


def _byte_level(meta: Meta, where: str, tokens: List[str]) -> Dict[str, Any]:
    name = meta("tokenizer.ggml.pre")
    if name not in PRE_TOKENIZERS:
        raise Refusal(
            f"the pre-tokenizer {name!r} is not known", f"{where}, key tokenizer.ggml.pre", ", ".join(sorted(PRE_TOKENIZERS)),
            "export from the model's safetensors folder, which brings its own tokenizer.json",
        )
    pre = PRE_TOKENIZERS[name]
    return {
        "normalizer": pre.normalizer, "pre_tokenizer": pre.cut(), "post_processor": None, "decoder": byte_level(add_prefix_space=True),
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
            "fuse_unk": False, "byte_fallback": False, "ignore_merges": pre.ignore_merges,
            "vocab": {token: index for index, token in enumerate(tokens)},
            "merges": [_merge(text, where) for text in meta("tokenizer.ggml.merges")],
        },
    }


def _added(tokens: List[str], kinds: List[int]) -> List[Dict[str, Any]]:
    """Control tokens are matched whole and hidden when decoding; user-defined ones are matched whole and shown."""
    return [
        {"id": index, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": kind == CONTROL}
        for index, (token, kind) in enumerate(zip(tokens, kinds)) if kind in (CONTROL, USER_DEFINED)
    ]


def _merge(text: str, where: str) -> List[str]:
    pair = text.split(" ")
    if len(pair) != 2:
        raise Refusal(f"the merge {text!r} is not a pair", f"{where}, key tokenizer.ggml.merges", "two tokens with one space between")
    return pair
