"""SentencePiece's BPE as the Hugging Face library's: scores become an ordered list of merges.

SentencePiece joins, again and again, the two neighbours whose joined piece has the highest score (leftmost first).
A BPE with ranked merges does the same when every way to build a piece is a merge of that piece's rank. Bytes that no
piece covers become byte tokens. Spaces are the letter ▁; Llama puts one before a text, Gemma does not.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

from refusal import Refusal

NORMAL, UNKNOWN, BYTE = 1, 2, 6
SPACE = "▁"


def parts(meta: Callable[..., Any], where: str, tokens: List[str], kinds: List[int]) -> Dict[str, Any]:
    """Everything of tokenizer.json that is not shared with other tokenizers."""
    scores = meta("tokenizer.ggml.scores")
    if len(scores) != len(tokens) or len(kinds) != len(tokens):
        raise Refusal("tokens, scores and token types differ in number", f"{where}, keys tokenizer.ggml.*", f"{len(tokens)} of each")
    unknown = next((token for token, kind in zip(tokens, kinds) if kind == UNKNOWN), None)
    if unknown is None:
        given = meta("tokenizer.ggml.unknown_token_id", required=False)
        unknown = tokens[given] if isinstance(given, int) and given < len(tokens) else None
    bytes_there = sum(kind == BYTE for kind in kinds) == 256
    prefix = [{"type": "Prepend", "prepend": SPACE}] if meta("tokenizer.ggml.add_space_prefix", True) else []
    strip = [{"type": "Strip", "content": " ", "start": 1, "stop": 0}] if prefix else []
    return {
        "normalizer": {"type": "Sequence", "normalizers": [*prefix, {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}]},
        "pre_tokenizer": None, "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": SPACE}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, *strip]},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": unknown, "continuing_subword_prefix": None, "end_of_word_suffix": None,
            "fuse_unk": True, "byte_fallback": bytes_there, "ignore_merges": False,
            "vocab": {token: index for index, token in enumerate(tokens)}, "merges": merges(tokens, scores, kinds),
        },
    }


def merges(tokens: List[str], scores: List[float], kinds: List[int]) -> List[List[str]]:
    """Best score first; among equals, the token with the lower id, as SentencePiece's trainer numbered them."""
    pieces = {token: index for index, (token, kind) in enumerate(zip(tokens, kinds)) if kind == NORMAL}
    ranked: List[Tuple[float, int, int, int, List[str]]] = []
    for piece, index in pieces.items():
        for cut in range(1, len(piece)):
            left, right = pieces.get(piece[:cut]), pieces.get(piece[cut:])
            if left is not None and right is not None:
                ranked.append((-scores[index], index, left, right, [piece[:cut], piece[cut:]]))
    return [pair for *_, pair in sorted(ranked)]
