"""Is an exported file the network that it was made from? Judged before it is accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from export import runners
from export.runners import Runner
from export.target import Tolerance
from training.metrics import fidelity

# A map whose middle 98 % span less than this (log units, 5 %) shows one distance: a dead file.
CONSTANT = 0.05


@dataclass(frozen=True)
class Verdict:
    """How far a file lies from PyTorch over the golden images: the largest, the mean, the worst.

    problem: None when it is accepted, else one line.
    """

    max_abs: float
    mean_abs: float
    within_1_25: float
    shift_drift: float
    problem: str | None


def judge(
    runner: Runner,
    images: Sequence[NDArray[np.uint8]],
    references: Sequence[NDArray[np.float32]],
    tolerance: Tolerance,
) -> Verdict:
    """Run every golden image (RGB uint8 of network size) and compare with PyTorch's log-disparity.

    An output of another size, not finite, or past `tolerance` is a problem; so is a constant one, unless
    PyTorch's is constant too.
    """
    outputs = [runners.run(runner, image) for image in images]
    for output, reference in zip(outputs, references, strict=True):
        if output.shape != reference.shape:
            sizes = f"its output is {output.shape}, PyTorch's {reference.shape}"
            return Verdict(np.inf, np.inf, 0.0, np.inf, sizes)
    if not all(np.isfinite(output).all() for output in outputs):
        return Verdict(np.inf, np.inf, 0.0, np.inf, "its output holds values that are not finite")
    differences = [np.abs(o - r) for o, r in zip(outputs, references, strict=True)]
    scores = [fidelity(r, o) for o, r in zip(outputs, references, strict=True)]
    verdict = Verdict(
        max_abs=float(max(d.max() for d in differences)),
        mean_abs=float(max(d.mean() for d in differences)),
        within_1_25=min(score["within_1_25"] for score in scores),
        shift_drift=max(score["shift_drift"] for score in scores),
        problem=None,
    )
    dead = any(_constant(o) and not _constant(r) for o, r in zip(outputs, references, strict=True))
    problem = "its output is constant" if dead else _beyond(verdict, tolerance)
    return replace(verdict, problem=problem)


def _constant(output: NDArray[np.float32]) -> bool:
    low, high = np.quantile(output, (0.01, 0.99))
    return bool(high - low < CONSTANT)


def _beyond(verdict: Verdict, tolerance: Tolerance) -> str | None:
    if tolerance.max_abs is not None and verdict.max_abs > tolerance.max_abs:
        return f"differs from PyTorch by {verdict.max_abs:.2g}, more than {tolerance.max_abs:g}"
    if tolerance.mean_abs is not None and verdict.mean_abs > tolerance.mean_abs:
        return f"differs from PyTorch by {verdict.mean_abs:.2g} on average, more than {tolerance.mean_abs:g}"
    if tolerance.within_1_25 is not None and verdict.within_1_25 < tolerance.within_1_25:
        return (
            f"only {verdict.within_1_25:.2f} % of its pixels are within 1.25× of PyTorch's, "
            f"fewer than {tolerance.within_1_25:g} %"
        )
    return None
