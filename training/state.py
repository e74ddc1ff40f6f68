"""A run in memory, and its way to the disk and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from training import checkpoint, optimizer, recipes
from training.models.lrn import LrnDepth, Tapped


class TrainingError(RuntimeError):
    """A run that cannot go on; the message is one line for the user."""


@dataclass
class Run:
    """`average` is the moving average of the weights, where the recipe has one; `unreadable` the samples,
    (set, index), that could not be read. Nothing else changes from step to step: what is random in a
    step is drawn from seed and step.
    """

    recipe: recipes.Recipe
    model: LrnDepth
    optimizer: Optimizer
    average: AveragedModel | None
    step: int = 0
    unreadable: set[tuple[int, int]] = field(default_factory=set)

    def shipped(self) -> nn.Module:
        """The network that is validated and saved for use."""
        return self.model if self.average is None else self.average.module


def start(recipe: recipes.Recipe, model: LrnDepth) -> Run:
    """A fresh run of `recipe` from the weights in `model`."""
    for layer in frozen_layers(recipe, model):
        layer.requires_grad_(False)
    average = None
    if recipe.ema:
        average = AveragedModel(model, avg_fn=moving_average(recipe.ema), use_buffers=True)
    return Run(recipe, model, optimizer.build(model, recipe), average)


def frozen_layers(recipe: recipes.Recipe, model: LrnDepth) -> list[nn.Module]:
    """What `recipe` leaves as it is: parameters get no gradient, batch norm keeps its statistics."""
    if not recipe.frozen_taps:
        return []
    return cast(Tapped, model.encoder).until(recipe.frozen_taps - 1)


def resume(saved: dict[str, Any], model: LrnDepth) -> Run:
    """The run in a checkpoint that `training.checkpoint.read` gave."""
    run = start(recipes.from_dict(saved["recipe"]), model)
    run.model.load_state_dict(saved["trained"])
    if run.average is not None:
        run.average.module.load_state_dict(saved["model"])
        run.average.n_averaged.fill_(saved["step"])
    run.optimizer.load_state_dict(saved["optimizer"])
    run.step = saved["step"]
    run.unreadable = {(int(s), int(i)) for s, i in saved.get("unreadable", ())}
    return run


def save(run: Run, out: Path, sets: list[str]) -> None:
    """Write out/last.ckpt. TrainingError where the weights are not finite: the file then stays as it was."""
    if not all(bool(torch.isfinite(p).all()) for p in run.model.state_dict().values()):
        raise TrainingError(
            f"step {run.step}: the weights are not finite; the last good state is in {out / 'last.ckpt'}"
        )
    checkpoint.write(
        out / "last.ckpt",
        {
            "format": checkpoint.FORMAT,
            "recipe": recipes.to_dict(run.recipe),
            "step": run.step,
            "model": run.shipped().state_dict(),
            "trained": run.model.state_dict(),
            "optimizer": run.optimizer.state_dict(),
            "sets": sets,
            "unreadable": sorted(map(list, run.unreadable)),
        },
    )


def moving_average(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """avg ← avg + (1 − d)(new − avg), d = min(decay, (1 + n)/(10 + n)): the start is soon forgotten."""

    def update(average: Tensor, new: Tensor, n: Tensor | int) -> Tensor:
        d = min(decay, (1 + int(n)) / (10 + int(n)))
        return average + (1 - d) * (new - average)

    return update
