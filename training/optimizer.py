"""Optimizers and learning rates by name."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from training.recipes import Recipe

WARM_UP, FLOOR = 0.05, 0.01
# Share of a "warm_up_stable_decay" run after which the rate falls.
STABLE = 0.75


def build(model: nn.Module, recipe: Recipe) -> Optimizer:
    """The optimizer of `recipe`; encoder and decoder are groups of their own.

    Each group keeps its factor on the learning rate under `rate`.
    """
    encoder = list(model.encoder.parameters())  # type: ignore[union-attr]
    decoder = list(model.decoder.parameters())  # type: ignore[union-attr]
    groups = [
        {"params": encoder, "rate": recipe.encoder_rate},
        {"params": decoder, "rate": 1.0},
    ]
    return OPTIMIZERS[recipe.optimizer](groups, recipe)


def set_learning_rate(optimizer: Optimizer, recipe: Recipe, step: int) -> float:
    """Put the learning rate of `step` into the optimizer; a pure function of the step."""
    rate = recipe.learning_rate * SCHEDULES[recipe.schedule](step / max(1, recipe.steps))
    for group in optimizer.param_groups:
        group["lr"] = rate * group["rate"]
    return rate


def _ranger(groups: list[dict[str, Any]], recipe: Recipe) -> Optimizer:
    """RAdam inside Lookahead (k = 6, α = 0.5): Wright's Ranger, which the paper used."""
    from timm.optim.lookahead import Lookahead

    inner = torch.optim.RAdam(
        groups, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, betas=(0.95, 0.999)
    )
    lookahead: Optimizer = Lookahead(inner, alpha=0.5, k=6)
    return lookahead


def _adamw(groups: list[dict[str, Any]], recipe: Recipe) -> Optimizer:
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, foreach=True)


def _one_cycle(progress: float) -> float:
    if progress < WARM_UP:
        return progress / WARM_UP + 1e-3
    return _half_cosine((progress - WARM_UP) / (1 - WARM_UP))


def _warm_up_stable_decay(progress: float) -> float:
    """Its end can be put off or brought forward (`--resume --steps N`) while the rate still stands."""
    if progress < WARM_UP:
        return progress / WARM_UP + 1e-3
    return _half_cosine(max(0.0, progress - STABLE) / (1 - STABLE))


def _half_cosine(along: float) -> float:
    return FLOOR + (1 - FLOOR) * (1 + cos(pi * min(1.0, along))) / 2


OPTIMIZERS: dict[str, Callable[[list[dict[str, Any]], Recipe], Optimizer]] = {
    "ranger": _ranger,
    "adamw": _adamw,
}
SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda progress: 1.0,
    "one_cycle": _one_cycle,
    "warm_up_stable_decay": _warm_up_stable_decay,
}
