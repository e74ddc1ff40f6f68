"""One artifact folder: convert, judge, and only then put in its place."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from export import golden, manifest, runners, verify
from export.calibration import Calibration
from export.fit import to_network
from export.manifest import ArtifactError, Fit
from export.runners import RunnerError
from export.target import KNOWN, Source, Target, Variant
from training import __version__, models
from training.files import replacing_folder
from training.models import madds, weights
from training.models.lrn import LrnDepth

DEPENDENCIES = ("torch", "timm", "torchvision", "onnx", "litert-torch", "litert-quantizer",
                "ai-edge-litert", "coremltools")  # fmt: skip


@dataclass(frozen=True)
class Job:
    """One model at one size."""

    weights: Path
    height: int
    width: int
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Outcome:
    """One file: accepted (problem None), or refused with the reason.

    max_abs, within_1_25: against PyTorch on the golden images; None where there was no file to run.
    """

    model: str
    role: str
    path: Path
    size_bytes: int
    seconds: float
    max_abs: float | None
    within_1_25: float | None
    shift_drift: float | None
    problem: str | None


@dataclass(frozen=True)
class Golden:
    """Photos at network size (RGB uint8), and PyTorch's log-disparity of each."""

    images: list[NDArray[np.uint8]]
    references: list[NDArray[np.float32]]


def described(job: Job, fit: Fit) -> tuple[LrnDepth, dict[str, Any]]:
    """The network in eval mode, and its model.json without `files`."""
    model = models.load(job.weights)
    facts = weights.facts(job.weights, model)
    versions = {"plumb-depth": __version__} | {d: importlib.metadata.version(d) for d in DEPENDENCIES}
    sides = {"height": job.height, "width": job.width}
    return model, {
        "format": manifest.FORMAT,
        "name": facts.name,
        "title": models.ENCODERS[facts.name].title,
        "version": weights.fingerprint(model),
        "input": {**sides, "channels": "RGB", "range": [0, 255], "fit": asdict(fit) | {"pad": list(fit.pad)}},
        "output": {"kind": "log_disparity", **sides},
        "params": madds.parameters(model),
        "madds": madds.count(model, job.height, job.width),
        "madds_by_layer": madds.by_layer_type(model, job.height, job.width),
        "licence": facts.licence,
        "trained_on": list(facts.trained_on),
        "exporter": {"versions": versions},
    }


def export(
    job: Job,
    model: LrnDepth,
    description: dict[str, Any],
    calibration: Calibration,
    fit: Fit,
    out: Path,
    say: Callable[[str], None],
) -> list[Outcome]:
    """Write one artifact folder; files past their tolerance are left out of it.

    Files of other targets that an earlier export of the same weights left there are kept.
    """
    suffix = "" if (job.height, job.width) == manifest.DEFAULT_SIZE else f"@{job.height}x{job.width}"
    folder = out / f"{description['name']}{suffix}"
    pairs = golden_pairs(model, job, fit)
    source = Source(model, job.height, job.width, description, calibration.images)
    outcomes: list[Outcome] = []
    files: dict[str, Any] = {}
    with replacing_folder(folder) as staging:
        for target in job.targets:
            say(f"{description['name']} {job.height}x{job.width}: {target.title} …")
            for outcome, entry in converted(target, source, staging, pairs):
                outcomes.append(Outcome(**{**vars(outcome), "path": folder / outcome.path.name}))
                files |= {outcome.role: entry} if entry else {}
        files |= carried_over(folder, staging, description["version"], job.targets)
        golden.write(staging / "golden", pairs.images[0], pairs.references[0], list(files))
        _write_json(staging / "calibration.json", calibration.record)
        _write_json(staging / manifest.NAME, {**description, "files": files})
        manifest.read(staging)
    return outcomes


def golden_pairs(model: LrnDepth, job: Job, fit: Fit) -> Golden:
    images = [to_network(photo, job.height, job.width, fit) for photo in golden.photos(job.height, job.width)]
    tensors = [torch.from_numpy(i).permute(2, 0, 1)[None].float() for i in images]
    with torch.no_grad():
        return Golden(images, [model(tensor)[0, 0].numpy() for tensor in tensors])


def converted(
    target: Target, source: Source, staging: Path, pairs: Golden
) -> list[tuple[Outcome, dict[str, Any] | None]]:
    """Each file of a target with its entry in model.json; refused ones have none and are deleted."""
    began = time.monotonic()
    problem = None
    try:
        roles = [variant.role for variant in target.variants]
        importlib.import_module(target.convert).convert(source, staging, roles)
    except ArtifactError as error:
        problem = str(error)
    seconds = (time.monotonic() - began) / len(target.variants)
    results = []
    for variant in target.variants:
        path = staging / variant.file
        if path.exists():
            results.append(judged(variant, source, path, pairs, seconds))
        else:
            missing = (None, None, None, problem or "was not written")
            results.append((_outcome(source, variant, path, 0, seconds, *missing), None))
    return results


def judged(
    variant: Variant, source: Source, path: Path, pairs: Golden, seconds: float
) -> tuple[Outcome, dict[str, Any] | None]:
    size_bytes = manifest.size(path)
    try:
        runner = runners.load(path)
        verdict = verify.judge(runner, pairs.images, pairs.references, variant.tolerance)
    except RunnerError as error:  # a package for a newer system than this Mac's, say
        remove(path)
        return _outcome(source, variant, path, size_bytes, seconds, None, None, None, str(error)), None
    outcome = _outcome(
        source, variant, path, size_bytes, seconds,
        verdict.max_abs, verdict.within_1_25, verdict.shift_drift, verdict.problem,
    )  # fmt: skip
    if verdict.problem:
        remove(path)
        return outcome, None
    return outcome, {
        "path": path.name,
        "sha256": manifest.digest(path),
        "size_bytes": size_bytes,
        "input": dict(runner.input),
        "output": dict(runner.output),
    }


def carried_over(folder: Path, staging: Path, version: str, targets: Sequence[Target]) -> dict[str, Any]:
    """Entries of files of other targets in the old folder, copied, where the weights are the same."""
    try:
        old = manifest.read(folder)
    except ArtifactError:
        return {}
    anew = {variant.role for target in targets for variant in target.variants}
    kept = [role for role in old.files if role in KNOWN and role not in anew]
    if old.version != version or not kept:
        return {}
    entries = json.loads((folder / manifest.NAME).read_text(encoding="utf-8"))["files"]
    for role in kept:
        path = old.file(role)
        copy = shutil.copytree if path.is_dir() else shutil.copy2
        copy(path, staging / path.name)
    return {role: entries[role] for role in kept}


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _outcome(source: Source, variant: Variant, path: Path, *figures: Any) -> Outcome:
    return Outcome(str(source.metadata["name"]), variant.role, path, *figures)


def _write_json(path: Path, values: Any) -> None:
    path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
