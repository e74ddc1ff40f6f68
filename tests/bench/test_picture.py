from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.picture import BACKGROUND, SPLAT, cloud


def grid(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = depth.shape
    rows, columns = np.mgrid[:height, :width]
    x, y = (columns - width / 2) / width * depth, (rows - height / 2) / width * depth
    return np.stack([x, y, depth], axis=2).reshape(-1, 3).astype(np.float32)


def test_a_cloud_fills_its_picture() -> None:
    points = grid(np.linspace(1, 3, 60 * 80, dtype=np.float32).reshape(60, 80))
    picture = cloud(points, np.full((len(points), 3), 200, np.uint8), 120, 160)
    assert picture.shape == (120, 160, 3)
    drawn = (picture == 200).all(axis=2)
    assert drawn.mean() > 0.15
    assert (picture[~drawn] == BACKGROUND).all()


def test_near_points_hide_far_ones() -> None:
    far, near = grid(np.full((40, 40), 3, np.float32)), grid(np.full((40, 40), 2, np.float32))
    colours = np.repeat(np.array([[255, 0, 0], [0, 255, 0]], np.uint8), 1600, axis=0)
    points = np.concatenate([far, near * 1.5])  # x and y alike, z apart
    points[1600:, 2] = 2
    picture = cloud(points, colours, 64, 64, yaw_deg=0, pitch_deg=0)
    assert (picture[20:44, 20:44] == (0, 255, 0)).all()


def test_outliers_do_not_shrink_the_scene() -> None:
    points = grid(np.linspace(1, 3, 60 * 80, dtype=np.float32).reshape(60, 80))
    points[:20] = 1e6
    picture = cloud(points, np.full((len(points), 3), 200, np.uint8), 120, 160)
    assert (picture == 200).all(axis=2).mean() > 0.15


def test_a_dense_sheet_lets_nothing_through() -> None:
    """Also where the far point's splat is drawn beside the near one's: nearest wins on every pixel."""
    rng = np.random.default_rng(0)
    sheet = rng.uniform(-1, 1, (60_000, 2))
    near, far = np.c_[sheet, np.full(60_000, 1.0)], np.c_[sheet[::-1] + 0.003, np.full(60_000, 3.0)]
    colours = np.repeat(np.array([[0, 255, 0], [255, 0, 0]], np.uint8), 60_000, axis=0)
    picture = cloud(np.concatenate([near, far]).astype(np.float32), colours, 128, 128, 0, 0)
    assert (picture[20:108, 20:108] == (0, 255, 0)).all()


def test_a_point_is_a_square_whatever_lies_around() -> None:
    corners = np.array([[-1, -1, 2], [1, -1, 2], [-1, 1, 2], [1, 1, 2]], np.float32)
    picture = cloud(np.repeat(corners, 100, axis=0), np.full((400, 3), 200, np.uint8), 100, 100, 0, 0)
    assert (picture == 200).all(axis=2).sum() == 4 * SPLAT**2


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_points_that_are_nowhere_are_left_out(axis: int, value: float) -> None:
    points = grid(np.linspace(1, 3, 60 * 80, dtype=np.float32).reshape(60, 80))
    colours = np.full((len(points), 3), 200, np.uint8)
    kept = np.arange(len(points)) % 7 != 0
    expected = cloud(points[kept], colours[kept], 120, 160)
    points[~kept, axis] = value
    assert (cloud(points, colours, 120, 160) == expected).all()


def test_of_no_points_the_picture_is_empty() -> None:
    for points in (np.empty((0, 3), np.float32), np.full((5, 3), np.nan, np.float32)):
        picture = cloud(points, np.zeros((len(points), 3), np.uint8), 8, 9)
        assert picture.shape == (8, 9, 3)
        assert (picture == BACKGROUND).all()
