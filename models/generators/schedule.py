"""What all training loops share: fixed seeds, the learning rate's course and a line of progress."""

from __future__ import annotations

import math
import random
import time
from typing import Iterable

import numpy as np
import torch

WARM_UP = 100


def begin(seed: int) -> None:
    """One thread and fixed seeds, so that a run can be repeated."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


class Course:
    """AdamW with a warm-up, a cosine down to a twentieth, and clipped gradients."""

    def __init__(self, parameters: Iterable[torch.nn.Parameter], rate: float, steps: int):
        self.parameters, self.rate, self.steps = list(parameters), rate, steps
        self.optimizer = torch.optim.AdamW(self.parameters, lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
        self.done, self.started = 0, time.time()

    def step(self, loss: torch.Tensor) -> None:
        share = min(1.0, self.done / self.steps)
        factor = 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * share))
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * factor * min(1.0, (self.done + 1) / WARM_UP)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.done += 1

    def report(self, every: int, **figures: float) -> None:
        if self.done % every == 0 or self.done == self.steps:
            shown = " ".join(f"{name} {value:.3f}" for name, value in figures.items())
            print(f"{self.done}/{self.steps} {time.time() - self.started:.0f} s {shown}", flush=True)
