"""A z-buffer of points → dense depth: no far side shining through a near surface, no gaps between points.

A splat of fixed size fattens thin things and eats the far side of every edge; none at all lets the far side
shine through wherever a near surface has less than a point a pixel. So points stay in their own pixels, and
two questions are asked in the image, at window sides R of WINDOWS. Around a pixel lie eight boxes of R×R:

    far side     a pixel is dropped if nearly all boxes hold something clearly nearer. Beside a
                 straight edge five do at the most, beside a wire three: edges stay where they are, and
                 thin things as thin as they are. (After Pintus, Gobbetti, Agus, "Real-time rendering of
                 massive unstructured raw point clouds using screen-space operators", VAST 2011.)
    gap          an empty pixel takes the mean disparity of opposite boxes (disparity is linear in the
                 image on every plane), if at least two of the four pairs belong together and agree.
                 Nothing grows beyond the outermost points of a surface.

Which sides R a place allows follows from how dense the front surface is there: with n points on a pixel it
has a spacing of s = 1/√n pixels (point spacing · focal length / depth), and R ≤ REACH·s. So an opening in a
densely scanned wall stays open, and one between sparse points is closed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Depth = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Side R of the boxes → how many of the eight must be nearer for a pixel to be the far side's. (Between two
# parallel edges it is six; only slits of a single pixel are closed.)
WINDOWS = {1: 6, 3: 7, 5: 7, 9: 7, 17: 7}
# What the widest boxes need around a picture, so that its border is judged as its middle is.
MARGIN = max(WINDOWS) + max(WINDOWS) // 2 + 1
REACH = 2.9
# The density is counted in windows of COUNTED·R; the densest whose middle is up to MOVED·R away is taken, so
# that an opening does not make the wall around it look sparse.
COUNTED, MOVED = 3, 2
# Two depths differ clearly if by more than NOISE and by more than a slope of SLOPE explains. Surfaces that
# are cut by edges of their own are grazed at STEEPEST at the most.
NOISE, SLOPE, STEEPEST = 0.01, 2.0, 6.0
REPAIRS = 2


def dense(nearest: Depth, focal_px: float) -> Depth:
    """Depth without far sides and gaps; `nearest`: infinity = no point, MARGIN pixels more on every side.

    Returns the picture without the margin; infinity where nothing is known.
    """
    depth = nearest.copy()
    inner = np.zeros(depth.shape, np.bool_)
    inner[MARGIN:-MARGIN, MARGIN:-MARGIN] = True
    for side in WINDOWS:
        _drop_far_side(depth, inner, side, focal_px)
    gaps = [_sparse(depth, side, focal_px) for side in WINDOWS]
    for side, gap in zip(WINDOWS, gaps, strict=True):
        _close(depth, inner & gap, side, focal_px)
    # Single pixels of the far side that sparse points left alone are surrounded now; single gaps between
    # two neighbours are safe to close.
    for _ in range(REPAIRS):
        _drop_far_side(depth, inner, 1, focal_px)
        _close(depth, inner, 1, focal_px, pairs=1)
    return depth[MARGIN:-MARGIN, MARGIN:-MARGIN]


def _differ(pixels: float, focal_px: float, slope: float = SLOPE) -> float:
    """The relative difference of depth that `pixels` between two places explain, and noise."""
    return NOISE + slope * pixels / focal_px


def _sparse(depth: Depth, side: int, focal_px: float) -> Mask:
    """Where the front surface is so sparse that windows of `side` are allowed."""
    from scipy import ndimage

    if side == 1:
        return np.ones(depth.shape, np.bool_)
    reach = (COUNTED + 2 * MOVED) * side
    nearest = ndimage.minimum_filter(depth, reach, mode="constant", cval=np.inf)
    front = (depth <= nearest * np.float32(1 + _differ(reach, focal_px))) & np.isfinite(depth)
    density = ndimage.uniform_filter(front.astype(np.float32), COUNTED * side, mode="constant")
    densest = ndimage.maximum_filter(density, 2 * MOVED * side + 1, mode="constant")
    return np.asarray(densest <= (REACH / side) ** 2, np.bool_)


def _drop_far_side(depth: Depth, inner: Mask, side: int, focal_px: float) -> None:
    """Empty the pixels that boxes of `side` with nearer points surround."""
    from scipy import ndimage

    asked = np.flatnonzero(inner & np.isfinite(depth) & _sparse(depth, side, focal_px))
    if not len(asked):
        return
    boxes = ndimage.minimum_filter(depth, side, mode="constant", cval=np.inf).reshape(-1)
    limit = depth.reshape(-1)[asked] * np.float32(1 - _differ(1.5 * side, focal_px))
    nearer = np.zeros(len(asked), np.uint8)
    for step in _steps(side, depth.shape[1]):
        nearer += boxes[asked + step] < limit
        nearer += boxes[asked - step] < limit
    depth.reshape(-1)[asked[nearer >= WINDOWS[side]]] = np.inf


def _steps(side: int, width: int) -> tuple[int, int, int, int]:
    """From a pixel to the middles of the boxes right, below right, below, below left of it."""
    return side, side * (width + 1), side * width, side * (width - 1)


def _close(depth: Depth, gap: Mask, side: int, focal_px: float, pairs: int = 2) -> None:
    """Fill the empty pixels of `gap` from opposite boxes of `side`, where `pairs` of them agree."""
    asked = np.flatnonzero(gap & np.isinf(depth))
    if not len(asked):
        return
    boxes = _mean_disparity(depth, side).reshape(-1)
    count = np.zeros(len(asked), np.uint8)
    total, low = np.zeros(len(asked), np.float32), np.full(len(asked), np.inf, np.float32)
    high = np.zeros(len(asked), np.float32)
    for step in _steps(side, depth.shape[1]):
        one, other = boxes[asked + step], boxes[asked - step]
        middle = (one + other) / 2
        together = np.minimum(one, other) > 0
        together &= np.abs(one - other) <= middle * np.float32(_differ(2 * side, focal_px, STEEPEST))
        count += together
        total += np.where(together, middle, 0)
        low = np.minimum(low, np.where(together, middle, np.inf))
        high = np.maximum(high, np.where(together, middle, 0))
    agree = (count >= pairs) & (high - low <= high * np.float32(_differ(side, focal_px)))
    depth.reshape(-1)[asked[agree]] = count[agree] / total[agree]


def _mean_disparity(depth: Depth, side: int) -> Depth:
    """Mean 1/depth over the points in each box of `side`, 0 where there are none."""
    from scipy import ndimage

    known = np.isfinite(depth)
    disparity = np.divide(1, depth, out=np.zeros_like(depth), where=known)
    if side == 1:
        return disparity
    share = ndimage.uniform_filter(known.astype(np.float32), side, mode="constant")
    mean = ndimage.uniform_filter(disparity, side, mode="constant")
    there = share > 0.5 / side**2
    return np.asarray(np.divide(mean, share, out=np.zeros_like(mean), where=there), np.float32)
