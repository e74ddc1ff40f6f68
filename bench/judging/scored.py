"""Scores of files on sets: predict to disk, then score from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.judging import predictions, scoring, worst
from bench.judging.ahead import ahead
from bench.judging.judge import words
from bench.judging.predictions import Store
from bench.judging.protocol import Protocol
from bench.judging.subjects import Subject
from bench.plan import Measured, UsageError
from bench.row import Accuracy, Images, Row, Worst
from bench.testsets import TESTSETS, TestSet
from bench.testsets.shot import Shots, checked_size
from export import manifest

PAIRS = "whdr"
Columns = dict[str, NDArray[np.float64]]
# What is done, of how many images, how many are.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Plan:
    """against: the file that the others are compared with, image by image; pictures: of how many of the
    worst images of each set.
    """

    subjects: tuple[Subject, ...]
    against: Path | None
    cache: Path
    batch: int
    cap_m: float | None
    pictures: int


@dataclass(frozen=True)
class Predicted:
    """One file on one set."""

    subject: Subject
    protocol: Protocol
    test_set: TestSet
    shots: Shots
    store: Store
    columns: Columns


def measure(
    plan: Plan, sets: Mapping[str, Shots], progress: Progress, say: Callable[[str], None]
) -> Measured:
    """A row a file, figures of every image, and pictures of the worst."""
    if plan.against and plan.against not in [s.path for s in plan.subjects]:
        raise UsageError(f"--against {plan.against}: is none of the files given")
    predicted = [list(_predicted(subject, plan, sets, progress, say)) for subject in plan.subjects]
    beside = next((of for of in predicted if of and of[0].subject.path == plan.against), [])
    rows = [_row(of, beside) for of in predicted if of]
    images = [_images(p) for of in predicted for p in of]
    return Measured(tuple(rows), images=tuple(images), worst=tuple(_worst(predicted, plan.pictures)))


def _images(of: Predicted) -> Images:
    subject, shots = of.subject, of.shots
    return Images(subject.model, subject.path.name, of.test_set.name, shots.names, shots.groups, of.columns)


def _predicted(
    subject: Subject,
    plan: Plan,
    sets: Mapping[str, Shots],
    progress: Progress,
    say: Callable[[str], None],
) -> Iterator[Predicted]:
    runner, protocol = subject.load()
    sha256 = manifest.digest(subject.path)
    for name, shots in sets.items():
        test_set = TESTSETS[name]
        if not test_set.metric:
            continue
        what = f"{subject.path.name} on {name}"
        store = predictions.opened(plan.cache, sha256, protocol, subject.how, name, shots)
        pairs, batch = test_set.metric == PAIRS, plan.batch if subject.takes_batches else 1
        shown = partial(progress, what, len(shots))
        done = predictions.predict(runner, protocol, shots, store, pairs, batch, shown)
        say(f"{what}: {_pace(done, len(shots))}")
        if name == "folder" and plan.cap_m:
            test_set = replace(test_set, cap_m=plan.cap_m)
        columns = _columns(store, shots, test_set, subject.utss_alone)
        yield Predicted(subject, protocol, test_set, shots, store, columns)


def _pace(done: predictions.Pass, images: int) -> str:
    if not done.images:
        return f"{images} images, all predicted before"
    share = 100 * done.busy_seconds / done.seconds
    rate = done.images / done.seconds
    return f"{done.images} images predicted, {rate:.1f}/s, network busy {share:.0f} % of {done.seconds:.1f} s"


def _columns(store: Store, shots: Shots, test_set: TestSet, utss_alone: bool) -> Columns:
    """Metric → a figure an image."""
    if test_set.metric == PAIRS:
        columns = _ordinal(store, shots)
    else:
        figures = list(ahead(lambda i: _figures(store, shots, test_set, i), range(len(shots)), workers=2))
        columns = {name: np.array([one.get(name, np.nan) for one in figures]) for name in _names(figures)}
    if not utss_alone:
        return columns
    return {m: v for m, v in columns.items() if m not in (*scoring.UTS, PAIRS)}


def _names(figures: Sequence[Mapping[str, float]]) -> list[str]:
    return list(dict.fromkeys(name for one in figures for name in one))


def _figures(store: Store, shots: Shots, test_set: TestSet, index: int) -> dict[str, float]:
    entry, truth = store.entries[index], shots.truth(index)
    checked_size(shots.place(index), truth, entry.height, entry.width)
    return scoring.figures(store.output(index), truth, test_set.cap_m) if truth else {}


def _ordinal(store: Store, shots: Shots) -> Columns:
    columns = {name: np.full(len(shots), np.nan) for name in (PAIRS, f"utss_{PAIRS}")}
    for index in range(len(shots)):
        values, truth = store.entries[index].values, shots.truth(index)
        if values and truth and truth.pair and np.isfinite(values).all():
            for name, value in scoring.ordinal(values, truth.pair.relation).items():
                columns[name][index] = value
    return columns


def _row(of: Sequence[Predicted], beside: Sequence[Predicted]) -> Row:
    subject = of[0].subject
    accuracy = {}
    for p in of:
        float_columns = next((b.columns for b in beside if b.test_set.name == p.test_set.name), None)
        compared = float_columns if beside and beside[0].subject is not subject else None
        found = scoring.scores(p.columns, compared, p.shots.groups, p.test_set.by_scene)
        seen = p.test_set.seen_by(subject.trained_on)
        extra = f", {subject.how}" if subject.how else ""
        accuracy[p.test_set.name] = Accuracy(words(p.protocol, p.test_set) + extra, found, seen)
    return Row(
        model=subject.model,
        target=subject.target,
        variant=subject.variant,
        file=subject.path.name,
        size_bytes=manifest.size(subject.path),
        device="host",
        delegate="",
        threads=0,
        params=subject.params,
        madds=subject.madds,
        accuracy=accuracy,
    )


def _worst(predicted: Sequence[Sequence[Predicted]], count: int) -> Iterator[Worst]:
    """The worst images of the first file that a set was scored for, through all files of its model."""
    by_set: dict[tuple[str, str], list[Predicted]] = {}
    for of in predicted:
        for p in of:
            by_set.setdefault((p.subject.model, p.test_set.name), []).append(p)
    for (model, name), group in by_set.items():
        if not count or TESTSETS[name].metric == PAIRS:
            continue
        first = group[0]
        for index in worst.indices(first.columns, first.test_set.metric, count):
            errors = [{m: float(v[index]) for m, v in p.columns.items()} for p in group]
            outputs = [p.store.output(index) for p in group]
            variants = [f"{p.subject.target} {p.subject.variant}".strip() for p in group]
            shown = worst.Shown(name, first.shots, index, model, first.test_set.cap_m)
            yield worst.picture(shown, list(zip(variants, outputs, errors, strict=True)))
