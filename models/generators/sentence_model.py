"""A sentence's encoder to a latent Gaussian and the GRU decoder that hears the latent at every step, in torch."""

from __future__ import annotations

import random
from typing import Dict, Iterator, List, NamedTuple, Tuple

import torch
from tokenizers import Tokenizer
from torch.nn import functional

from fiction_tokenizer import BOS, EOS, PAD, SIZE


class Shape(NamedTuple):
    latent: int
    encoder_embedded: int
    encoder_hidden: int
    embedded: int
    decoder_hidden: int


class Encoder(torch.nn.Module):
    """A GRU whose outputs over the real tokens are averaged; padding lies behind and changes nothing."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.embedding = torch.nn.Embedding(SIZE, shape.encoder_embedded)
        self.cell = torch.nn.GRU(shape.encoder_embedded, shape.encoder_hidden, batch_first=True)
        self.mean = torch.nn.Linear(shape.encoder_hidden, shape.latent)
        self.log_variance = torch.nn.Linear(shape.encoder_hidden, shape.latent)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        seen, _ = self.cell(self.embedding(ids))
        real = mask.float()[..., None]
        average = (seen * real).sum(1) / real.sum(1)
        return self.mean(average), self.log_variance(average)


class Decoder(torch.nn.Module):
    """Each step reads the embedding with the latent beside it; so does the projection before the tied head."""

    def __init__(self, shape: Shape, dropout: float):
        super().__init__()
        self.embedding = torch.nn.Embedding(SIZE, shape.embedded)
        self.cell = torch.nn.GRU(shape.embedded + shape.latent, shape.decoder_hidden, batch_first=True)
        self.projection = torch.nn.Linear(shape.decoder_hidden + shape.latent, shape.embedded)
        self.bias = torch.nn.Parameter(torch.zeros(SIZE))
        self.dropout = torch.nn.Dropout(dropout)

    def forward(self, ids: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        beside = latent[:, None].expand(-1, ids.shape[1], -1)
        seen, _ = self.cell(torch.cat([self.dropout(self.embedding(ids)), beside], -1))
        projected = self.dropout(self.projection(torch.cat([seen, beside], -1)))
        return functional.linear(projected, self.embedding.weight, self.bias)


class SentenceModel(torch.nn.Module):
    def __init__(self, shape: Shape, dropout: float = 0.15):
        super().__init__()
        self.encoder, self.decoder = Encoder(shape), Decoder(shape, dropout)


def warm_start(model: SentenceModel, language_model: Dict[str, torch.Tensor]) -> None:
    """Begins with the trained fiction-gru, as some ten thousand sentences are too few to learn English from.

    Cells and projections of its size are copied, with the columns that read the latent left as they were drawn;
    smaller embeddings are its own along their main directions.
    """
    table = language_model["embedding.weight"]
    for part in (model.encoder, model.decoder):
        for name, weight in part.named_parameters():
            known = language_model.get(name)
            if known is None:
                continue
            if name == "embedding.weight" and weight.shape[1] < table.shape[1]:
                left, sizes, _ = torch.linalg.svd(table, full_matrices=False)
                known = (left * sizes)[:, : weight.shape[1]]
            if known.shape[0] == weight.shape[0] and known.shape[-1] <= weight.shape[-1]:
                with torch.no_grad():
                    weight[..., : known.shape[-1]].copy_(known)


def drawn(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return mean + torch.randn_like(mean) * (0.5 * log_variance).exp()


def losses(model: SentenceModel, ids: torch.Tensor, word_dropout: float) -> Tuple[torch.Tensor, torch.Tensor]:
    """Nats of reconstruction per sentence, and KL against N(0, 1) for each dimension, both means over the batch."""
    mean, log_variance = model.encoder(ids, ids != PAD)
    read = ids[:, :-1]
    # A decoder that cannot trust its own past words has to ask the latent (Bowman et al.).
    lost = (torch.rand(read.shape) < word_dropout) & (read != BOS)
    logits = model.decoder(read.masked_fill(lost, PAD), drawn(mean, log_variance))
    wanted = ids[:, 1:]
    nats = functional.cross_entropy(
        logits.flatten(0, 1), wanted.flatten(), ignore_index=PAD, reduction="sum"
    )
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)
    return nats / len(ids), divergence.mean(0)


def encoded(sentences: List[str], tokenizer: Tokenizer, longest: int) -> List[List[int]]:
    rows = [[*encoding.ids, EOS] for encoding in tokenizer.encode_batch(sentences)]
    return [row for row in rows if len(row) <= longest]


def padded(rows: List[List[int]]) -> torch.Tensor:
    width = max(map(len, rows))
    return torch.tensor([row + [PAD] * (width - len(row)) for row in rows])


def batches(rows: List[List[int]], size: int) -> Iterator[torch.Tensor]:
    """Endless epochs of batches, each of about equally long sentences, to pad little."""
    while True:
        random.shuffle(rows)
        region = size * 20
        found = []
        for start in range(0, len(rows), region):
            near = sorted(rows[start : start + region], key=len)
            found += [near[place : place + size] for place in range(0, len(near), size)]
        random.shuffle(found)
        yield from map(padded, found)
