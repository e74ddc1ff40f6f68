from __future__ import annotations

import numpy as np
import pytest

from bench.judging import worst
from bench.testsets.shot import Map, Pair, Shots, Truth


def ramp(height: int = 32, width: int = 48) -> Map:
    return np.tile(np.linspace(0, 2, width, dtype=np.float32), (height, 1))


def shown(truth: Truth) -> worst.Shown:
    photo = np.full((60, 90, 3), 127, np.uint8)
    return worst.Shown("nyu_dev", Shots(("a",), ("a",), lambda i: photo, lambda i: truth), 0, "lite0", 10.0)


def test_the_worst_come_first_and_what_was_not_scored_not_at_all() -> None:
    columns = {"delta1": np.array([3.0, np.nan, 9.0, 5.0])}
    assert worst.indices(columns, "delta1", 2) == [2, 3]
    assert worst.indices(columns, "delta1", 9) == [2, 3, 0]
    assert worst.indices({"utss_rel": np.array([1.0, 2.0])}, "rel", 1) == [1]
    assert worst.indices(columns, "whdr", 1) == []
    assert worst.indices({"correlation": np.array([0.9, 0.1])}, "correlation", 1) == [1]


def test_a_perfect_prediction_looks_like_the_truth() -> None:
    depth = 3 * np.exp(-np.tile(np.linspace(0, 2, 90, dtype=np.float32), (60, 1)))
    made = worst.picture(shown(Truth(depth=depth)), [("torch", ramp(), {"delta1": 0.0})])
    assert made.truth is not None
    assert made.truth.shape == made.photo.shape == made.files[0].depth.shape == (240, 360, 3)
    off = np.abs(made.truth.astype(int) - made.files[0].depth)
    assert off.mean() < 4
    assert made.files[0].difference is None


def test_holes_and_what_lies_past_the_cap_are_dark() -> None:
    depth = np.full((60, 90), 2, np.float32)
    depth[:, :30], depth[:, 60:] = 0, 11
    made = worst.picture(shown(Truth(depth=depth)), [("torch", ramp(), {})])
    assert made.truth is not None
    assert (made.truth[:, 10] == worst.HOLE).all()
    assert (made.truth[:, 350] == worst.HOLE).all()
    assert not (made.truth[:, 180] == worst.HOLE).all()


def test_differences_are_red_where_nearer_and_blue_where_farther() -> None:
    output = ramp() + 5
    output[:8, :8] += 0.3
    output[-8:, -8:] -= 0.3
    made = worst.picture(
        shown(Truth(depth=np.ones((60, 90), np.float32))), [("a", ramp(), {}), ("b", output, {})]
    )
    difference = made.files[1].difference
    assert difference is not None
    assert tuple(difference[5, 5]) == worst.NEARER
    assert tuple(difference[-5, -5]) == worst.FARTHER
    assert tuple(difference[120, 180]) == (255, 255, 255)


@pytest.mark.parametrize(
    "truth", [Truth(depth=np.zeros((60, 90), np.float32)), Truth(pair=Pair((1, 1, 2, 2), ">"))]
)
def test_images_with_no_map_of_truth_are_drawn(truth: Truth) -> None:
    made = worst.picture(shown(truth), [("a", ramp(), {})])
    assert made.truth is None or (made.truth == worst.HOLE).all()


def test_disparity_of_unknown_offset_has_colours_of_its_own_range() -> None:
    disparity = np.exp(np.tile(np.linspace(0, 2, 90, dtype=np.float32), (60, 1))) + 40
    made = worst.picture(shown(Truth(disparity=disparity)), [("a", ramp(), {})])
    assert made.truth is not None
    assert made.truth[0, 0].sum() < 60
    assert made.truth[0, -1].sum() > 500


def test_outputs_that_are_not_finite_are_drawn() -> None:
    broken = ramp()
    broken[0, 0] = np.nan
    made = worst.picture(
        shown(Truth(depth=np.ones((60, 90), np.float32))), [("a", ramp(), {}), ("b", broken, {})]
    )
    assert made.files[1].difference is not None
    assert (made.files[1].difference == worst.HOLE).all()
