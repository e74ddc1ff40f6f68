"""The training loop on one screen, and what it needs around it."""

from __future__ import annotations

import io
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.data import DataLoader

from training import metrics, optimizer, processes, recipes
from training.data.kept import kept
from training.data.mixture import Batch, Places, Stream, loader
from training.data.sample import Kind, Reader
from training.data.shares import divide
from training.data.turns import set_weights
from training.failures import Failures
from training.files import replacing
from training.objectives import OBJECTIVES
from training.panels import Board
from training.progress import Clock, Log, Progress
from training.resample import resize
from training.state import Run, TrainingError, frozen_layers, save

VALIDATION_SIZE, VALIDATION_IMAGES = 384, 100
STEPS_OF_NOTHING = 20
NOTHING = (
    "the loss was exactly 0 for {} steps: '{}' can use none of the images of {} (absolute losses need true "
    "scale, SI losses a known shift); choose other data or another recipe"
)


@dataclass(frozen=True)
class Schedule:
    """When a run stops, saves, validates and shows pictures: minutes None = no limit."""

    minutes: float | None
    checkpoint_minutes: float
    validate_every: int
    panel_minutes: float = 10


@dataclass(frozen=True)
class Outlets:
    """Where a run speaks: report after each step, say for a line of its own, board for pictures."""

    report: Callable[[Progress], None]
    say: Callable[[str], None]
    board: Board | None = None


def train(
    run: Run,
    fabric: Fabric,
    readers: Sequence[Reader],
    held_out: Sequence[Reader],
    out: Path,
    schedule: Schedule,
    workers: int,
    outlets: Outlets,
) -> signal.Signals | None:
    """Train `run` to its end, its time limit or a signal; the signal is returned.

    Checkpoints go to out/last.ckpt: every `checkpoint_minutes`, at a signal, and at the end.
    TrainingError when the loss is not finite, the batch then in out/not_finite.pt; DataError when too
    many samples cannot be read. Of several processes, all call this, and the first writes.
    """
    recipe, first = run.recipe, fabric.is_global_zero
    model, optimizer_ = fabric.setup(
        torch.compile(run.model) if recipe.compiled else run.model, run.optimizer
    )
    sources = sources_of(recipe, readers)
    failures = Failures(sources, run.unreadable)
    clock, timers, stop = Clock(recipe, run.step), Timers(schedule), None
    idle = 0
    training_mode(run)
    with processes.stop_signals() as seen, Log(out / "log.jsonl", run.step, write=first) as log:
        for loaded in batches_of(run, fabric, sources, workers):
            rate = optimizer.set_learning_rate(run.optimizer, recipe, run.step)
            unread = loaded.pop("failed")
            batch = fabric.to_device(loaded)
            prediction, loss = predict(run, model, batch, fabric.global_rank)
            verdict = processes.agree(loss, seen, timers.late(), len(unread))
            if verdict.failed:
                for line in failures.note(processes.gather(unread)):
                    outlets.say(line)
            if not np.isfinite(verdict.loss):
                raise not_finite(run, verdict.loss, batch, out, fabric.global_rank)
            idle = idle + 1 if verdict.loss == 0 else 0
            if idle == STEPS_OF_NOTHING:
                raise TrainingError(NOTHING.format(idle, recipe.loss, ", ".join(r.name for r in readers)))
            improve(run, model, optimizer_, fabric, loss)
            ended = run.step == recipe.steps
            due = first and (ended or run.step % schedule.validate_every == 0)
            delta1 = validate(run, held_out, fabric.device) if due else None
            speed, left = clock.tick(run.step)
            unreadable = len(failures.seen) or None
            done = Progress(run.step, recipe.steps, verdict.loss, rate, speed, left, delta1, unreadable)
            log.write(done)
            tell(outlets, done, timers, batch, prediction)
            stop = verdict.stop
            if ended or verdict.late or stop:
                break
            if first and timers.checkpoint.due():
                save(run, out, [r.name for r in readers])
    if first:
        save(run, out, [r.name for r in readers])
    return stop


def sources_of(recipe: recipes.Recipe, readers: Sequence[Reader]) -> tuple[Reader, ...]:
    """The readers as the recipe uses them."""
    if recipe.shares is None:
        return tuple(readers)
    uts, utss = recipe.shares
    return tuple(divide(reader, uts, utss, recipe.seed) for reader in readers)


def batches_of(run: Run, fabric: Fabric, sources: tuple[Reader, ...], workers: int) -> DataLoader[Batch]:
    """The batches that are left of `run`, this process's part of each."""
    recipe = run.recipe
    sizes = [recipe.crop_at(step) for step in range(recipe.steps)]
    places = Places(run.step, sizes, recipe.batch, fabric.global_rank, fabric.world_size)
    reading = max(1, workers) * processes.on_this_machine()
    weights = set_weights(sources, recipe.balance, dict(recipe.emphasis))
    stream = Stream(kept(sources, reading), recipe.seed, recipe.augmentation, weights)
    return loader(stream, places, workers, pin=fabric.device.type == "cuda")


def predict(run: Run, model: nn.Module, batch: Batch, rank: int) -> tuple[Tensor, Tensor]:
    """Log-disparity, and the loss as the mean over this process's images.

    Drop-connect is drawn from (seed, step, process): the same after a resume, on any device.
    """
    source = np.random.SeedSequence((run.recipe.seed, run.step, rank))
    torch.manual_seed(int(source.generate_state(1)[0]))
    image = batch["image"].float().contiguous(memory_format=torch.channels_last)
    prediction = model(image)
    return prediction.detach(), OBJECTIVES[run.recipe.loss](prediction, batch).mean()


def improve(run: Run, model: nn.Module, optimizer_: Any, fabric: Fabric, loss: Tensor) -> None:
    """One step of the optimizer, and of the moving average."""
    fabric.backward(loss)
    if run.recipe.clip:
        fabric.clip_gradients(model, optimizer_, max_norm=run.recipe.clip)
    optimizer_.step()
    optimizer_.zero_grad(set_to_none=True)
    if run.average is not None:
        run.average.update_parameters(run.model)
    run.step += 1


def not_finite(run: Run, loss: float, batch: Batch, out: Path, rank: int) -> TrainingError:
    """The error to raise; the batch is saved beside the checkpoint, each process its part."""
    path = out / ("not_finite.pt" if rank == 0 else f"not_finite-{rank}.pt")
    content = io.BytesIO()
    torch.save({k: v.cpu() for k, v in batch.items()}, content)
    with replacing(path) as temporary:
        temporary.write_bytes(content.getbuffer())
    return TrainingError(
        f"step {run.step}: the loss is {loss}; the batch is in {path}, the last good state in "
        f"{out / 'last.ckpt'}"
    )


def tell(outlets: Outlets, done: Progress, timers: Timers, batch: Batch, prediction: Tensor) -> None:
    outlets.report(done)
    if outlets.board is not None:
        outlets.board.curves(done)
        if timers.panel.due():
            outlets.board.pictures(done.step, batch, prediction)


def training_mode(run: Run) -> None:
    """Train mode; batch norm stays as it is where the recipe freezes it."""
    run.model.train()
    for layer in frozen_layers(run.recipe, run.model):
        layer.eval()
    for module in FROZEN[run.recipe.freeze_batch_norm](run):
        if isinstance(module, _BatchNorm):
            module.eval()


FROZEN: dict[str, Callable[[Run], Sequence[nn.Module]]] = {
    "none": lambda run: (),
    "encoder": lambda run: tuple(run.model.encoder.modules()),
    "all": lambda run: tuple(run.model.modules()),
}


@torch.no_grad()
def validate(run: Run, held_out: Sequence[Reader], device: torch.device) -> float | None:
    """Mean δ1.25 error (percent) over the held-out images, each stretched to 384×384; at most
    VALIDATION_IMAGES, evenly over the sets. Images of unknown shift have no such error.
    """
    model = run.shipped().eval()
    errors = []
    for reader in held_out:
        count = min(len(reader), max(1, VALIDATION_IMAGES // len(held_out)))
        for index in np.linspace(0, len(reader) - 1, count).astype(int).tolist():
            sample = reader[index]
            if sample.kind is Kind.UTSS:
                continue
            photo = resize(sample.image.astype(np.float32), VALIDATION_SIZE, VALIDATION_SIZE)
            tensor = torch.from_numpy(photo.transpose(2, 0, 1)[None].copy()).to(device)
            output = model(tensor)[0, 0].float().cpu().numpy()
            depth = np.where(sample.valid, 1 / np.maximum(sample.disparity, 1e-9), 0)
            scores = metrics.uts(output, depth.astype(np.float32), sample.valid)
            if scores is not None:
                errors.append(scores["delta1"])
    training_mode(run)
    return float(np.mean(errors)) if errors else None


def fit_to_minutes(recipe: recipes.Recipe, seconds_per_384: float, minutes: float) -> recipes.Recipe:
    """`recipe` with as many steps as `minutes` hold, at `seconds_per_384` a 384×384 image."""
    per_step = recipe.images_384() / recipe.steps * seconds_per_384
    return replace(recipe, steps=max(1, int(60 * minutes / per_step)))


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


class Timer:
    """Due once every so many minutes."""

    def __init__(self, minutes: float, at_once: bool = False) -> None:
        self.seconds = 60 * minutes
        self.last = time.monotonic() - (self.seconds if at_once else 0)

    def due(self) -> bool:
        now = time.monotonic()
        if now - self.last < self.seconds:
            return False
        self.last = now
        return True


class Timers:
    """The clocks of one call of `train`."""

    def __init__(self, schedule: Schedule) -> None:
        self.checkpoint = Timer(schedule.checkpoint_minutes)
        self.panel = Timer(schedule.panel_minutes, at_once=True)
        self.ends = time.monotonic() + 60 * (schedule.minutes or float("inf"))

    def late(self) -> bool:
        return time.monotonic() > self.ends
