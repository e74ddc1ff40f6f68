"""What is to be measured, and what came of it: the same for every device."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass

from bench.row import Cloud, Images, Picture, Row, Skipped, Worst
from export import manifest
from export.manifest import Manifest

FAILED = "failed: "


class UsageError(ValueError):
    """Options that do not go together; the message is one line for the user."""


@dataclass(frozen=True)
class Plan:
    """What is measured: models, targets, thread counts, the gate in points, and whether pictures are made."""

    models: tuple[Manifest, ...]
    targets: tuple[str, ...]
    threads: tuple[int, ...]
    max_drop: float
    pictures: bool = False


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
    return Plan(models, tuple(options.target), threads, options.max_drop, bool(options.report))


@dataclass(frozen=True)
class Measured:
    """What was measured of a plan, as a Report takes it."""

    rows: tuple[Row, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    pictures: tuple[Picture, ...] = ()
    worst: tuple[Worst, ...] = ()
    clouds: tuple[Cloud, ...] = ()
    images: tuple[Images, ...] = ()

    def __add__(self, other: Measured) -> Measured:
        return Measured(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))


def failures(skipped: Sequence[Skipped]) -> list[str]:
    """What failed, as opposed to what this machine cannot measure."""
    return [s.why.removeprefix(FAILED) for s in skipped if s.why.startswith(FAILED)]
