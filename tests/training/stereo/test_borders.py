from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.stereo.made import synthetic_pair
from training.stereo.borders import SOFT_EDGE_PX, Borders, borders_of_frame, borders_of_movie
from training.stereo.layouts import Picture


def barred(eye: Picture, top: int = 0, bottom: int = 0, left: int = 0, right: int = 0) -> Picture:
    """The picture with black painted over its edges, and the noise of a codec on it."""
    height, width = eye.shape[:2]
    made: Picture = np.full_like(eye, 3) + np.random.default_rng(0).integers(0, 6, eye.shape, np.uint8)
    inner = slice(top, height - bottom), slice(left, width - right)
    made[inner] = np.maximum(eye[inner], 40)
    return made


sides = st.sampled_from((0, 1, 7, 20))


@given(top=sides, bottom=sides, left=sides, right=sides)
def test_bars_are_found_on_each_side(top: int, bottom: int, left: int, right: int) -> None:
    eyes = [barred(eye, top, bottom, left, right) for eye in synthetic_pair(1)[:2]]
    found = borders_of_frame(*eyes)
    assert found == tuple(n + SOFT_EDGE_PX if n else 0 for n in (top, bottom, left, right))
    assert found.cut(eyes[0]).min() >= 40


def test_a_floating_window_of_one_eye_is_cut_off_both() -> None:
    left, right, _ = synthetic_pair(1)
    found = borders_of_frame(barred(left, left=10), barred(right, right=6))
    assert found == Borders(0, 0, 10 + SOFT_EDGE_PX, 6 + SOFT_EDGE_PX)


def test_a_black_frame_is_all_border() -> None:
    black = np.zeros((30, 40, 3), np.uint8)
    assert borders_of_frame(black, black).top == 30


@pytest.mark.parametrize("odd", [Borders(60, 60, 0, 0), Borders()])
def test_the_bars_of_a_movie_are_those_of_most_of_its_frames(odd: Borders) -> None:
    """A dark scene, a frame in another format or with a subtitle in the bar changes nothing."""
    left, right, _ = synthetic_pair(1)
    usual = barred(left, 20, 20), barred(right, 20, 20)
    other = barred(left, *odd), barred(right, *odd)
    found = borders_of_movie([usual, other, usual, usual, other])
    assert found == Borders(20 + SOFT_EDGE_PX, 20 + SOFT_EDGE_PX)
    assert borders_of_movie([]) == Borders()
