from __future__ import annotations

import numpy as np
import pytest

from tests.training.stereo.made import packed, synthetic_pair
from training.stereo.layouts import LAYOUTS, eye_size, split


@pytest.mark.parametrize("layout", LAYOUTS)
def test_eyes_come_back_in_order_and_size(layout: str) -> None:
    left, right, _ = synthetic_pair(1)
    frame = packed(left, right, layout)
    eyes = split(frame, LAYOUTS[layout])
    assert [eye.shape for eye in eyes] == [left.shape, left.shape]
    assert eye_size(frame.shape[0], frame.shape[1], LAYOUTS[layout]) == left.shape[:2]
    # Squeezing loses the grain; the wrong eye would differ by more than twice as much.
    limit = 14 if LAYOUTS[layout].squeezed else 0.001
    for found, true in zip(eyes, (left, right), strict=True):
        assert np.abs(found.astype(int) - true).mean() < limit


def test_an_odd_column_belongs_to_neither_eye() -> None:
    first, second = split(np.zeros((4, 9, 3), np.uint8), LAYOUTS["sbs"])
    assert first.shape == second.shape == (4, 4, 3)
