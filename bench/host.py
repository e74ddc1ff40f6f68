"""Measuring exported files on this machine: plan, accuracy, latency, rows."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from bench import latency, mac, showcase
from bench.files import write_text
from bench.judging.judge import Judged, judge
from bench.judging.protocol import Protocol
from bench.latency import DeviceError
from bench.plan import FAILED, Measured, Plan, row
from bench.row import Images, Report, Row, Skipped
from bench.testsets import TESTSETS
from bench.testsets.shot import Shots
from export import manifest, runners
from export.fit import to_network, to_photo
from export.manifest import Manifest
from export.runners import Runner, RunnerError, coreml
from export.target import KNOWN, TARGETS

# Whose figures stand for "the float model", in this order of preference.
FLOAT_ROLES = ("tflite_float32", "onnx", "torch")
# The role whose accuracy goes into model.json: the file to ship.
RECORDED_ROLES = ("tflite_int8", "tflite_float32", "onnx", "torch", "coreml")
FEWEST_GATED = 10
PHOTO_SIZE = (480, 640)


def measure(plan: Plan, sets: Mapping[str, Shots], say: Callable[[str], None]) -> Measured:
    """Every file of the plan; what could not be measured is in `skipped`, with the reason."""
    total = Measured()
    for model in plan.models:
        files, missing = _files(model, plan.targets)
        total += Measured(skipped=tuple(missing))
        if files:
            total += _measured(plan, model, files, sets, say)
    return total


def _measured(
    plan: Plan,
    model: Manifest,
    files: Mapping[str, Path],
    sets: Mapping[str, Shots],
    say: Callable[[str], None],
) -> Measured:
    """One model: accuracy of all its files together, then the latency of each."""
    loaded, skipped = _loaded(model, files)
    files = {role: path for role, path in files.items() if not {role, *mac.keys(role)}.isdisjoint(loaded)}
    if not files:
        return Measured(skipped=tuple(skipped))
    reference = next((role for role in FLOAT_ROLES if role in loaded), None)
    protocol = Protocol(model.height, model.width, model.fit)
    say(f"{model.title}: accuracy")
    judged = judge(loaded, reference, protocol, model.trained_on, sets, say)
    say(f"{model.title}: latency")
    rows: list[Row] = []
    for role, path in files.items():
        ways = [key for key in loaded if key in (role, *mac.keys(role))]
        both = {key: (loaded[key], judged[key]) for key in ways}
        timed, failed = _rows(plan, model, role, path, both)
        rows += timed
        skipped += failed
    images = tuple(
        Images(model.name, path.name, name, sets[name].names, sets[name].groups, columns)
        for role, path in files.items()
        if role in judged
        for name, columns in judged[role].columns.items()
    )
    measured = Measured(tuple(rows), tuple(skipped), images=images)
    if not plan.pictures:
        return measured
    shown = [role for role in files if role in loaded]
    order = {role: loaded[role] for role in dict.fromkeys((*([reference] if reference else []), *shown))}
    of = showcase.Judges(model, order, judged, {role: " ".join(_names(role)) for role in order})
    return measured + Measured(**vars(showcase.shown(of, tuple(shown), sets)))


def record(plan: Plan, report: Report) -> None:
    """Put set → metric → value into the model.json of each model measured."""
    for model in plan.models:
        by_role = {_role(r): r for r in reversed(report.rows) if r.model == model.name and r.accuracy}
        chosen = next((by_role[role] for role in RECORDED_ROLES if role in by_role), None)
        if chosen is None:
            continue
        path = model.folder / manifest.NAME
        values = json.loads(path.read_text(encoding="utf-8"))
        values["accuracy"] = {
            name: {metric: round(score.value, 4) for metric, score in accuracy.scores.items()}
            for name, accuracy in chosen.accuracy.items()
        }
        write_text(path, json.dumps(values, indent=1) + "\n")


def _role(of: Row) -> str:
    found = (role for role, v in KNOWN.items() if (v.target, v.variant) == (of.target, of.variant))
    return next(found, of.target)


def _files(model: Manifest, targets: Sequence[str]) -> tuple[dict[str, Path], list[Skipped]]:
    """role → file of each target asked for; and of the float model, for comparison's sake."""
    files: dict[str, Path] = {}
    skipped = []
    for name in targets:
        if name == "torch":
            path, why = _checkpoint(model)
            files |= {"torch": path} if path else {}
            skipped += [Skipped(f"{model.name}: torch", why)] if why else []
            continue
        for variant in TARGETS[name].every():
            if variant.role in model.files:
                files[variant.role] = model.file(variant.role)
            elif variant in TARGETS[name].variants:
                skipped.append(Skipped(f"{model.name}: {variant.file}", f"not in {model.folder}"))
    return files, skipped


def _checkpoint(model: Manifest) -> tuple[Path | None, str]:
    """The shipped weights, where they are the ones that the artifacts were made from."""
    from training import models
    from training.models.weights import fingerprint

    try:
        path = models.shipped(model.name)
    except models.ModelError as error:
        return None, str(error)
    assert path is not None
    if (version := fingerprint(models.load(path))) != model.version:
        return None, f"the artifacts hold version {model.version}, the shipped weights are {version}"
    return path, ""


def _loaded(model: Manifest, files: Mapping[str, Path]) -> tuple[dict[str, Runner], list[Skipped]]:
    """Runners with all cores for the accuracy; the float model beside them, also when not asked for. And what
    did not load, such as a package for a newer system.

    On a Mac a .mlpackage is there on all compute units, and through the evaluator: keys of bench.mac.
    """
    cores = os.cpu_count() or 1
    wanted = dict(files)
    if not any(role in wanted for role in FLOAT_ROLES):
        role = next((role for role in FLOAT_ROLES if role in model.files), None)
        wanted |= {role: model.file(role)} if role else {}
    ways: dict[str, Callable[[], Runner]] = {
        role: partial(runners.load, path, cores) for role, path in wanted.items()
    }
    for role, path in files.items() if coreml.ON_A_MAC else ():
        ways |= mac.beside(role, path, cores)
    loaded: dict[str, Runner] = {}
    skipped = []
    for key, load in ways.items():
        try:
            loaded[key] = load()
        except RunnerError as error:
            skipped.append(Skipped(f"{model.name}: {key}", f"{FAILED}{error}"))
    return loaded, skipped


def _rows(
    plan: Plan, model: Manifest, role: str, path: Path, ways: Mapping[str, tuple[Runner, Judged]]
) -> tuple[list[Row], list[Skipped]]:
    """A row for each number of threads, or way of a Mac; one without latency where this machine cannot time
    the file.
    """
    names = _names(role)
    blanks = {key: _blank(plan, model, names, path, *way) for key, way in ways.items()}
    what = f"{model.name}: latency of {path.name}"
    if names[0] == mac.TARGET and not coreml.ON_A_MAC:
        why = "Core ML runs on a Mac or an iPhone; here its program is evaluated for accuracy alone"
        return [replace(blanks[role], threads=1)], [Skipped(what, why)]
    if names[0] == mac.TARGET:
        return _mac_rows(model, path, {key: (blanks[key], way[0]) for key, way in ways.items()})
    try:
        return [_timed(blanks[role], path, model, ways[role][0], threads) for threads in plan.threads], []
    except DeviceError as error:
        return [replace(blanks[role], threads=plan.threads[0])], [Skipped(what, f"{FAILED}{error}")]


def _blank(
    plan: Plan, model: Manifest, names: tuple[str, str], path: Path, runner: Runner, judged: Judged
) -> Row:
    """All but the latency."""
    verdict, reason = gate(judged, plan.max_drop)
    return row(
        model,
        names,
        path,
        device="host",
        delegate=runner.delegate,
        threads=0,
        accuracy=judged.accuracy,
        fidelity=judged.fidelity,
        planes=judged.planes,
        gate=verdict,
        gate_reason=reason,
    )


def _mac_rows(
    model: Manifest, path: Path, ways: Mapping[str, tuple[Row, Runner]]
) -> tuple[list[Row], list[Skipped]]:
    """Core ML takes no number of threads: a row for each set of compute units, and the evaluator's."""
    rows, skipped = [], []
    for blank, runner in ways.values():
        made, what = replace(blank, threads=1), f"{model.name}: {path.name} on {blank.delegate}"
        try:
            if isinstance(runner, coreml.CoreMLRunner):
                made = _timed(made, path, model, runner, 1, runner.delegate)
                made = replace(made, placements=mac.placements(runner.model, runner.delegate))
        except DeviceError as error:
            skipped.append(Skipped(what, f"{FAILED}{error}"))
        except RunnerError as error:  # older systems have no plan to tell
            skipped.append(Skipped(f"what runs where: {what}", str(error)))
        rows.append(made)
    return rows, skipped


def _names(role: str) -> tuple[str, str]:
    """Target and variant; `torch` is no exported file and has no row in the table."""
    return (KNOWN[role].target, KNOWN[role].variant) if role in KNOWN else (role, "float32")


def _timed(blank: Row, path: Path, model: Manifest, runner: Runner, threads: int, units: str = "") -> Row:
    timing = latency.measure(path, threads, model.height, model.width, units)
    prepare_ms, finish_ms = _around(runner, model)
    return replace(blank, threads=threads, timing=replace(timing, prepare_ms=prepare_ms, finish_ms=finish_ms))


def _around(runner: Runner, model: Manifest, runs: int = 11) -> tuple[float, float]:
    """Median ms of photo → input tensor and of output tensor → photo, for a 640×480 photo."""
    photo = np.random.default_rng(0).integers(0, 256, (*PHOTO_SIZE, 3), dtype=np.uint8)
    tensor = runner.tensor(to_network(photo, model.height, model.width, model.fit))
    raw = runner.predict(tensor)
    before, after = [], []
    for _ in range(runs):
        began = time.perf_counter()
        runner.tensor(to_network(photo, model.height, model.width, model.fit))
        middle = time.perf_counter()
        to_photo(runner.log_disparity(raw), *PHOTO_SIZE, model.fit)
        before.append(middle - began)
        after.append(time.perf_counter() - middle)
    return 1000 * float(np.median(before)), 1000 * float(np.median(after))


def gate(judged: Judged, max_drop: float) -> tuple[str, str | None]:
    """Whether the file lost more than max_drop points of the headline metric on any set."""
    fidelity = judged.fidelity
    if fidelity is not None:
        broken = int(fidelity["not_finite_outputs"] + fidelity["constant_outputs"])
        if broken:
            return "fail", f"{broken} outputs are constant or not finite"
    drops = _drops(judged)
    for name, drop in drops.items():
        if drop > max_drop:
            return "fail", f"{name}: {drop:+.2f} points, more than {max_drop:g}"
    return ("pass" if drops else "none"), None


def _drops(judged: Judged) -> dict[str, float]:
    """Set → points lost in its headline metric, of the sets with FEWEST_GATED images; of all sets where
    none has so many: a point more or less on a single photo is chance.
    """
    scores = {name: of.scores.get(TESTSETS[name].metric) for name, of in judged.accuracy.items()}
    known = {name: s for name, s in scores.items() if s is not None and s.drop is not None}
    large = {name: s for name, s in known.items() if s.images >= FEWEST_GATED}
    return {name: s.drop for name, s in (large or known).items() if s.drop is not None}
