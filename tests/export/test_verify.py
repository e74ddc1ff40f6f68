"""Which files are refused, and with what reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from export import artifact
from export.target import VARIANTS, Source, Tolerance
from export.verify import Verdict, judge

Map = NDArray[np.float32]
HEIGHT, WIDTH = 32, 64
FLOAT, INT8 = VARIANTS["onnx"].tolerance, VARIANTS["tflite_int8"].tolerance


@dataclass
class Answers:
    """A runner that answers with the red channel as log-disparity, changed by `change`."""

    change: Callable[[Map], Map]
    height: int = HEIGHT
    width: int = WIDTH
    delegate: str = "none"
    input: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] = field(default_factory=dict)

    def tensor(self, image: NDArray[np.uint8]) -> NDArray[Any]:
        return image

    def predict(self, tensor: NDArray[Any]) -> NDArray[Any]:
        return self.change(reference(tensor))

    def log_disparity(self, output: NDArray[Any]) -> Map:
        return output.astype(np.float32)


def reference(image: NDArray[np.uint8]) -> Map:
    return image[..., 0].astype(np.float32) / np.float32(64)


def judged(change: Callable[[Map], Map], tolerance: Tolerance, flat: bool = False) -> Verdict:
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8) for _ in range(3)]
    if flat:
        images = [np.full_like(image, 100) for image in images]
    return judge(Answers(change), images, [reference(image) for image in images], tolerance)


def spoilt(values: Map, share: float, by: float) -> Map:
    """`by` added to the first `share` of the pixels."""
    changed = values.copy()
    changed.reshape(-1)[: round(share * values.size)] += by
    return changed


@pytest.mark.parametrize("tolerance", [v.tolerance for v in VARIANTS.values()], ids=list(VARIANTS))
def test_the_same_output_is_accepted_by_every_variant(tolerance: Tolerance) -> None:
    verdict = judged(lambda r: r, tolerance)
    assert verdict.problem is None
    assert (verdict.max_abs, verdict.mean_abs, verdict.within_1_25) == (0, 0, 100)
    assert verdict.shift_drift == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("change", "tolerance", "problem"),
    [
        (lambda r: spoilt(r, 0.01, 9e-4), FLOAT, None),
        (lambda r: spoilt(r, 0.01, 1.1e-3), FLOAT, "differs from PyTorch by 0.0011, more than 0.001"),
        (lambda r: r + np.float32(9e-5), FLOAT, None),
        (lambda r: r - np.float32(2e-4), FLOAT, "by 0.0002 on average, more than 0.0001"),
        (lambda r: spoilt(r, 0.009, 0.5), INT8, None),
        (lambda r: spoilt(r, 0.02, 0.5), INT8, "only 98.00 % of its pixels are within 1.25×"),
        (lambda r: spoilt(r, 0.02, 0.2), INT8, None),  # within 1.25×
        (lambda r: r + np.float32(7), INT8, None),  # scale is unknown
        (lambda r: -r, INT8, "of its pixels are within 1.25×"),
        (lambda r: 0 * r, INT8, "its output is constant"),
        (lambda r: 0 * r, FLOAT, "its output is constant"),
        (lambda r: r * np.float32(np.nan), FLOAT, "not finite"),
        (lambda r: spoilt(r, 0.001, np.inf), INT8, "not finite"),
        (lambda r: r[::2], FLOAT, r"its output is \(16, 64\), PyTorch's \(32, 64\)"),
        (lambda r: r[:1], INT8, r"its output is \(1, 64\)"),  # NumPy would spread it over the rows
    ],
)
def test_what_is_refused(change: Callable[[Map], Map], tolerance: Tolerance, problem: str | None) -> None:
    found = judged(change, tolerance).problem
    assert (found is None) == (problem is None)
    assert re.search(problem or "", found or "")


def test_the_worst_picture_counts() -> None:
    calls = iter([0.0, 3e-3, 0.0])
    verdict = judged(lambda r: spoilt(r, 0.5, next(calls)), FLOAT)
    assert verdict.max_abs == pytest.approx(3e-3, rel=1e-3)
    assert verdict.mean_abs == pytest.approx(1.5e-3, rel=1e-3)
    assert verdict.problem is not None


def test_shift_drift_is_reported() -> None:
    def shifted(r: Map) -> Map:
        return np.log(np.exp(r.astype(np.float64)) + 0.5).astype(np.float32)

    verdict = judged(shifted, INT8)
    assert verdict.shift_drift > 5


def test_a_network_that_is_flat_itself_may_give_a_flat_file() -> None:
    assert judged(lambda r: r, INT8, flat=True).problem is None


def test_what_does_not_run_here_is_refused_and_not_kept(tmp_path: Path) -> None:
    variant = VARIANTS["coreml"]
    path = tmp_path / variant.file
    path.mkdir()
    source = Source(None, HEIGHT, WIDTH, {"name": "mn"}, [])  # type: ignore[arg-type]
    outcome, entry = artifact.judged(variant, source, path, artifact.Golden([], []), 1.0)
    assert (entry, path.exists(), outcome.max_abs) == (None, False, None)
    assert outcome.problem is not None
    assert outcome.problem.startswith(f"{path}: ")
