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
# A point covers SPLAT × SPLAT pixels: fewer leave cracks through which what lies behind is seen.
SPLAT = 3


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
    of the cloud; of several points on a pixel the nearest is seen. Points that are not finite are left
    out; without any other the picture is empty.
    """
    kept = _kept(points)
    seen, shades = points[kept], colours[kept]
    if not len(seen):
        return np.full((height, width, 3), BACKGROUND, np.uint8)
    turned = (seen - np.median(seen, axis=0)) @ _rotation(yaw_deg, pitch_deg).T
    order = np.argsort(-turned[:, 2], kind="stable")
    rank = _grown(_drawn(_placed(turned[:, :2], height, width)[order], height, width))
    palette = np.concatenate([np.array([BACKGROUND], np.uint8), shades[order]])
    return palette[rank]


def _kept(points: NDArray[np.float32]) -> NDArray[np.intp]:
    """Indices of the finite points that are neither the very nearest nor the farthest."""
    finite = np.flatnonzero(np.isfinite(points).all(axis=1))
    if not len(finite):
        return finite
    depth = points[finite, 2]
    low, high = np.quantile(depth, (NEAREST, FARTHEST))
    kept: NDArray[np.intp] = finite[(depth >= low) & (depth <= high)]
    return kept


def _rotation(yaw_deg: float, pitch_deg: float) -> NDArray[np.float32]:
    a, b = radians(yaw_deg), radians(pitch_deg)
    yaw = np.array([[cos(a), 0, -sin(a)], [0, 1, 0], [sin(a), 0, cos(a)]], np.float32)
    pitch = np.array([[1, 0, 0], [0, cos(b), sin(b)], [0, -sin(b), cos(b)]], np.float32)
    return pitch @ yaw


def _placed(flat: NDArray[np.floating[Any]], height: int, width: int) -> NDArray[np.int64]:
    """N×2 columns and rows: one scale for both axes, the middle 96 % of the points fill the picture."""
    low, high = np.quantile(flat, FRAME, axis=0)
    scale = 0.92 * min(width / max(high[0] - low[0], 1e-6), height / max(high[1] - low[1], 1e-6))
    centre = np.array([width / 2, height / 2])
    placed = (flat - (low + high) / 2) * scale + centre
    pixels: NDArray[np.int64] = np.floor(np.clip(placed, -1, (width, height))).astype(np.int64)
    return pixels


def _drawn(pixels: NDArray[np.int64], height: int, width: int) -> NDArray[np.int32]:
    """height×width: 1 + the index of the last of the N×2 `pixels` that falls there, 0 for none."""
    columns, rows = pixels[:, 0], pixels[:, 1]
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    rank = np.zeros((height, width), np.int32)
    # Of several values for a pixel NumPy keeps the last: the nearest, as far ones come first.
    rank[rows[inside], columns[inside]] = 1 + np.flatnonzero(inside)
    return rank


def _grown(rank: NDArray[np.int32]) -> NDArray[np.int32]:
    """Every point as SPLAT × SPLAT pixels: the largest rank, that is the nearest point, wins."""
    before = SPLAT // 2
    for axis in (0, 1):
        edges = [(0, 0), (0, 0)]
        edges[axis] = (before, SPLAT - 1 - before)
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(rank, edges), SPLAT, axis=axis)
        rank = windows.max(axis=-1)
    return rank
