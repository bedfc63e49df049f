"""Trains the GAN after ARAE (arXiv 1706.04223): `python3 train_gan.py WORK`, to WORK/fiction-gan.pt.

First an autoencoder of short sentences, begun with WORK/fiction-gru.pt; then, with it frozen, a generator that turns
noise into latents which a critic cannot tell from those of real sentences. `--only-gan` keeps the autoencoder of an
earlier run.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Dict, List

import torch

import corpus
import fiction_tokenizer
import latent_gan
import schedule
from fiction_tokenizer import PAD
from sentence_model import SentenceModel, Shape, batches, drawn, encoded, losses, padded, warm_start

SHAPE = Shape(latent=32, encoder_embedded=160, encoder_hidden=352, embedded=160, decoder_hidden=352)
NOISE, LENGTH = 32, 24
SEED, BATCH, RATE = 31, 64, 1e-3
SHORTEST, LONGEST = 3, 12
WORD_DROPOUT = 0.3

# A light KL term keeps the latents smooth, and leaves them apart enough to say which sentence they stand for.
WEIGHT, ANNEALED, FREE = 0.3, 0.5, 0.7

GAN_BATCH, GAN_RATE, CRITIC_STEPS = 256, 2e-4, 5


def autoencoder(rows: List[List[int]], steps: int, language_model: Dict[str, torch.Tensor]) -> SentenceModel:
    model = SentenceModel(SHAPE)
    warm_start(model, language_model)
    source = batches(rows, BATCH)
    course = schedule.Course(model.parameters(), RATE, steps)
    for number in range(steps):
        ids = next(source)
        nats, divergence = losses(model, ids, WORD_DROPOUT)
        weight = WEIGHT * min(1.0, number / (ANNEALED * steps))
        course.step((nats + weight * divergence.clamp(min=FREE).sum()) / ids.shape[1])
        course.report(100, nats=nats.item(), kl=divergence.sum().item())
    return model.eval()


@torch.no_grad()
def posteriors(model: SentenceModel, rows: List[List[int]]) -> List[torch.Tensor]:
    """Mean and log variance of every sentence."""
    pairs = []
    for start in range(0, len(rows), 256):
        ids = padded(rows[start : start + 256])
        pairs.append(model.encoder(ids, ids != PAD))
    return [torch.cat(parts) for parts in zip(*pairs)]


def adversaries(model: SentenceModel, rows: List[List[int]], steps: int) -> latent_gan.Generator:
    mean, log_variance = posteriors(model, rows)
    generator, judge = latent_gan.Generator(NOISE, SHAPE.latent), latent_gan.critic(SHAPE.latent)
    betas = (0.5, 0.9)
    writes = torch.optim.Adam(generator.parameters(), lr=GAN_RATE, betas=betas)
    judges = torch.optim.Adam(judge.parameters(), lr=GAN_RATE, betas=betas)
    for number in range(1, steps + 1):
        for _ in range(CRITIC_STEPS):
            chosen = torch.randint(len(mean), (GAN_BATCH,))
            made = generator(torch.randn(GAN_BATCH, NOISE)).detach()
            real = drawn(mean[chosen], log_variance[chosen])
            loss, distance = latent_gan.critic_loss(judge, real, made)
            judges.zero_grad()
            loss.backward()
            judges.step()
        lost = -judge(generator(torch.randn(GAN_BATCH, NOISE))).mean()
        writes.zero_grad()
        lost.backward()
        writes.step()
        if number % 500 == 0:
            print(f"{number}/{steps} distance {distance.item():.3f}", flush=True)
    return generator


def train(work: Path, steps: int, gan_steps: int, only_gan: bool) -> None:
    schedule.begin(SEED)
    target = work / "fiction-gan.pt"
    kept, _ = corpus.load(work)
    tokenizer = fiction_tokenizer.load(work)
    rows = encoded(corpus.sentences(kept, SHORTEST, LONGEST), tokenizer, LENGTH + 1)
    print(f"{len(rows)} sentences, {sum(map(len, rows))} tokens")
    if only_gan:
        model = SentenceModel(SHAPE).eval()
        model.load_state_dict(torch.load(target)["autoencoder"])
    else:
        model = autoencoder(rows, steps, torch.load(work / "fiction-gru.pt"))
    generator = adversaries(model, rows, gan_steps)
    torch.save({"autoencoder": model.state_dict(), "generator": generator.state_dict()}, target)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--steps", type=int, default=1800)
    parser.add_argument("--gan-steps", type=int, default=4000)
    parser.add_argument("--only-gan", action="store_true")
    given = parser.parse_args()
    train(given.work, given.steps, given.gan_steps, given.only_gan)
