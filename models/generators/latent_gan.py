"""The generator from noise to a sentence's latent, its critic, and a step of WGAN-GP (arXiv 1704.00028), in torch."""

from __future__ import annotations

from typing import Tuple

import torch

PENALTY = 10.0


class Generator(torch.nn.Module):
    def __init__(self, noise: int, latent: int, hidden: int = 128):
        super().__init__()
        self.first = torch.nn.Linear(noise, hidden)
        self.second = torch.nn.Linear(hidden, hidden)
        self.third = torch.nn.Linear(hidden, latent)

    def forward(self, noise: torch.Tensor) -> torch.Tensor:
        return self.third(torch.relu(self.second(torch.relu(self.first(noise)))))


def critic(latent: int, hidden: int = 512) -> torch.nn.Module:
    return torch.nn.Sequential(
        torch.nn.Linear(latent, hidden),
        torch.nn.LeakyReLU(0.2),
        torch.nn.Linear(hidden, hidden),
        torch.nn.LeakyReLU(0.2),
        torch.nn.Linear(hidden, 1),
    )


def critic_loss(
    judge: torch.nn.Module, real: torch.Tensor, made: torch.Tensor
) -> Tuple[torch.Tensor, torch.Tensor]:
    """What the critic minimises, and the distance it sees between the real and the made."""
    mixed = torch.lerp(real, made, torch.rand(len(real), 1)).requires_grad_(True)
    slope = torch.autograd.grad(judge(mixed).sum(), mixed, create_graph=True)[0]
    penalty = (slope.norm(dim=1) - 1).square().mean()
    distance = judge(real).mean() - judge(made).mean()
    return PENALTY * penalty - distance, distance.detach()
