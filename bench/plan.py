"""What is to be measured, and what came of it: the same for every device."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.row import Cloud, Images, Picture, Report, Row, Skipped, Worst
from export import manifest
from export.manifest import Manifest

FAILED = "failed: "
NEXT = "what would have come next"
INTERRUPTED = Skipped(NEXT, "interrupted")  # by Ctrl-C; a device's own words never make it


class UsageError(ValueError):
    """Options that do not go together; the message is one line for the user."""


@dataclass(frozen=True)
class Remote:
    """What only other devices are asked for. address: serial or host, "" where there is but one.

    threads, delegates: () for the device's own choice · binary: LiteRT's benchmark_model, a path or
    `https://…#sha256=…` · python: the interpreter on a board · images: of each set, 0 for all.
    """

    address: str = ""
    threads: tuple[int, ...] = ()
    delegates: tuple[str, ...] = ()
    sustained_minutes: float = 0.0
    binary: str | None = None
    python: str = "python3"
    images: int = 0


@dataclass(frozen=True)
class Plan:
    """What is measured: models, targets, thread counts, the gate in points, and whether pictures are made."""

    models: tuple[Manifest, ...]
    targets: tuple[str, ...]
    threads: tuple[int, ...]
    max_drop: float
    pictures: bool = False
    remote: Remote = Remote()


def planned(options: argparse.Namespace) -> Plan:
    """Check the options and read the manifests. ArtifactError, UsageError with one line."""
    cores = os.cpu_count() or 1
    threads = tuple(dict.fromkeys(options.threads or (1, min(4, cores))))
    if min(threads) < 1:
        raise UsageError(f"--threads {min(threads)}: at least 1")
    names = [name for group in options.model or [] for name in group]
    if names:
        folders = [options.artifacts / name for name in names]
    else:
        folders = sorted(path.parent for path in options.artifacts.glob(f"*/{manifest.NAME}"))
    if not folders:
        raise manifest.ArtifactError(f"{options.artifacts}: no artifacts; python -m export.all writes them")
    models = tuple(map(manifest.read, folders))
    return Plan(
        models, tuple(options.target), threads, options.max_drop, bool(options.report), remote(options)
    )


def remote(options: argparse.Namespace) -> Remote:
    """UsageError where figures make no sense."""
    for option in ("sustained", "images"):
        if (value := getattr(options, option)) is not None and not 0 < value < 100_000:
            raise UsageError(f"--{option} {value:g}: more than 0")
    return Remote(
        address=options.device.partition(":")[2],
        threads=tuple(dict.fromkeys(options.threads or ())),
        delegates=tuple(dict.fromkeys(name for group in options.delegate or () for name in group)),
        sustained_minutes=options.sustained or 0.0,
        binary=options.benchmark_binary,
        python=options.remote_python or "python3",
        images=options.images or 0,
    )


@dataclass(frozen=True)
class Measured:
    """What was measured of a plan, as a Report takes it. machine: of the device, unless it is this one."""

    rows: tuple[Row, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    pictures: tuple[Picture, ...] = ()
    worst: tuple[Worst, ...] = ()
    clouds: tuple[Cloud, ...] = ()
    images: tuple[Images, ...] = ()
    machine: tuple[tuple[str, Any], ...] = ()

    def __add__(self, other: Measured) -> Measured:
        return Measured(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    def report(self, this_machine: Mapping[str, Any]) -> Report:
        values = {key: value for key, value in vars(self).items() if key != "machine"}
        return Report(dict(self.machine) or this_machine, **values)


def row(model: Manifest, names: tuple[str, str], path: Path, **measured: Any) -> Row:
    """A row of a model's file; names: target and variant; measured: the fields that a device fills."""
    return Row(
        model=model.name,
        target=names[0],
        variant=names[1],
        file=path.name,
        size_bytes=manifest.size(path),
        params=model.params,
        madds=model.madds,
        madds_by_layer=model.madds_by_layer,
        **measured,
    )


def failures(skipped: Sequence[Skipped]) -> list[str]:
    """What failed, as opposed to what this machine cannot measure."""
    return [s.why.removeprefix(FAILED) for s in skipped if s.why.startswith(FAILED)]
