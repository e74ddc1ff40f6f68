from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.judging.hot_pixels import hot_pixels

HEIGHT, WIDTH = 40, 56
OVER, UNDER = np.log(1.26), np.log(1.24)


def room() -> NDArray[np.float32]:
    """Smooth, with an edge of depth across the middle column."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    smooth: NDArray[np.float64] = np.sin(y / 9) / 4 + x / 80 + (x > WIDTH // 2)
    return smooth.astype(np.float32)


def departing(*places: tuple[int, int], by: float = OVER) -> int:
    candidate = room()
    for row, column in places:
        candidate[row, column] += np.float32(by)
    return hot_pixels(room(), candidate)


apart = st.lists(
    st.tuples(st.integers(0, HEIGHT // 5 - 1), st.integers(0, WIDTH // 5 - 1)), max_size=9, unique=True
)


@given(apart, st.sampled_from([OVER, -OVER, 3.0, -9.0]), st.integers(-4, 4))
def test_single_pixels_are_counted_wherever_they_are(
    places: list[tuple[int, int]], by: float, offset: int
) -> None:
    candidate = room()
    for row, column in places:
        candidate[5 * row, 5 * column] += np.float32(by)
    assert hot_pixels(room(), candidate + np.float32(offset)) == len(places)
    assert hot_pixels(room() + np.float32(offset), candidate) == len(places)


@pytest.mark.parametrize("by", [UNDER, -UNDER, 0.0])
def test_less_than_a_quarter_is_not_hot(by: float) -> None:
    assert departing((20, 20), by=by) == 0


@pytest.mark.parametrize(
    ("places", "hot"),
    [
        ([(9, 9), (9, 10)], 2),
        ([(9, 9), (9, 10), (10, 9)], 3),
        ([(9, 9), (9, 10), (10, 9), (10, 10)], 0),  # a region of four
        ([(0, 0), (0, 1), (1, 0)], 3),  # the corner of the map
        ([(HEIGHT - 1, WIDTH - 1)], 1),
        ([(9, 9), (9, 30), (30, 9), (30, 30)], 4),
    ],
)
def test_clumps_of_up_to_three_are_hot(places: list[tuple[int, int]], hot: int) -> None:
    assert departing(*places) == hot


@given(st.integers(1, 6), st.integers(4, HEIGHT), st.sampled_from([0.5, -0.5]))
def test_lines_are_not(width: int, length: int, by: float) -> None:
    """Their ends have only three in the 5×5 around them; that does not make them hot."""
    candidate = room()
    candidate[:length, 7 : 7 + width] += np.float32(by)
    assert hot_pixels(room(), candidate) == 0
    diagonal = room()
    diagonal[np.arange(length), np.arange(length)] += np.float32(by)
    assert hot_pixels(room(), diagonal) == 0


@pytest.mark.parametrize("shift", [1, 2, -3])
def test_an_edge_that_moved_is_not(shift: int) -> None:
    moved = np.roll(room(), shift, axis=1)
    assert np.abs(moved - room()).max() > OVER
    assert hot_pixels(room(), moved) == 0


def test_the_top_of_a_smooth_bump_is_not() -> None:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    bump = 1.002 * np.log(1.25) * np.exp(-((x - 20) ** 2 + (y - 20.5) ** 2) / 200)
    assert np.count_nonzero(bump > np.log(1.25)) == 2
    assert hot_pixels(room(), room() + bump.astype(np.float32)) == 0


@pytest.mark.parametrize(("share", "some"), [(0.001, True), (0.02, True), (0.4, False)])
def test_every_hot_pixel_leaves_the_median_around_it(share: float, some: bool) -> None:
    """On scattered noise, where all kinds of clumps occur, against the definition written out."""
    departs = np.random.default_rng(3).random((HEIGHT, WIDTH)) < share
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(departs, 2), (5, 5))
    isolated = departs & (np.median(windows, axis=(2, 3)) == 0)
    found = hot_pixels(np.zeros((HEIGHT, WIDTH)), departs.astype(float))
    assert (found > 0) == some
    assert found <= np.count_nonzero(isolated)


@pytest.mark.parametrize(
    ("reference", "candidate", "message"),
    [
        (np.zeros((4, 5)), np.zeros((5, 4)), "of one size"),
        (np.zeros(4), np.zeros(4), "of one size"),
        (np.zeros((4, 5)), np.full((4, 5), np.nan), "not finite"),
        (np.zeros((0, 5)), np.zeros((0, 5)), "empty"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    reference: NDArray[np.float64], candidate: NDArray[np.float64], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        hot_pixels(reference, candidate)
