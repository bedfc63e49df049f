"""What the folders say, for the engine's tests: `python3 record.py [NAME ...]` writes records/NAME.json."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Dict, List, Optional

import numpy as np

import running
from running import Model

RECORDS = Path(__file__).resolve().parent / "records"
COUNT = 20
PROMPTS = ["", "It was a", "She had not expected to", "The carriage", "My dear Emma", "At length they"]
READ = ["I am very glad to see you.", "He had never been so happy in his life."]
SEED = 41


# A token whose lead over the second is a smaller part of the range of the logits may turn out otherwise elsewhere.
LEAD = 0.001


def likeliest(logits: np.ndarray) -> Optional[int]:
    """The first of the logits, or none where its lead is too small to be recorded."""
    second, first = np.partition(logits, -2)[-2:]
    return int(logits.argmax()) if first - second > LEAD * (first - logits.min()) else None


def greedy(model: Model, prompt: List[int], latent: Optional[List[float]] = None) -> Optional[List[int]]:
    """The likeliest tokens, each from the whole text anew and the zero state. No end token stops them."""
    given = None if latent is None else np.array(latent)
    tokens: List[int] = []
    for _ in range(COUNT):
        token = likeliest(model.step(prompt + tokens, model.zeros(), given)[-1])
        if token is None:
            return None
        tokens.append(token)
    return tokens


def numbers(values: np.ndarray) -> List[float]:
    """Short decimals that float32 holds exactly enough for a graph to be fed with them."""
    return [round(float(value), 4) for value in values]


def prompts(model: Model, texts: List[str]) -> List[Dict[str, Any]]:
    return [{"text": text, "ids": model.ids(text)} for text in texts]


def recurrent(model: Model) -> Dict[str, Any]:
    """The first three prompts that lead clearly at every step."""
    found = [{**prompt, "greedy": greedy(model, prompt["ids"])} for prompt in prompts(model, PROMPTS)]
    return {"prompts": [one for one in found if one["greedy"]][:3]}


def vae(model: Model, chance: np.random.Generator) -> Dict[str, Any]:
    """Two latents that lead clearly at every step of three prompts."""
    found = prompts(model, PROMPTS[:3])
    latents: List[List[float]] = []
    told: List[List[List[int]]] = []
    while len(latents) < 2:
        latent = numbers(chance.standard_normal(model.latent))
        tokens = [greedy(model, prompt["ids"], latent) for prompt in found]
        if None not in tokens:
            latents.append(latent)
            told.append(tokens)
    for number, prompt in enumerate(found):
        prompt["greedy"] = [tokens[number] for tokens in told]
    encoded = []
    for text in READ:
        ids = [*model.ids(text), model.eos]
        encoded.append({"text": text, "ids": ids, "mean": numbers(model.read(text)["mean"])})
    return {"latents": latents, "prompts": found, "encoded": encoded}


def one_shot(model: Model, chance: np.random.Generator) -> Dict[str, Any]:
    """Noise whose text ends, and leads clearly at each of its positions."""
    found: List[Dict[str, Any]] = []
    while len(found) < 4:
        noise = numbers(chance.standard_normal(model.latent))
        tokens = [likeliest(logits) for logits in model.positions(np.array(noise))]
        if None not in tokens and tokens[-1] == model.eos:
            found.append({"noise": noise, "tokens": tokens, "text": model.text(tokens)})
    return {"prompts": found}


def main(names: List[str]) -> None:
    RECORDS.mkdir(exist_ok=True)
    for name in names:
        model, chance = Model(name), np.random.default_rng(SEED)
        kind = model.config["nightdesk"]["kind"]
        if kind == "recurrent":
            found = recurrent(model)
        else:
            found = vae(model, chance) if kind == "vae" else one_shot(model, chance)
        target = RECORDS / f"{name}.json"
        target.write_text(json.dumps({"model": name, **found}) + "\n", encoding="utf-8")
        print(f"{target.name}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=running.NAMES)
    main(parser.parse_args().names)
