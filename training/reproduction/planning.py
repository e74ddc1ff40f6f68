"""What fits into a budget: the size of the pictures, and steps that are the same for every row."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from lightning_fabric import Fabric

from training import loop, models, optimizer, preparation, processes, state
from training.command import UsageError
from training.data import readers
from training.data.nyu import Nyu
from training.data.readers import Joined
from training.data.sample import DataError, Kind, Reader
from training.recipes import ABSOLUTE_SETS, RECIPES, UTS_SETS, UTSS_SETS, Recipe
from training.reproduction import testimages
from training.reproduction.studies import Study
from training.reproduction.testimages import TestImages

SIZES = (384, 320, 256, 192, 128, 96)
# Fewer steps than ENOUGH: rather smaller pictures. Fewer than LEAST: no run that is worth a row.
ENOUGH, LEAST = 300, 20
# What the timing of a few steps on a busy machine may be off by.
SHARE_PLANNED = 0.9
# What short runs train well with. The encoder's rate is a tenth: at 4·10⁻⁴ after so short a warm-up the
# deepest ReLU6 of MobileNetV2 died under one of the losses.
SETTINGS: dict[str, Any] = {
    "optimizer": "adamw",
    "learning_rate": 2e-3,
    "encoder_rate": 0.1,
    "weight_decay": 1e-2,
    "schedule": "one_cycle",
    "clip": 1.0,
}
TIMED_STEPS = 4


@dataclass(frozen=True)
class Material:
    """What one recipe trains on here. images: those that its loss and its shares leave."""

    recipe: str
    readers: tuple[Reader, ...]
    images: int


def short(recipe: Recipe, size: int, batch: int, steps: int, seed: int, pretrained: bool) -> Recipe:
    """`recipe` made short: loss, sets and shares stay, the rest is SETTINGS.

    Batch norm of an encoder from ImageNet keeps its statistics: batches are small.
    """
    frozen = "encoder" if pretrained else "none"
    own: dict[str, Any] = {"steps": steps, "batch": batch, "crops": ((0.0, size),), "seed": seed}
    return replace(recipe, **own, **SETTINGS, freeze_batch_norm=frozen)


def search(study: Study, folders: Sequence[Path], given: bool) -> tuple[Reader, ...]:
    """Every set below `folders` that any recipe of the study uses."""
    names = dict.fromkeys(name for recipe in study.recipes for name in RECIPES[recipe].sets or ())
    return readers.search(folders, given, tuple(names)).train


def material(name: str, found: Sequence[Reader]) -> Material:
    """What the recipe `name` uses of the sets found. DataError where a set that it needs is not there."""
    recipe = RECIPES[name]
    chosen = tuple(reader for reader in found if reader.name in (recipe.sets or ()))
    for group in needs(recipe):
        if not set(group) & {reader.name for reader in chosen}:
            where = ", ".join(f"{n} ({readers.READERS[n].published_at})" for n in group)
            raise DataError(f"{name}: none of its sets was found: {where}; name their folder with --data")
    if recipe.loss.startswith("absolute"):
        chosen = tuple(part for reader in chosen if len(part := of_known_scale(reader)))
        if not chosen:
            raise DataError(f"{name}: no image of known scale was found, and its loss needs true scale")
    return Material(name, chosen, sum(map(len, loop.sources_of(recipe, chosen))))


def needs(recipe: Recipe) -> tuple[tuple[str, ...], ...]:
    """Groups of sets, of each of which one must be there."""
    sets = recipe.sets or ()
    return tuple(group for group in (ABSOLUTE_SETS, UTS_SETS, UTSS_SETS) if set(group) <= set(sets))


def of_known_scale(reader: Reader) -> Reader:
    """The images of `reader` whose depth is in metres: NYU's index names some whose scale is a guess."""
    if isinstance(reader, Joined):
        return Joined(tuple(of_known_scale(part) for part in reader.parts))
    if isinstance(reader, Nyu):
        return replace(reader, rows=tuple(row for row in reader.rows if row[1] is Kind.ABSOLUTE))
    return reader


@dataclass(frozen=True)
class Request:
    """What the plan is made for. size, steps: None = what fits. seconds: the budget."""

    materials: tuple[Material, ...]
    seeds: int
    size: int | None
    steps: int | None
    batch: int
    seconds: float
    pretrained: bool
    workers: int


def fit(request: Request, images: TestImages, fabric: Fabric) -> tuple[int, int]:
    """(size, steps): the largest size at which ENOUGH steps fit, and the steps that do.

    A size is judged by what a step costs at the smallest one, then timed itself: small pictures cost more
    than their share, so the guess errs to the safe side. UsageError where not even LEAST steps fit.
    """
    if request.size and request.steps:
        return request.size, request.steps
    size = request.size or _largest(request, images, fabric)
    steps = request.steps or steps_of(request, *_costs(request, images, fabric, size))
    if request.steps is None and steps < LEAST:
        runs = len(request.materials) * request.seeds
        raise UsageError(
            f"--budget {request.seconds / 60:g}: {runs} runs at {size} px get {steps} steps each, and fewer "
            f"than {LEAST} show nothing; give more minutes, or fewer --rows or --seeds"
        )
    return size, steps


def _largest(request: Request, images: TestImages, fabric: Fabric) -> int:
    smallest = SIZES[-1]
    step, scoring = _costs(request, images, fabric, smallest)
    enough = request.steps or ENOUGH
    for size in SIZES:
        area = (size / smallest) ** 2
        if steps_of(request, step * area, scoring * area) >= enough:
            return size
    return smallest


def steps_of(request: Request, step: float, scoring: float) -> int:
    """Steps of each run, where one step of every row together takes `step` seconds, and scoring every row
    once `scoring`; two leading digits, rounded down.
    """
    seconds = SHARE_PLANNED * request.seconds - request.seeds * scoring
    steps = max(0, int(seconds / (request.seeds * step)))
    digit = int(10 ** max(0, len(str(steps)) - 2))
    return steps // digit * digit


def _costs(request: Request, images: TestImages, fabric: Fabric, size: int) -> tuple[float, float]:
    """Seconds of a step of every row together, and of scoring each row once; networks are timed once."""
    first = {RECIPES[m.recipe].model: m for m in reversed(request.materials)}
    timed = {model: costs_of_one(request, m, images, fabric, size) for model, m in first.items()}
    costs = [timed[RECIPES[m.recipe].model] for m in request.materials]
    return sum(step for step, _ in costs), sum(scoring for _, scoring in costs)


def costs_of_one(
    request: Request, material: Material, images: TestImages, fabric: Fabric, size: int
) -> tuple[float, float]:
    """Seconds of a step of one recipe, loader included, and of scoring all test images."""
    recipe = short(RECIPES[material.recipe], size, request.batch, TIMED_STEPS, 0, request.pretrained)
    run = state.start(recipe, preparation.placed(models.build(recipe.model), fabric))
    loop.training_mode(run)
    model, optimizer_ = fabric.setup(run.model, run.optimizer)
    marks = [time.perf_counter()]
    sources = loop.sources_of(recipe, material.readers)
    for loaded in loop.batches_of(run, fabric, sources, request.workers):
        optimizer.set_learning_rate(run.optimizer, recipe, run.step)
        loaded.pop("failed")
        _, loss = loop.predict(run, model, fabric.to_device(loaded), 0)
        processes.agree(loss, (), late=False, failed=0)
        loop.improve(run, model, optimizer_, fabric, loss)
        marks.append(time.perf_counter())
    few = replace(images, reader=replace(images.reader, rows=images.reader.rows[:TIMED_STEPS]))
    began = time.perf_counter()
    testimages.score(run.shipped().eval(), fabric.device, few, size)
    scoring = (time.perf_counter() - began) / len(few.reader) * len(images.reader)
    return median(after - before for before, after in pairwise(marks[1:])), scoring
