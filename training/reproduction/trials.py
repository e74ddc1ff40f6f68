"""One recipe with one seed: trained, resumed where it was left, scored."""

from __future__ import annotations

import shutil
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

from lightning_fabric import Fabric

from training import loop, preparation
from training.command import UsageError
from training.progress import Progress
from training.recipes import RECIPES
from training.reproduction import testimages
from training.reproduction.planning import Material, short
from training.reproduction.results import Plan, Trial
from training.reproduction.testimages import TestImages

CHECKPOINT_MINUTES = 1.0


@dataclass(frozen=True)
class Bench:
    """What all trials share. encoder: its weights, Path("imagenet") to download them, None = random.
    unfinished: where the checkpoints of started trials lie.
    """

    images: TestImages
    fabric: Fabric
    encoder: Path | None
    unfinished: Path
    workers: int
    report: Callable[[Progress], None]
    say: Callable[[str], None]


def attempt(
    bench: Bench, plan: Plan, material: Material, seed: int, minutes: float
) -> Trial | Signals | None:
    """The finished trial; a signal that ended it, or None where the minutes did: then its checkpoint lies
    under `unfinished`, and the next attempt goes on from there.
    """
    recipe = short(
        RECIPES[material.recipe], plan.size, plan.batch, plan.steps, seed, bench.encoder is not None
    )
    out = bench.unfinished / f"{recipe.name}-seed{seed}"
    started = out / "last.ckpt"
    options = Namespace(
        recipe=recipe.name, weights=None, encoder_weights=bench.encoder, minutes=None, steps=plan.steps,
        compile=False, resume=Path("last.ckpt") if started.exists() else None,
    )  # fmt: skip
    names = [reader.name for reader in material.readers]
    run = preparation.prepare(options, recipe, names, out, bench.fabric, lambda text: None)
    if run.recipe != recipe:
        raise UsageError(
            f"{started}: belongs to another plan than the result file; delete {bench.unfinished}"
        )
    schedule = loop.Schedule(minutes, CHECKPOINT_MINUTES, validate_every=plan.steps)
    outlets = loop.Outlets(bench.report, bench.say)
    stopped = loop.train(run, bench.fabric, material.readers, (), out, schedule, bench.workers, outlets)
    if run.step < plan.steps:
        return stopped
    scores = testimages.score(run.shipped().eval(), bench.fabric.device, bench.images, plan.size)
    return Trial(recipe.name, seed, material.images, scores)


def forget(bench: Bench, trial: Trial) -> None:
    """Delete the checkpoint of a trial whose row is in the result file."""
    shutil.rmtree(bench.unfinished / f"{trial.recipe}-seed{trial.seed}", ignore_errors=True)
    if bench.unfinished.is_dir() and not any(bench.unfinished.iterdir()):
        bench.unfinished.rmdir()
