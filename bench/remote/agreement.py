"""How far a device agrees with this machine: one file, the same input bytes, two sets of raw outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.judging import fidelity
from export.runners import Runner

Raw = Sequence[NDArray[Any]]


def compare(runner: Runner, here: Raw, there: Raw) -> dict[str, float]:
    """The fidelity of a row: `there`, the device's outputs, against `here`; a raw output an image.

    Keys as in rows that compare a file with its float model (means, and the worst image), and
    identical: percent of output values with the same bits · max_abs: log-disparity, before alignment ·
    max_steps: of int8, where the output is.
    """
    images = [
        _of_image(runner.log_disparity(a), runner.log_disparity(b)) for a, b in zip(here, there, strict=True)
    ]
    return {
        **fidelity.summary(images),
        "max_abs": max(image["max_abs"] for image in images),
        "identical": float(np.mean([_identical(a, b) for a, b in zip(here, there, strict=True)])),
        **_steps(here, there),
    }


def _of_image(here: NDArray[np.float32], there: NDArray[np.float32]) -> dict[str, float]:
    found = fidelity.of_image(here, there)
    if "not_finite" in found:
        return found
    return found | {"constant": float(fidelity.constant(there) and not fidelity.constant(here))}


def _identical(here: NDArray[Any], there: NDArray[Any]) -> float:
    bits = f"u{here.itemsize}"
    return float(100 * np.mean(here.view(bits) == there.view(bits)))


def _steps(here: Raw, there: Raw) -> dict[str, float]:
    if any(output.dtype != np.int8 for output in here):
        return {}
    far = [np.abs(a.astype(int) - b.astype(int)).max() for a, b in zip(here, there, strict=True)]
    return {"max_steps": float(max(far))}
