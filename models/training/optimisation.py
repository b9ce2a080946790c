"""How every network here is trained: optimiser, learning rate, averaged weights, whole checkpoints."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from pathlib import Path

    from models.training.config import RunConfig


def make_optimiser(model: nn.Module, config: RunConfig) -> torch.optim.Optimizer:
    """AdamW that decays convolution weights only."""
    weights = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": weights, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config.learning_rate)


def learning_rate(config: RunConfig, step: int, total_steps: int) -> float:
    """Linear warm-up, then half a cosine down to the final rate."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    progress = (step - config.warmup_steps) / max(1, total_steps - config.warmup_steps)
    span = config.learning_rate - config.final_learning_rate
    return config.final_learning_rate + span * (1 + math.cos(math.pi * min(progress, 1.0))) / 2


@torch.no_grad()
def update_average(averaged: nn.Module, model: nn.Module, decay: float, step: int) -> None:
    """Exponential moving average of weights and statistics; follows quickly at first."""
    rate = 1 - min(decay, (1 + step) / (20 + step))
    for mean, value in zip(averaged.state_dict().values(), model.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.lerp_(value, rate)


def write_atomically(state: dict[str, Any], path: Path) -> None:
    """torch.save through a temporary file in the same folder."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)
