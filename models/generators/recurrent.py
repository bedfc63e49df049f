"""The LSTM and the GRU language model in torch, and how their texts are laid out."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

import torch
from tokenizers import Tokenizer
from torch.nn import functional

from fiction_tokenizer import BOS, EOS, SIZE

# Hidden sizes that bring each folder close under one MiB with weights of 8 bits.
SHAPES: Dict[str, Tuple[type, int, int]] = {
    "fiction-lstm": (torch.nn.LSTM, 160, 320),
    "fiction-gru": (torch.nn.GRU, 160, 352),
}
PASSAGE = 200


class Recurrent(torch.nn.Module):
    """Embedding, one layer of the cell, a projection back to the embedding's size and the embedding as head."""

    def __init__(self, name: str, dropout: float = 0.1):
        super().__init__()
        cell, embedded, hidden = SHAPES[name]
        self.embedding = torch.nn.Embedding(SIZE, embedded)
        torch.nn.init.normal_(self.embedding.weight, std=0.1)
        self.cell = cell(embedded, hidden, batch_first=True)
        self.projection = torch.nn.Linear(hidden, embedded)
        self.bias = torch.nn.Parameter(torch.zeros(SIZE))
        self.dropout = torch.nn.Dropout(dropout)

    def forward(self, ids: torch.Tensor, state: Any = None) -> Tuple[torch.Tensor, Any]:
        seen, state = self.cell(self.dropout(self.embedding(ids)), state)
        projected = self.dropout(self.projection(seen))
        return functional.linear(projected, self.embedding.weight, self.bias), state


def passages(paragraphs: List[str], tokenizer: Tokenizer, least: int = PASSAGE) -> List[List[int]]:
    """Runs of paragraphs of at least so many tokens, each line-separated between a start and an end token."""
    newline = tokenizer.encode("\n", add_special_tokens=False).ids
    found: List[List[int]] = []
    current = [BOS]
    for encoding in tokenizer.encode_batch(paragraphs, add_special_tokens=False):
        current += (newline if len(current) > 1 else []) + encoding.ids
        if len(current) >= least:
            found.append(current + [EOS])
            current = [BOS]
    return found
