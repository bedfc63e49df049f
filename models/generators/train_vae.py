"""Trains the sentence VAE of Bowman et al. (arXiv 1511.06349): `python3 train_vae.py WORK`, to WORK/fiction-vae.pt.

It begins with WORK/fiction-gru.pt, so the GRU has to be trained before.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

import corpus
import fiction_tokenizer
import schedule
from sentence_model import SentenceModel, Shape, batches, encoded, losses, warm_start

SHAPE = Shape(latent=24, encoder_embedded=32, encoder_hidden=96, embedded=160, decoder_hidden=352)
SEED, BATCH, RATE = 21, 64, 1e-3
SHORTEST, LONGEST, LONGEST_TOKENS = 3, 16, 40
WORD_DROPOUT = 0.3

# Nats of each dimension that cost nothing, so that none of them is given up.
FREE = 1.2
# The part of the run over which the weight of the KL term rises from nought to one.
ANNEALED = 0.4


def train(work: Path, steps: int) -> None:
    schedule.begin(SEED)
    tokenizer = fiction_tokenizer.load(work)
    kept, _ = corpus.load(work)
    rows = encoded(corpus.sentences(kept, SHORTEST, LONGEST), tokenizer, LONGEST_TOKENS)
    print(f"{len(rows)} sentences, {sum(map(len, rows))} tokens")
    source = batches(rows, BATCH)
    model = SentenceModel(SHAPE)
    warm_start(model, torch.load(work / "fiction-gru.pt"))
    course = schedule.Course(model.parameters(), RATE, steps)
    for number in range(steps):
        ids = next(source)
        nats, divergence = losses(model, ids, WORD_DROPOUT)
        weight = min(1.0, number / (ANNEALED * steps))
        paid = divergence.clamp(min=FREE).sum()
        course.step((nats + weight * paid) / ids.shape[1])
        course.report(100, nats=nats.item(), kl=divergence.sum().item(), weight=weight)
    torch.save(model.state_dict(), work / "fiction-vae.pt")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--steps", type=int, default=2500)
    given = parser.parse_args()
    train(given.work, given.steps)
