"""Rotary positions: how fast each pair of a head turns, and what stretches that for long contexts.

Three kinds are written: plain, `linear` (all pairs slower by a factor) and `llama3` (slow pairs slower by a factor,
fast ones as they are, a ramp between; Llama 3.1's). They only change the two tables the graph carries. Others, such
as yarn and dynamic, also change the attention's scale or depend on the length of the text, and are refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple

import numpy as np

from refusal import Refusal


@dataclass(frozen=True)
class Rope:
    """`divisors`, one for each pair, wins over `scaling`: a GGUF stores llama3's result and not its settings."""

    theta: float
    scaling: Optional[Tuple[Tuple[str, Any], ...]] = None  # config.json's rope_scaling, sorted, so that the class can be compared
    divisors: Optional[Tuple[float, ...]] = None

    def inverse_frequencies(self, head_dim: int) -> np.ndarray:
        """Radians a position, float64, one for each of the head_dim / 2 pairs."""
        half = head_dim // 2
        plain = self.theta ** (-np.arange(half, dtype=np.float64) / half)
        if self.divisors is not None:
            return plain / np.asarray(self.divisors, dtype=np.float64)
        settings = dict(self.scaling or ())
        if settings.get("rope_type") == "linear":
            return plain / settings["factor"]
        if settings.get("rope_type") == "llama3":
            return _llama3(plain, settings)
        return plain

    def tables(self, positions: int, head_dim: int) -> Tuple[np.ndarray, np.ndarray]:
        """Cosines and sines, float32 [positions, head_dim / 2]."""
        angles = np.arange(positions, dtype=np.float64)[:, None] * self.inverse_frequencies(head_dim)
        return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def _llama3(plain: np.ndarray, settings: Dict[str, Any]) -> np.ndarray:
    """transformers' `_compute_llama3_parameters`: by the turns a pair makes within the original context."""
    turns = settings["original_max_position_embeddings"] * plain / (2 * math.pi)
    low, high = settings["low_freq_factor"], settings["high_freq_factor"]
    ramp = np.clip((turns - low) / (high - low), 0, 1)
    return plain * (ramp + (1 - ramp) / settings["factor"])


NEEDS = {
    "default": (), "linear": ("factor",),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"),
}


def scaling_of(settings: Optional[Dict[str, Any]], where: str) -> Optional[Tuple[Tuple[str, Any], ...]]:
    """config.json's `rope_scaling` (or `rope_parameters`), checked; None when positions are plain."""
    if not settings:
        return None
    kind = settings.get("rope_type", settings.get("type", "default"))
    if kind not in NEEDS:
        raise Refusal(f"the rope scaling {kind!r} is not supported", where, ", ".join(NEEDS), "such a model works here only within its original context: set rope_scaling to null if that is enough")
    missing = [key for key in NEEDS[kind] if not isinstance(settings.get(key), (int, float)) or settings[key] <= 0]
    if missing:
        raise Refusal(f"the rope scaling {kind!r} lacks {missing[0]}", where, f"a number above 0 for {', '.join(NEEDS[kind])}")
    if kind == "default":
        return None
    if kind == "llama3" and settings["high_freq_factor"] <= settings["low_freq_factor"]:
        raise Refusal("the rope scaling's high_freq_factor is not above its low_freq_factor", where, "two numbers, low below high")
    return tuple(sorted({"rope_type": kind, **{key: settings[key] for key in NEEDS[kind]}}.items()))
