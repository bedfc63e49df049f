"""A small vocabulary of SentencePiece's kind, pieces with scores, as a GGUF has it."""

from __future__ import annotations

from typing import Dict, List

import gguf

from as_gguf import TokenizerKeys
from tiny import TEMPLATE, Tiny

LETTERS = "▁abcdehnrst."
JOINED = ["▁t", "he", "▁a", "en", "er", "te", "st", "▁the", "nd", "and", "▁and", "ten", "est", "test", "ae", "ee", "eee", "▁▁", "tt"]
# Lower ones are joined later.
SCORES: Dict[str, float] = {piece: -float(number) for number, piece in enumerate([*JOINED, *LETTERS])}
VOCAB = Tiny.vocab + 40
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
PIECES = ["<unk>", "<s>", "</s>", *BYTES, *SCORES]
TOKENS: List[str] = [*PIECES, *(f"<pad{number}>" for number in range(VOCAB - len(PIECES)))]


def keys(prefix: bool) -> TokenizerKeys:
    """With `prefix` a text begins with a space, as Llama 2 has it."""
    def write(writer: gguf.GGUFWriter) -> None:
        writer.add_tokenizer_model("llama")
        writer.add_token_list(TOKENS)
        writer.add_token_scores([SCORES.get(token, 0.0) for token in TOKENS])
        writer.add_token_types([2, 3, 3, *[6] * 256, *[1] * len(SCORES), *[5] * (len(TOKENS) - len(PIECES))])
        writer.add_bos_token_id(1)
        writer.add_eos_token_id(2)
        writer.add_add_bos_token(True)
        writer.add_add_space_prefix(prefix)
        writer.add_chat_template(TEMPLATE)
    return write
