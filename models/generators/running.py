"""The four folders run with ONNX Runtime alone, as an engine would: nothing here knows torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Optional

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

MODELS = Path(__file__).resolve().parent.parent
NAMES = ["fiction-lstm", "fiction-gru", "fiction-vae", "fiction-gan"]


def session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def drawn(logits: np.ndarray, chance: np.random.Generator, temperature: float, top_p: float) -> int:
    """One token of the smallest set of likeliest tokens that together reach top_p."""
    scaled = logits.astype(np.float64) / temperature
    shares = np.exp(scaled - scaled.max())
    shares /= shares.sum()
    order = np.argsort(-shares)
    count = int(np.searchsorted(np.cumsum(shares[order]), top_p)) + 1
    kept = order[:count]
    return int(chance.choice(kept, p=shares[kept] / shares[kept].sum()))


def log_shares(logits: np.ndarray) -> np.ndarray:
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


class Model:
    """A folder with its graph, tokenizer and configuration."""

    def __init__(self, name: str):
        folder = MODELS / name
        self.name = name
        self.config: Dict[str, Any] = json.loads((folder / "config.json").read_text())
        self.drawing: Dict[str, Any] = json.loads((folder / "generation_config.json").read_text())
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.graph = session(folder / "model.onnx")
        self.encoder = session(folder / "encoder.onnx") if (folder / "encoder.onnx").exists() else None
        self.bos, self.eos = self.config["bos_token_id"], self.config["eos_token_id"]
        self.latent: Optional[int] = self.config["nightdesk"].get("latent")

    def ids(self, text: str) -> List[int]:
        """A text's tokens behind the start token, which the tokenizer puts there."""
        return self.tokenizer.encode(text).ids

    def text(self, tokens: List[int]) -> str:
        return self.tokenizer.decode(tokens, skip_special_tokens=True)

    def zeros(self) -> Dict[str, np.ndarray]:
        """The states at the beginning, with the sizes that the graph itself states."""
        found = {}
        for given in self.graph.get_inputs():
            if given.name.startswith("past_"):
                layers, _, hidden = given.shape
                found[given.name] = np.zeros((layers, 1, hidden), dtype=np.float32)
        return found

    def step(
        self, tokens: List[int], states: Dict[str, np.ndarray], latent: Optional[np.ndarray] = None
    ) -> np.ndarray:
        """Logits of every position; the states are carried on in place."""
        feeds = {"input_ids": np.array([tokens], dtype=np.int64), **states}
        if latent is not None:
            feeds["latent"] = latent.reshape(1, -1).astype(np.float32)
        names = [given.name for given in self.graph.get_outputs()]
        results = dict(zip(names, self.graph.run(names, feeds)))
        for name in states:
            states[name] = results[name.replace("past_", "present_")]
        return results["logits"][0]

    def write(
        self,
        prompt: List[int],
        count: int,
        chance: Optional[np.random.Generator],
        latent: Optional[np.ndarray] = None,
    ) -> List[int]:
        """Tokens up to the end token, drawn as generation_config.json says; the likeliest without chance."""
        states, fed, tokens = self.zeros(), prompt, []
        for _ in range(count):
            logits = self.step(fed, states, latent)[-1]
            token = (
                int(logits.argmax())
                if chance is None
                else drawn(logits, chance, self.drawing["temperature"], self.drawing["top_p"])
            )
            if token == self.eos:
                break
            tokens.append(token)
            fed = [token]
        return tokens

    def read(self, text: str) -> Dict[str, np.ndarray]:
        """The encoder's mean and log variance of a text between its start and end tokens."""
        assert self.encoder is not None
        ids = np.array([[*self.ids(text), self.eos]], dtype=np.int64)
        mean, log_variance = self.encoder.run(
            ["mean", "log_variance"], {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        )
        return {"mean": mean[0], "log_variance": log_variance[0]}

    def positions(self, noise: np.ndarray) -> np.ndarray:
        """A one-shot model's logits of every position up to and including the first end token."""
        logits = self.graph.run(["logits"], {"noise": noise.reshape(1, -1).astype(np.float32)})[0][0]
        ends = np.flatnonzero(logits.argmax(axis=-1) == self.eos)
        return logits[: ends[0] + 1] if len(ends) else logits

    def at_once(self, noise: np.ndarray) -> List[int]:
        """A one-shot model's likeliest tokens up to and including the first end token."""
        return self.positions(noise).argmax(axis=-1).tolist()
