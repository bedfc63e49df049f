"""How a text is cut before pairs are merged, for the names a GGUF gives in `tokenizer.ggml.pre`.

The name stands for regular expressions inside llama.cpp; only names whose meaning is written out here are taken,
since a tokenizer that splits almost right gives a model that is almost right and nobody notices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, Optional

# The words of Llama 3 and Qwen 2 differ in their digits: up to three together, or each alone.
WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def byte_level(**options: Any) -> Dict[str, Any]:
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True, **options}


def _digits_then_bytes() -> Dict[str, Any]:
    """Every digit alone, then GPT-2's words."""
    return {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level()]}


def _words(digits: str) -> Callable[[], Dict[str, Any]]:
    split = {"type": "Split", "pattern": {"Regex": WORDS % digits}, "behavior": "Isolated", "invert": False}
    return lambda: {"type": "Sequence", "pretokenizers": [split, byte_level(use_regex=False)]}


@dataclass(frozen=True)
class PreTokenizer:
    """`ignore_merges`: a word that is a token as it stands is not built from merges."""

    cut: Callable[[], Dict[str, Any]]
    normalizer: Optional[Dict[str, Any]] = None
    ignore_merges: bool = False


PRE_TOKENIZERS: Dict[str, PreTokenizer] = {
    "gpt-2": PreTokenizer(byte_level),
    "smollm": PreTokenizer(_digits_then_bytes),
    "starcoder": PreTokenizer(_digits_then_bytes),
    "qwen2": PreTokenizer(_words(r"\p{N}"), normalizer={"type": "NFC"}),
    "llama-bpe": PreTokenizer(_words(r"\p{N}{1,3}"), ignore_merges=True),
}
