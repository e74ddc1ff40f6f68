"""Pictures of point clouds: seen from the side, where one sees whether walls are straight."""

from __future__ import annotations

from math import cos, radians, sin
from typing import Any

import numpy as np
from numpy.typing import NDArray

BACKGROUND = (24, 26, 30)
YAW_DEG, PITCH_DEG = 35.0, 20.0
# Far outliers (sky, silhouettes) must not shrink the scene to a dot.
NEAREST, FARTHEST = 0.01, 0.95
FRAME = (0.02, 0.98)
SPLAT = 2


def cloud(
    points: NDArray[np.float32],
    colours: NDArray[np.uint8],
    height: int,
    width: int,
    yaw_deg: float = YAW_DEG,
    pitch_deg: float = PITCH_DEG,
) -> NDArray[np.uint8]:
    """A height×width view of the points (N×3, x right, y down, z forward) with their colours (N×3).

    Parallel projection after a turn by yaw (from the right) and pitch (from above) about the middle
    of the cloud; nearer points are drawn over farther ones.
    """
    kept = _kept(points[:, 2])
    centred = points[kept] - np.median(points[kept], axis=0)
    turned = centred @ _rotation(yaw_deg, pitch_deg).T
    columns, rows = _placed(turned[:, :2], height, width)
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = BACKGROUND
    order = np.argsort(-turned[:, 2], kind="stable")
    columns, rows, shades = columns[order], rows[order], colours[kept][order]
    for down in range(SPLAT):
        for right in range(SPLAT):
            y, x = rows + down, columns + right
            inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
            # Of several points on a pixel NumPy keeps the last: the nearest.
            picture[y[inside], x[inside]] = shades[inside]
    return picture


def _kept(depth: NDArray[np.float32]) -> NDArray[np.bool_]:
    low, high = np.quantile(depth, (NEAREST, FARTHEST))
    kept: NDArray[np.bool_] = np.isfinite(depth) & (depth >= low) & (depth <= high)
    return kept


def _rotation(yaw_deg: float, pitch_deg: float) -> NDArray[np.float32]:
    a, b = radians(yaw_deg), radians(pitch_deg)
    yaw = np.array([[cos(a), 0, -sin(a)], [0, 1, 0], [sin(a), 0, cos(a)]], np.float32)
    pitch = np.array([[1, 0, 0], [0, cos(b), sin(b)], [0, -sin(b), cos(b)]], np.float32)
    return pitch @ yaw


def _placed(
    flat: NDArray[np.floating[Any]], height: int, width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Columns and rows: one scale for both axes, the middle 96 % of the points fill the picture."""
    low, high = np.quantile(flat, FRAME, axis=0)
    scale = 0.92 * min(width / max(high[0] - low[0], 1e-6), height / max(high[1] - low[1], 1e-6))
    middle = (low + high) / 2
    placed = np.floor((flat - middle) * scale + np.array([width / 2, height / 2])).astype(np.int64)
    return placed[:, 0], placed[:, 1]
