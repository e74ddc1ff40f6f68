"""Points → the nearest depth in each pixel (z-buffer), for many points and several views at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Depth = NDArray[np.float32]
# Nearer than this nothing was measured: the scanner's own tripod, or a photographer inside a scan.
NEAREST_M = 0.05


@dataclass(frozen=True)
class Projection:
    """matrix 3×4: (x, y, z, 1) → (u·depth, v·depth, depth); u, v in pixels from the upper left corner.

    depth is along the optical axis; a point lies in the pixel (⌊v⌋, ⌊u⌋) of height×width.
    """

    matrix: NDArray[np.float64]
    height: int
    width: int

    def after(self, transform: NDArray[np.float64]) -> Projection:
        """The projection of points that `transform` (4×4) takes where this one expects them."""
        return Projection(self.matrix @ transform, self.height, self.width)

    def widened(self, margin: int) -> Projection:
        """The same with `margin` more pixels on every side."""
        shift = np.array([[1, 0, margin], [0, 1, margin], [0, 0, 1]], np.float64)
        return Projection(shift @ self.matrix, self.height + 2 * margin, self.width + 2 * margin)

    def blank(self) -> Depth:
        """A buffer that holds no point yet: infinity everywhere."""
        return np.full((self.height, self.width), np.inf, np.float32)


def may_see(
    projections: Sequence[Projection], origin: NDArray[np.float64], offsets: NDArray[np.float32]
) -> NDArray[np.intp]:
    """Indices of the projections that the box around the points (origin + 3×N offsets) is not wholly out of.

    A box whose corners all lie beyond one plane of the view's pyramid is out of it.
    """
    low, high = offsets.min(axis=1), offsets.max(axis=1)
    picks = np.stack(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij")).reshape(3, 8)
    corners = np.where(picks == 1, high[:, None], low[:, None]) + origin[:, None]
    matrices = np.stack([p.matrix for p in projections])
    sizes = np.array([[p.width, p.height] for p in projections])[:, :, None]
    with np.errstate(over="ignore", invalid="ignore"):  # a box without limits is compared as "not out"
        u, v, depth = np.moveaxis(matrices @ np.vstack([corners, np.ones((1, 8))]), 1, 0)
        beyond = [
            depth <= NEAREST_M, u < 0, v < 0, u > sizes[:, 0] * depth, v > sizes[:, 1] * depth,
        ]  # fmt: skip
    return np.flatnonzero(~np.any([b.all(axis=1) for b in beyond], axis=0))


def splat(
    nearest: Depth, projection: Projection, origin: NDArray[np.float64], offsets: NDArray[np.float32]
) -> None:
    """Lower `nearest` (height×width) to the depth of each point (origin + 3×N offsets) in its pixel.

    Points behind the camera, nearer than NEAREST_M or outside the picture change nothing.
    """
    turn, shift = projection.matrix[:, :3], projection.matrix[:, 3]
    start = (turn @ origin + shift).astype(np.float32)
    # Points at infinity or on the camera's plane end outside the picture.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        u, v, depth = turn.astype(np.float32) @ offsets + start[:, None]
        u /= depth
        v /= depth
        inside = (depth > NEAREST_M) & (u >= 0) & (v >= 0) & (u < projection.width) & (v < projection.height)
    kept = np.flatnonzero(inside)
    pixels = v[kept].astype(np.intp) * projection.width + u[kept].astype(np.intp)
    np.minimum.at(nearest.reshape(-1), pixels, depth[kept])
