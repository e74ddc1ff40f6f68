"""How far a device agrees with this machine: one file, the same input bytes, two sets of raw outputs."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.runners import Runner
from training import metrics

# The middle 98 % of log-disparity span less than 5 %: the file shows one distance everywhere.
CONSTANT = 0.05
Raw = Sequence[NDArray[Any]]
NOT_FINITE = {"within_1_25": 0.0, "within_1_05": 0.0, "shift_drift": inf, "max_abs": inf, "not_finite": 1.0}


def compare(runner: Runner, here: Raw, there: Raw) -> dict[str, float]:
    """The fidelity of a row: `there`, the device's outputs, against `here`; a raw output an image.

    Keys as in rows that compare a file with its float model (means, and the worst image), and
    identical: percent of output values with the same bits · max_abs: log-disparity, before alignment ·
    max_steps: of int8, where the output is.
    """
    images = [
        _of_image(runner.log_disparity(a), runner.log_disparity(b)) for a, b in zip(here, there, strict=True)
    ]
    columns = {name: [image.get(name, 0.0) for image in images] for name in (*NOT_FINITE, "constant")}
    return {
        "within_1_25": float(np.mean(columns["within_1_25"])),
        "within_1_05": float(np.mean(columns["within_1_05"])),
        "within_1_25_worst": min(columns["within_1_25"]),
        "shift_drift": float(np.mean(columns["shift_drift"])),
        "shift_drift_worst": max(columns["shift_drift"]),
        "max_abs": max(columns["max_abs"]),
        "identical": float(np.mean([_identical(a, b) for a, b in zip(here, there, strict=True)])),
        **_steps(here, there),
        "constant_outputs": sum(columns["constant"]),
        "not_finite_outputs": sum(columns["not_finite"]),
        "images": float(len(images)),
    }


def _of_image(here: NDArray[np.float32], there: NDArray[np.float32]) -> dict[str, float]:
    if not (np.isfinite(here).all() and np.isfinite(there).all()):
        return NOT_FINITE
    dead = _constant(there) and not _constant(here)
    return metrics.fidelity(here, there) | {"constant": float(dead)}


def _constant(output: NDArray[np.float32]) -> bool:
    low, high = np.quantile(output, (0.01, 0.99))
    return bool(high - low < CONSTANT)


def _identical(here: NDArray[Any], there: NDArray[Any]) -> float:
    bits = f"u{here.itemsize}"
    return float(100 * np.mean(here.view(bits) == there.view(bits)))


def _steps(here: Raw, there: Raw) -> dict[str, float]:
    if any(output.dtype != np.int8 for output in here):
        return {}
    far = [np.abs(a.astype(int) - b.astype(int)).max() for a, b in zip(here, there, strict=True)]
    return {"max_steps": float(max(far))}
