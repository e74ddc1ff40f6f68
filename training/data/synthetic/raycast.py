"""Nearest hits of a view's rays with solids, each solid only within the rectangle it can cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.synthetic.solids import NEAR_M, SHAPES, Ray, Solid, Vector, times
from training.data.synthetic.tiles import Array

CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float).T
EDGES = np.array([(i, i | bit) for i in range(8) for bit in (1, 2, 4) if not i & bit]).T


@dataclass(frozen=True, eq=False)
class View:
    """Rays whose parameter t is the depth along the view's axis.

    pinhole: from position through (x, y, 1) · parallel: from position + (x, y, 0) along the axis;
    axes 3×3: columns right, down, forward in the world · xs W, ys H: sample positions, equally spaced.
    """

    position: Vector
    axes: Vector
    xs: Vector
    ys: Vector
    pinhole: bool = True

    def rays(self) -> tuple[Vector, Vector]:
        """Origin and direction as 3×3 matrices that multiply (x, y, 1)."""
        origin = np.zeros((3, 3))
        direction = self.axes.copy()
        if not self.pinhole:
            origin[:, :2] = self.axes[:, :2]
            direction[:, :2] = 0
        origin[:, 2] = self.position
        return origin, direction

    def project(self, points: Array) -> tuple[Array, Array, Array]:
        """World points 3×N → fractional column, row, and depth."""
        x, y, z = times(self.axes.T, points - self.position.astype(np.float32)[:, None])
        if self.pinhole:
            inverse = 1 / np.maximum(z, np.float32(NEAR_M))
            x, y = x * inverse, y * inverse
        return grid(self.xs, x), grid(self.ys, y), z


def grid(samples: Vector, values: Array) -> Array:
    step = (samples[-1] - samples[0]) / (len(samples) - 1)
    return (values - np.float32(samples[0])) * np.float32(1 / step)


def orient(yaw: float, pitch: float, roll: float) -> Vector:
    """Camera axes for degrees: yaw 0 looks along +y and grows to the left, pitch up, roll clockwise."""
    a, b, c = np.radians([yaw, pitch, roll])
    forward = np.array([-np.sin(a) * np.cos(b), np.cos(a) * np.cos(b), np.sin(b)])
    right = np.array([np.cos(a), np.sin(a), 0])
    down = np.cross(forward, right)
    turn = np.array([[np.cos(c), -np.sin(c)], [np.sin(c), np.cos(c)]])
    return np.column_stack([np.column_stack([right, down]) @ turn, forward])


def pinhole(position: Vector, axes: Vector, fov_degrees: float, height: int, width: int) -> View:
    """Square pixels, principal point at ((W−1)/2, (H−1)/2), focal W / (2·tan(fov/2)) pixels."""
    focal = focal_pixels(fov_degrees, width)
    xs = (np.arange(width) - (width - 1) / 2) / focal
    ys = (np.arange(height) - (height - 1) / 2) / focal
    return View(position, axes, xs, ys)


def focal_pixels(fov_degrees: float, width: int) -> float:
    return float(width / (2 * np.tan(np.radians(fov_degrees) / 2)))


def windows(view: View, solids: Sequence[Solid]) -> tuple[NDArray[np.int64], Vector]:
    """The rectangle (row, row end, column, column end) each solid can cover, and its least depth.

    Corners of bounding boxes, and where the boxes' edges cross the near plane, are projected.
    """
    matrices = np.stack([s.matrix for s in solids])
    centres = np.stack([s.centre for s in solids])
    corners = (matrices @ CORNERS + (centres - view.position)[:, :, None]).transpose(0, 2, 1)
    points = corners @ view.axes
    nearest = points[:, :, 2].min(1)
    if view.pinhole:
        points = clipped(points)
    spans = []
    for samples, axis in ((view.ys, 1), (view.xs, 0)):
        at = points[:, :, axis] / points[:, :, 2] if view.pinhole else points[:, :, axis]
        index = (at - samples[0]) * ((len(samples) - 1) / (samples[-1] - samples[0]))
        low, high = np.fmin.reduce(index, 1), np.fmax.reduce(index, 1)
        low, high = np.where(np.isnan(low), np.inf, low), np.where(np.isnan(high), -np.inf, high)
        spans += [
            np.clip(np.ceil(low), 0, len(samples)),
            np.clip(np.floor(high) + 1, 0, len(samples)),
        ]
    return np.stack(spans, 1).astype(np.int64), np.maximum(nearest, NEAR_M)


def clipped(points: Vector) -> Vector:
    """Box corners S×8×3 and edge crossings S×12×3 with z = NEAR_M; NaN where not in front."""
    start, end = points[:, EDGES[0]], points[:, EDGES[1]]
    share = (NEAR_M - start[..., 2:]) / (end[..., 2:] - start[..., 2:])
    crossing = np.where((share > 0) & (share < 1), start + share * (end - start), np.nan)
    front = np.where(points[..., 2:] >= NEAR_M, points, np.nan)
    return np.concatenate([front, crossing], 1)


def cast(
    view: View, solids: Sequence[Solid], far_m: float, least: int = 1
) -> tuple[Array, NDArray[np.int16]]:
    """Depth H×W (far_m where nothing is hit) and the index of the solid that is hit (−1: none).

    Nearest solids come first, so that what they hide is not intersected; a solid whose rectangle has
    fewer than `least` samples is left out.
    """
    depth = np.full((len(view.ys), len(view.xs)), far_m, np.float32)
    index = np.full(depth.shape, -1, np.int16)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        rectangles, nearest = windows(view, solids)
        starts, origins, directions = unit_rays(view, solids)
        area = np.maximum(rectangles[:, [1, 3]] - rectangles[:, [0, 2]], 0).prod(1)
        order = np.argsort(nearest, kind="stable")
        for i in order[area[order] >= least]:
            y0, y1, x0, x1 = rectangles[i]
            block = depth[y0:y1, x0:x1]
            if block.max() <= nearest[i]:
                continue
            xs, ys = view.xs[x0:x1], view.ys[y0:y1]
            t = SHAPES[solids[i].shape].enter(fan(origins[i], xs, ys), fan(directions[i], xs, ys))
            t += starts[i]
            hit = (t < block) & (t > NEAR_M)
            np.copyto(block, t, where=hit)
            np.copyto(index[y0:y1, x0:x1], i, where=hit)
    return depth, index


def unit_rays(view: View, solids: Sequence[Solid]) -> tuple[Array, Vector, Vector]:
    """Start depths S, and origins and directions S×3×3 in each solid's own space as in View.rays.

    A start is the depth of the solid's centre for shapes that want to be recentred, else 0.
    """
    centres = np.stack([s.centre for s in solids])
    recentred = np.array([SHAPES[s.shape].recentred for s in solids])
    starts = np.where(recentred, (centres - view.position) @ view.axes[:, 2], 0)
    origin, direction = view.rays()
    origins = origin + starts[:, None, None] * direction
    origins[:, :, 2] -= centres
    inverses = np.linalg.inv(np.stack([s.matrix for s in solids]))
    return starts.astype(np.float32), inverses @ origins, inverses @ direction


def fan(coefficients: Vector, xs: Vector, ys: Vector) -> Ray:
    """Rows (a, b, c) → a·x + b·y + c over the window: three h×w arrays, or 1×1 where constant."""
    if not coefficients[:, :2].any():
        x, y, z = coefficients[:, 2].astype(np.float32)[:, None, None]
        return x, y, z
    columns = (coefficients[:, :1] * xs).astype(np.float32)[:, None, :]
    rows = (coefficients[:, 1:2] * ys + coefficients[:, 2:]).astype(np.float32)[:, :, None]
    x, y, z = columns + rows
    return x, y, z
