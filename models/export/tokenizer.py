"""The tokenizer: `tokenizer.json` for the Hugging Face library, rebuilt from what the GGUF carries.

A GGUF holds the vocabulary, the merges and the *name* of the pre-tokenizer. The name stands for regular
expressions inside llama.cpp; only names whose meaning is written out here are taken, since a tokenizer that splits
almost right gives a model that is almost right and nobody notices.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List

from gguf_source import Source
from refusal import Refusal

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)


def _byte_level(**options: Any) -> Dict[str, Any]:
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True, **options}


def _digits_then_bytes() -> Dict[str, Any]:
    """Every digit alone, then GPT-2's words."""
    return {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, _byte_level()]}


PRE_TOKENIZERS = {
    "gpt-2": _byte_level,
    "smollm": _digits_then_bytes,
    "starcoder": _digits_then_bytes,
}


def tokenizer_json(source: Source) -> bytes:
    kind = source.meta("tokenizer.ggml.model")
    if kind != "gpt2":
        raise Refusal(f"the tokenizer model {kind!r} is not supported", f"{source.path}, key tokenizer.ggml.model", "gpt2 (byte-level BPE)")
    pre = source.meta("tokenizer.ggml.pre")
    if pre not in PRE_TOKENIZERS:
        raise Refusal(
            f"the pre-tokenizer {pre!r} is not known", f"{source.path}, key tokenizer.ggml.pre", ", ".join(sorted(PRE_TOKENIZERS)),
            "add its regular expressions to models/export/tokenizer.py, with a test against the original tokenizer",
        )
    if source.meta("tokenizer.ggml.add_bos_token", False):
        raise Refusal("the model wants a start token before every text", f"{source.path}, key tokenizer.ggml.add_bos_token", "false")
    tokens: List[str] = source.meta("tokenizer.ggml.tokens")
    if len(tokens) != source.shape.vocab:
        raise Refusal("the vocabulary and the embedding differ in size", str(source.path), f"{source.shape.vocab} tokens, not {len(tokens)}")
    document = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": _added(tokens, source.meta("tokenizer.ggml.token_type")),
        "normalizer": None, "pre_tokenizer": PRE_TOKENIZERS[pre](), "post_processor": None, "decoder": _byte_level(add_prefix_space=True),
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
            "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
            "vocab": {token: index for index, token in enumerate(tokens)},
            "merges": [_merge(text, source) for text in source.meta("tokenizer.ggml.merges")],
        },
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _added(tokens: List[str], kinds: List[int]) -> List[Dict[str, Any]]:
    """Control tokens are matched whole and hidden when decoding; user-defined ones are matched whole and shown."""
    return [
        {"id": index, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": kind == CONTROL}
        for index, (token, kind) in enumerate(zip(tokens, kinds)) if kind in (CONTROL, USER_DEFINED)
    ]


def _merge(text: str, source: Source) -> List[str]:
    pair = text.split(" ")
    if len(pair) != 2:
        raise Refusal(f"the merge {text!r} is not a pair", f"{source.path}, key tokenizer.ggml.merges", "two tokens with one space between")
    return pair
