"""How far outputs are from a reference's on the same images: of one image, and of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training import metrics

# The middle 98 % of log-disparity span less than 5 %: the file shows one distance everywhere.
CONSTANT = 0.05
Map = NDArray[np.float32]
Figures = Mapping[str, float]
NOT_FINITE: Figures = {
    "within_1_25": 0.0, "within_1_05": 0.0, "shift_drift": np.inf, "max_abs": np.inf, "not_finite": 1.0,
}  # fmt: skip


def of_image(reference: Map, output: Map) -> dict[str, float]:
    """As `training.metrics.fidelity`, and NOT_FINITE where one of the two is."""
    if not (np.isfinite(output).all() and np.isfinite(reference).all()):
        return dict(NOT_FINITE)
    return metrics.fidelity(reference, output)


def constant(output: Map) -> bool:
    low, high = np.quantile(output, (0.01, 0.99))
    return bool(high - low < CONSTANT)


def columns(images: Sequence[Figures]) -> dict[str, NDArray[Any]]:
    """Figures of images → figure → array; NaN where an image lacks it."""
    names = dict.fromkeys(name for one in images for name in one)
    return {name: np.array([one.get(name, np.nan) for one in images]) for name in names}


def summary(images: Sequence[Figures]) -> dict[str, float]:
    """Means and worst images; of `constant` and `not_finite` the number of images."""
    found, none = columns(images), np.zeros(len(images))
    return {
        "within_1_25": float(found["within_1_25"].mean()),
        "within_1_05": float(found["within_1_05"].mean()),
        "within_1_25_worst": float(found["within_1_25"].min()),
        "shift_drift": float(found["shift_drift"].mean()),
        "shift_drift_worst": float(found["shift_drift"].max()),
        "constant_outputs": float(np.nansum(found.get("constant", none))),
        "not_finite_outputs": float(np.nansum(found.get("not_finite", none))),
        "images": float(len(images)),
    }
