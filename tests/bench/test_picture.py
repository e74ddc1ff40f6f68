from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.picture import BACKGROUND, cloud


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
