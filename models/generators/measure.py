"""Figures and samples of the exported folders, with ONNX Runtime only: `python3 measure.py WORK [NAME ...]`.

WORK holds the text that corpus.py made, to compare with. The README's figures are this script's output.
"""

from __future__ import annotations

import argparse
import re
import statistics
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple

import numpy as np

import corpus
import running
from running import Model, log_shares

SAMPLES, TOKENS, SHOWN = 50, 60, 8
HELD_SENTENCES, SHORTEST, LONGEST = 300, 5, 16


def words(text: str) -> List[str]:
    """Lower-cased words without the punctuation around them: a copy is a copy with other commas too."""
    return re.findall(r"[a-z0-9]+(?:'[a-z]+)?", text.lower())


def longest_copy(sample: List[str], source: str) -> int:
    """How many words in a row also stand in a row in the source, which is one line of words."""
    longest = 0
    for start in range(len(sample)):
        while start + longest < len(sample) and f" {' '.join(sample[start : start + longest + 1])} " in source:
            longest += 1
    return longest


def loops(sample: List[str]) -> bool:
    """Whether three words in a row come twice."""
    runs = [tuple(sample[start : start + 3]) for start in range(len(sample) - 2)]
    return len(set(runs)) < len(runs)


def sample(model: Model, seed: int) -> str:
    """One text from a seed, by the kind of model."""
    chance = np.random.default_rng(seed)
    kind = model.config["nightdesk"]["kind"]
    if kind == "one_shot":
        assert model.latent is not None
        return model.text(model.at_once(chance.standard_normal(model.latent))).strip()
    latent = chance.standard_normal(model.latent) if model.latent else None
    return model.text(model.write([model.bos], TOKENS, chance, latent)).strip()


def nats(model: Model, tokens: List[int], latent: Optional[np.ndarray] = None) -> float:
    """What the tokens after the first cost, from the zero state."""
    shares = log_shares(model.step(tokens[:-1], model.zeros(), latent))
    return -float(shares[np.arange(len(tokens) - 1), tokens[1:]].sum())


def perplexity(model: Model, texts: List[str]) -> Tuple[float, float]:
    """Per token and per word; the end token counts as one of either."""
    rows = [[*model.ids(text), model.eos] for text in texts]
    total = sum(nats(model, row) for row in rows)
    tokens = sum(len(row) - 1 for row in rows)
    spoken = sum(len(text.split()) + 1 for text in texts)
    return float(np.exp(total / tokens)), float(np.exp(total / spoken))


def originality(model: Model, source: str, judge: Model) -> None:
    samples = [sample(model, seed) for seed in range(SAMPLES)]
    copies = [longest_copy(words(text), source) for text in samples]
    print(f"samples that say three words in a row twice: {sum(loops(words(text)) for text in samples)}")
    known = set(source.split())
    written = [word for text in samples for word in words(text)]
    print(f"distinct of {SAMPLES}: {len(set(samples))}")
    print(f"longest copy in words: median {statistics.median(copies)}, most {max(copies)}")
    spelt = sum(word in known for word in written) / len(written)
    print(f"words a sample: {len(written) / SAMPLES:.1f}; of them words that the novels have: {spelt:.1%}")
    if model.config["nightdesk"]["kind"] != "recurrent":
        print(f"perplexity by {judge.name} per token: {perplexity(judge, samples)[0]:.1f}")
    print("samples, seeds from 0:")
    for text in samples[:SHOWN]:
        print("  -", text.replace("\n", " / "))


def recurrent(model: Model, held: List[str]) -> None:
    token, word = perplexity(model, held)
    print(f"held-out perplexity: {token:.1f} per token, {word:.1f} per word, {len(held)} paragraphs")


def interpolation(model: Model, first: str, last: str) -> None:
    ends = [model.read(text)["mean"] for text in (first, last)]
    print("interpolation:")
    for share in np.linspace(0, 1, 5):
        print(f"  {share:.2f}", said(model, (1 - share) * ends[0] + share * ends[1]))


def said(model: Model, latent: np.ndarray) -> str:
    return model.text(model.write([model.bos], TOKENS, None, latent)).strip()


def vae(model: Model, held: List[str], judge: Model) -> None:
    texts = corpus.sentences(held, SHORTEST, LONGEST)[:HELD_SENTENCES]
    rows = [[*model.ids(text), model.eos] for text in texts]
    read = [model.read(text) for text in texts]
    divergence = [
        0.5 * (np.square(one["mean"]) + np.exp(one["log_variance"]) - 1 - one["log_variance"]) for one in read
    ]
    active = int((np.mean(divergence, axis=0) > 0.1).sum())
    total = np.sum(divergence) / len(texts)
    print(f"KL: {total:.1f} nats per sentence, {active} of {model.latent} dimensions above 0.1")
    means = [one["mean"] for one in read]
    choices: Dict[str, Callable[[int], np.ndarray]] = {
        "its own latent": lambda number: means[number],
        "a zero latent": lambda number: np.zeros_like(means[number]),
        "the next sentence's latent": lambda number: means[(number + 1) % len(means)],
    }
    tokens = sum(len(row) - 1 for row in rows)
    for what, choose in choices.items():
        total = sum(nats(model, row, choose(number)) for number, row in enumerate(rows))
        print(f"held-out perplexity with {what}: {np.exp(total / tokens):.1f} per token, {len(rows)} sentences")
    own = sum(nats(model, row, means[number]) for number, row in enumerate(rows))
    bound = np.exp((own + np.sum(divergence)) / tokens)
    print(f"with the KL counted: {bound:.1f}; {judge.name} on the same: {perplexity(judge, texts)[0]:.1f}")
    print("reconstructions:")
    for number in range(0, len(texts), len(texts) // 5)[:5]:
        print(f"  {texts[number]}\n    -> {said(model, means[number])}")
    interpolation(model, texts[3], texts[-4])


def main(work: Path, names: List[str]) -> None:
    kept, held = corpus.load(work)
    source = f" {' '.join(words(' '.join(kept)))} "
    judge = Model("fiction-lstm")
    unseen = corpus.sentences(held, 3, 12)
    yardstick = perplexity(judge, unseen)[0]
    print(f"{len(unseen)} held-out sentences, perplexity by {judge.name} per token: {yardstick:.1f}")
    for name in names:
        model = Model(name)
        print(f"\n## {name}")
        kind = model.config["nightdesk"]["kind"]
        if kind == "recurrent":
            recurrent(model, held)
        elif kind == "vae":
            vae(model, held, judge)
        originality(model, source, judge)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("names", nargs="*", default=running.NAMES)
    given = parser.parse_args()
    main(given.work, given.names)
