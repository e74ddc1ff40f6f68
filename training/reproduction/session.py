"""One call of the command: its plan, new or kept, and the trials that are still to do."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from signal import Signals

import torch

from training.command import UsageError
from training.data.sample import Reader
from training.files import replacing
from training.reproduction import planning, plot, results, table, trials
from training.reproduction.planning import Material, Request
from training.reproduction.results import Plan, Results
from training.reproduction.studies import Study
from training.reproduction.trials import Bench


@dataclass(frozen=True)
class Files:
    """Where a study is written."""

    results: Path
    table: Path
    plot: Path


def files_of(study: Study, out: Path) -> Files:
    return Files(out / f"{study.name}.json", out / f"{study.name}.md", out / f"{study.name}.png")


@dataclass(frozen=True)
class Ended:
    """What came of a call. left: trials that are not finished. stopped: the signal that ended it."""

    results: Results
    left: int
    stopped: Signals | None


def opened(study: Study, request: Request, found: Sequence[Reader], bench: Bench, files: Files) -> Results:
    """The results so far; where there are none, the plan, which is then on disk."""
    sets = {reader.name: len(reader) for reader in found}
    here = results.read(files.results, study.name)
    if here is not None:
        agree(request, here.plan, sets, bench, files)
        return here
    encoder = fingerprint(bench.encoder)
    torch.manual_seed(0)
    size, steps = planning.fit(request, bench.images, bench.fabric)
    bench.say(f"planned: {size} px, {steps:,} steps for each run, the same for every row")
    images = bench.images
    plan = Plan(
        study.name, size, request.batch, steps, encoder, planning.SETTINGS, sets, images.names, images.scenes
    )
    results.write(files.results, Results(plan))
    return Results(plan)


def agree(request: Request, plan: Plan, sets: dict[str, int], bench: Bench, files: Files) -> None:
    """UsageError where this call would train or score otherwise than the trials that are there."""
    for name, wanted in (("size", request.size), ("steps", request.steps), ("batch", request.batch)):
        if wanted not in (None, getattr(plan, name)):
            raise UsageError(
                f"--{name} {wanted}: {files.results} was planned with {getattr(plan, name)}; give that, or "
                "another --out"
            )
    for what, before, now in (
        ("encoder began from", plan.encoder, fingerprint(bench.encoder)),
        ("settings were", str(plan.settings), str(planning.SETTINGS)),
        ("training sets were", _counted(plan.sets), _counted(sets)),
        ("test images were", " ".join(plan.tests), " ".join(bench.images.names)),
    ):
        if before != now:
            raise UsageError(
                f"{files.results}: its {what} {before[:80]}, now {now[:80]}; give the same, or another --out"
            )


def carry_out(
    study: Study,
    materials: Sequence[Material],
    seeds: int,
    here: Results,
    bench: Bench,
    files: Files,
    ends: float,
) -> Ended:
    """The trials that are still to do, seed by seed, until `ends` (time.monotonic). Each is in the result
    file, the table and the plot as soon as it is finished.
    """
    to_do = [(m, s) for s, m in product(range(seeds), materials) if (m.recipe, s) not in here.done()]
    for number, (material, seed) in enumerate(to_do):
        minutes = (ends - time.monotonic()) / 60
        if minutes <= 0:
            return Ended(here, len(to_do) - number, None)
        bench.say(f"{number + 1} of {len(to_do)}: {material.recipe}, seed {seed}, {material.images:,} images")
        done = trials.attempt(bench, here.plan, material, seed, minutes)
        if not isinstance(done, results.Trial):
            return Ended(here, len(to_do) - number, done)
        here = here.having(done)
        publish(study, here, files)
        trials.forget(bench, done)
    return Ended(here, 0, None)


def publish(study: Study, here: Results, files: Files) -> None:
    """Result file first: table and plot can be made of it at any time."""
    results.write(files.results, here)
    with replacing(files.table) as temporary:
        temporary.write_text(table.markdown(study, here), encoding="utf-8")
    plot.write(files.plot, study, here)


def fingerprint(encoder: Path | None) -> str:
    """What stands in the plan: name and start of the file's SHA-256, no place on this machine."""
    if encoder is None:
        return "random weights"
    if encoder == Path("imagenet"):
        return "ImageNet weights"
    return f"{encoder.name} (SHA-256 {hashlib.sha256(encoder.read_bytes()).hexdigest()[:12]})"


def _counted(sets: dict[str, int]) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in sets.items())
