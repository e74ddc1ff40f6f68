"""How far a device's outputs agree with this machine's."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.remote.agreement import compare
from training import metrics

SCALE = 0.02
RAMP = np.linspace(-1, 1, 32 * 48, dtype=np.float32).reshape(1, 32, 48, 1)


class Dequantized:
    """A runner, as far as comparing goes: int8 outputs have the step SCALE."""

    height, width, delegate = 32, 48, "none"
    input: Mapping[str, Any] = {}
    output: Mapping[str, Any] = {}

    def tensor(self, image: NDArray[Any]) -> NDArray[Any]:
        return image

    def predict(self, tensor: NDArray[Any]) -> NDArray[Any]:
        return tensor

    def log_disparity(self, output: NDArray[Any]) -> NDArray[np.float32]:
        values = output[0, :, :, 0].astype(np.float32)
        return values * np.float32(SCALE) if output.dtype == np.int8 else values


def test_the_same_bits() -> None:
    found = compare(Dequantized(), [RAMP, RAMP], [RAMP, RAMP])
    assert found == {
        "within_1_25": 100.0, "within_1_05": 100.0, "within_1_25_worst": 100.0,
        "shift_drift": pytest.approx(0), "shift_drift_worst": pytest.approx(0), "max_abs": 0.0,
        "identical": 100.0, "constant_outputs": 0.0, "not_finite_outputs": 0.0, "images": 2.0,
    }  # fmt: skip


def test_steps_of_int8() -> None:
    here = np.rint(RAMP / SCALE).astype(np.int8)
    there = here.copy()
    there[0, :8] += 2
    there[0, 8, 0] = -128
    found = compare(Dequantized(), [here], [there])
    assert found["max_steps"] == 128 + int(here[0, 8, 0, 0])
    assert found["identical"] == pytest.approx(100 * (1 - (8 * 48 + 1) / here.size))
    assert found["max_abs"] == pytest.approx(found["max_steps"] * SCALE)


def test_the_worst_image_is_named_beside_the_mean() -> None:
    bent = RAMP.copy()
    bent[0, :8] += 0.5
    found = compare(Dequantized(), [RAMP, RAMP], [RAMP, bent])
    of_bent = metrics.fidelity(RAMP[0, :, :, 0], bent[0, :, :, 0])
    assert found["within_1_25"] == pytest.approx((100 + of_bent["within_1_25"]) / 2)
    assert found["within_1_25_worst"] == pytest.approx(75)
    assert found["shift_drift_worst"] == pytest.approx(of_bent["shift_drift"])
    assert found["identical"] == pytest.approx((100 + 75) / 2)


def test_not_a_number_is_no_agreement() -> None:
    broken = RAMP.copy()
    broken[0, 0, 0] = np.nan
    found = compare(Dequantized(), [RAMP, RAMP], [RAMP, broken])
    assert found["not_finite_outputs"] == 1
    assert (found["within_1_25"], found["within_1_25_worst"]) == (50, 0)
    assert (found["max_abs"], found["shift_drift_worst"]) == (inf, inf)


@pytest.mark.parametrize(("here", "dead"), [(RAMP, 1.0), (np.zeros_like(RAMP), 0.0)])
def test_constant_where_this_machine_is_not(here: NDArray[np.float32], dead: float) -> None:
    assert compare(Dequantized(), [here], [np.zeros_like(RAMP)])["constant_outputs"] == dead
