"""The training loop on one screen, and what it needs around it."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from training import checkpoint, losses, metrics, optimizer, recipes
from training.data.mixture import Batch, Places, Stream, loader
from training.data.sample import Reader
from training.models.lrn import LrnDepth
from training.resample import resize

LOSSES: dict[str, Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]] = {"mixture": losses.mixture}
VALIDATION_SIZE = 384


class TrainingError(RuntimeError):
    """A run that cannot go on; the message is one line for the user."""


@dataclass(frozen=True)
class Progress:
    """What the loop reports after a step; validation is the δ1.25 error in percent, where taken."""

    step: int
    steps: int
    loss: float
    learning_rate: float
    images_per_second: float
    seconds_left: float
    delta1: float | None = None


@dataclass(frozen=True)
class Schedule:
    """When a run stops and saves: minutes None = no limit."""

    minutes: float | None
    checkpoint_minutes: float
    validate_every: int


@dataclass
class Run:
    """A run in memory. `average` is the moving average of the weights, where the recipe has one."""

    recipe: recipes.Recipe
    model: LrnDepth
    optimizer: Optimizer
    average: AveragedModel | None
    step: int = 0

    def shipped(self) -> nn.Module:
        """The network that is validated and saved for use."""
        return self.model if self.average is None else self.average.module


def start(recipe: recipes.Recipe, model: LrnDepth) -> Run:
    """A fresh run of `recipe` from the weights in `model`."""
    average = None
    if recipe.ema:
        average = AveragedModel(model, avg_fn=moving_average(recipe.ema), use_buffers=True)
    return Run(recipe, model, optimizer.build(model, recipe), average)


def resume(saved: dict[str, Any], model: LrnDepth) -> Run:
    """The run in a checkpoint that `training.checkpoint.read` gave."""
    run = start(recipes.from_dict(saved["recipe"]), model)
    run.model.load_state_dict(saved["trained"])
    if run.average is not None:
        run.average.module.load_state_dict(saved["model"])
        run.average.n_averaged.fill_(saved["step"])
    run.optimizer.load_state_dict(saved["optimizer"])
    torch.set_rng_state(saved["rng"])
    run.step = saved["step"]
    return run


def train(
    run: Run,
    fabric: Fabric,
    readers: Sequence[Reader],
    held_out: Sequence[Reader],
    out: Path,
    schedule: Schedule,
    workers: int,
    report: Callable[[Progress], None],
) -> signal.Signals | None:
    """Train `run` to its end, its time limit or a signal; the signal is returned.

    Checkpoints go to out/last.ckpt: every `checkpoint_minutes`, at a signal, and at the end.
    Raises TrainingError when the loss is not finite; the batch is then in out/not_finite.pt.
    """
    recipe = run.recipe
    model, optimizer_ = fabric.setup(run.model, run.optimizer)
    sizes = [recipe.crop_at(step) for step in range(recipe.steps)]
    places = Places(run.step, sizes, recipe.batch, fabric.global_rank, fabric.world_size)
    stream = Stream(tuple(readers), recipe.seed, recipe.augmentation)
    batches = loader(stream, places, workers, pin=fabric.device.type == "cuda")
    began = saved = time.monotonic()
    clock = Clock(recipe, run.step)
    training_mode(run)
    with stop_signals() as stopped, (out / "log.jsonl").open("a", encoding="utf-8") as log:
        for batch in batches:
            rate = optimizer.set_learning_rate(run.optimizer, recipe, run.step)
            loss = step(run, model, optimizer_, fabric, fabric.to_device(batch), out)
            run.step += 1
            delta1 = None
            if run.step % schedule.validate_every == 0 or run.step == recipe.steps:
                delta1 = validate(run.shipped(), held_out, fabric.device)
                training_mode(run)
            done = clock.tick(run.step, loss, rate, delta1)
            log.write(json.dumps({k: v for k, v in vars(done).items() if v is not None}) + "\n")
            report(done)
            now = time.monotonic()
            out_of_time = schedule.minutes is not None and now - began > 60 * schedule.minutes
            if stopped or out_of_time or run.step == recipe.steps:
                break
            if now - saved > 60 * schedule.checkpoint_minutes:
                save(run, out, [r.name for r in readers])
                log.flush()
                saved = time.monotonic()
    save(run, out, [r.name for r in readers])
    return stopped[0] if stopped else None


def step(run: Run, model: nn.Module, optimizer_: Any, fabric: Fabric, batch: Batch, out: Path) -> float:
    """One step of the optimizer; returns the loss, mean over the batch."""
    image = batch["image"].float().contiguous(memory_format=torch.channels_last)
    prediction = model(image)
    per_image = LOSSES[run.recipe.loss](prediction, batch["disparity"], batch["valid"], batch["uts"])
    loss = per_image.mean()
    value = float(loss.detach())
    if not np.isfinite(value):
        torch.save({k: v.cpu() for k, v in batch.items()}, out / "not_finite.pt")
        raise TrainingError(
            f"step {run.step}: the loss is {value}; the batch is in {out / 'not_finite.pt'}, "
            f"the last good state in {out / 'last.ckpt'}"
        )
    fabric.backward(loss)
    if run.recipe.clip:
        fabric.clip_gradients(model, optimizer_, max_norm=run.recipe.clip)
    optimizer_.step()
    optimizer_.zero_grad(set_to_none=True)
    if run.average is not None:
        run.average.update_parameters(run.model)
    return value


def training_mode(run: Run) -> None:
    """Train mode; the encoder's batch norm stays as it is where the recipe freezes it."""
    run.model.train()
    if run.recipe.freeze_batch_norm:
        for module in run.model.encoder.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()


@torch.no_grad()
def validate(model: nn.Module, held_out: Sequence[Reader], device: torch.device) -> float | None:
    """Mean δ1.25 error (percent) over the held-out images, each stretched to 384×384."""
    model.eval()
    errors = []
    for reader in held_out:
        for index in range(len(reader)):
            sample = reader[index]
            photo = resize(sample.image.astype(np.float32), VALIDATION_SIZE, VALIDATION_SIZE)
            tensor = torch.from_numpy(photo.transpose(2, 0, 1)[None].copy()).to(device)
            output = model(tensor)[0, 0].float().cpu().numpy()
            depth = np.where(sample.valid, 1 / np.maximum(sample.disparity, 1e-9), 0)
            scores = metrics.uts(output, depth.astype(np.float32), sample.valid)
            if scores is not None:
                errors.append(scores["delta1"])
    return float(np.mean(errors)) if errors else None


def save(run: Run, out: Path, sets: list[str]) -> None:
    """Write out/last.ckpt."""
    checkpoint.write(
        out / "last.ckpt",
        {
            "format": checkpoint.FORMAT,
            "recipe": recipes.to_dict(run.recipe),
            "step": run.step,
            "model": run.shipped().state_dict(),
            "trained": run.model.state_dict(),
            "optimizer": run.optimizer.state_dict(),
            "rng": torch.get_rng_state(),
            "sets": sets,
        },
    )


def fit_to_minutes(recipe: recipes.Recipe, seconds_per_384: float, minutes: float) -> recipes.Recipe:
    """`recipe` with as many steps as `minutes` hold, at `seconds_per_384` a 384×384 image."""
    per_step = recipe.images_384() / recipe.steps * seconds_per_384
    return replace(recipe, steps=max(1, int(60 * minutes / per_step)))


def moving_average(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """avg ← avg + (1 − d)(new − avg), d = min(decay, (1 + n)/(10 + n)): the start is soon forgotten."""

    def update(average: Tensor, new: Tensor, n: Tensor | int) -> Tensor:
        d = min(decay, (1 + int(n)) / (10 + int(n)))
        return average + (1 - d) * (new - average)

    return update


def seconds_per_384(model: nn.Module) -> float:
    """Seconds that forward and backward take on one 384×384 image; from two 256×256 images."""
    image = torch.rand(2, 3, 256, 256, device=next(model.parameters()).device) * 255
    image = image.contiguous(memory_format=torch.channels_last)
    for _ in range(3):
        began = time.perf_counter()
        model(image).sum().backward()
        seconds = time.perf_counter() - began
    model.zero_grad(set_to_none=True)
    return seconds / 2 * (384 / 256) ** 2


class Clock:
    """Rates and time left, from the last hundred steps. Not for measurements."""

    def __init__(self, recipe: recipes.Recipe, step: int) -> None:
        self.recipe = recipe
        self.marks = [(step, time.monotonic())]

    def tick(self, step: int, loss: float, rate: float, delta1: float | None) -> Progress:
        self.marks = [*self.marks[-100:], (step, time.monotonic())]
        (first, began), (last, now) = self.marks[0], self.marks[-1]
        per_step = (now - began) / (last - first)
        area = np.mean([self.recipe.crop_at(s) ** 2 for s in range(first, last)])
        ahead = range(step, self.recipe.steps, max(1, self.recipe.steps // 200))
        later = np.mean([self.recipe.crop_at(s) ** 2 for s in ahead]) / area if ahead else 0.0
        left = (self.recipe.steps - step) * per_step * float(later)
        speed = self.recipe.batch / per_step
        return Progress(step, self.recipe.steps, loss, rate, speed, left, delta1)


@contextmanager
def stop_signals() -> Iterator[list[signal.Signals]]:
    """A list that SIGINT and SIGTERM are noted in, so that the loop can end after its step."""
    seen: list[signal.Signals] = []
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(s, lambda number, frame: seen.append(signal.Signals(number))) for s in signals]
    try:
        yield seen
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
