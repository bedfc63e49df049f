"""Trains the LSTM or the GRU: `python3 train_recurrent.py WORK fiction-lstm`, and leaves WORK/fiction-lstm.pt."""

from __future__ import annotations

import argparse
import math
import random
from pathlib import Path
from typing import Any, Iterator, List, Tuple

import torch
from torch.nn import functional

import corpus
import fiction_tokenizer
import schedule
from fiction_tokenizer import BOS
from recurrent import SHAPES, Recurrent, passages

SEED, ROWS, CHUNK, RATE = 11, 32, 64, 4e-3

# How often a row's memory is emptied between chunks, to know the zero state with which every text begins.
FORGETTING = 0.05


def chunks(found: List[List[int]]) -> Iterator[torch.Tensor]:
    """Rows of the shuffled passages in endless epochs, cut into chunks that overlap by one token."""
    while True:
        random.shuffle(found)
        stream = torch.tensor([token for passage in found for token in passage])
        length = len(stream) // ROWS
        rows = stream[: length * ROWS].view(ROWS, length)
        for start in range(0, length - CHUNK - 1, CHUNK):
            yield rows[:, start : start + CHUNK + 1]


def detached(state: Any, kept: torch.Tensor) -> Any:
    parts = state if isinstance(state, tuple) else (state,)
    cut = tuple(part.detach() * kept for part in parts)
    return cut if isinstance(state, tuple) else cut[0]


@torch.inference_mode()
def held_out_loss(model: Recurrent, found: List[List[int]]) -> float:
    """Nats per token, each passage from the zero state."""
    total, count = 0.0, 0
    for passage in found:
        ids = torch.tensor([passage])
        logits, _ = model(ids[:, :-1])
        total += functional.cross_entropy(logits[0], ids[0, 1:], reduction="sum").item()
        count += len(passage) - 1
    return total / count


def train(work: Path, name: str, steps: int) -> None:
    schedule.begin(SEED)
    tokenizer = fiction_tokenizer.load(work)
    kept, held = corpus.load(work)
    source = chunks(passages(kept, tokenizer))
    unseen = passages(held, tokenizer, least=BOS)
    model = Recurrent(name)
    course = schedule.Course(model.parameters(), RATE, steps)
    state: Any = None
    for _ in range(steps):
        chunk = next(source)
        if state is not None:
            state = detached(state, (torch.rand(1, ROWS, 1) > FORGETTING).float())
        logits, state = model(chunk[:, :-1], state)
        loss = functional.cross_entropy(logits.flatten(0, 1), chunk[:, 1:].flatten())
        course.step(loss)
        course.report(100, loss=loss.item())
    model.eval()
    print(f"held out: perplexity {math.exp(held_out_loss(model, unseen)):.2f} per token")
    torch.save(model.state_dict(), work / f"{name}.pt")


def arguments() -> Tuple[Path, str, int]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("name", choices=sorted(SHAPES))
    parser.add_argument("--steps", type=int, default=2300)
    given = parser.parse_args()
    return given.work, given.name, given.steps


if __name__ == "__main__":
    train(*arguments())
