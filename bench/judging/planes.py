"""How straight and flat 3D stays: planes of the float model's point cloud, in the file's. NumPy only.

A plane n·X = d, seen along rays r = (x, y, 1) with X = z·r, is linear in disparity D = 1/z:

    n·r = d·D      and the distance of a point from it, relative to the point's depth, is  |n·r − d·D|

so flatness can be judged without knowing the focal length; angles depend on it. A shift δ of disparity,
D′ = D + δ, turns that into n·r + d·δ = d·D′: a plane again, with n′ ∝ n + d·δ·(0, 0, 1). It leaves every
wall flat, and no residual feels it; but each normal is tilted by another angle, and corners open or close.
Steps and dents, what quantization does otherwise, make residuals. A factor of depth, which is a constant
added to log-disparity, changes neither: aligning the file to the float model by the median is not needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export import geometry
from export.fit import Box
from training.metrics import Map

MOST_PLANES = 4
SMALLEST_SHARE = 0.05  # of the pixels
# A sample belongs to a plane when its disparity is within 5 % of the plane's there, and the surface around
# it lies within 30° of it. Without the second, planes that cut through a sofa and the wall behind it win.
NEAR, TILT_DEG = 0.05, 30.0
GRID = 64  # samples along the shorter side
CANDIDATES = 768
# The three samples of a candidate lie within this share of the sides of each other: those farther apart
# are rarely of one surface, closer ones say little of its slope.
REACH = (0.08, 0.35)
REFINEMENTS = 3
EDGE_ON = 1e-6  # of the median depth: a plane that near to the camera is seen as a line, if at all
ATTEMPTS = 2 * MOST_PLANES  # a candidate can shrink below the smallest share when it is refined

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Plane:
    """One planar region of the float prediction.

    pixels: N indices into the flattened map · rays: N×3, (x, y, 1) of each · normal: unit, pointing away
    from the camera · residual: of the float prediction, percent, as in `compare`.
    """

    pixels: NDArray[np.intp]
    rays: Floats
    normal: Floats
    residual: float


@dataclass(frozen=True)
class Planes:
    """The planes of one image, in the order found; shape: of the map that they were found in."""

    planes: tuple[Plane, ...]
    shape: tuple[int, ...]


@dataclass(frozen=True)
class _Grid:
    """Blocks of pixels. rays h×w×3 and disparity h×w: means over the block · slopes h×w×3: unit normal of
    the surface there · scaled h×w×3: ray / disparity, whose product with the c of a plane D = c·r is 1.
    """

    rays: Floats
    disparity: Floats
    slopes: NDArray[np.float32]
    scaled: NDArray[np.float32]


def find(
    log_disparity: Map,
    focal_px: float | None = None,
    box: Box | None = None,
    photo: tuple[int, int] | None = None,
) -> Planes | None:
    """Up to four planes of at least 5 % of the pixels each, by RANSAC; None where there is none.

    log_disparity: H×W, the float model's · focal_px, box, photo: as in `export.geometry.points`, by
    default 60° of horizontal field of view. Works on a grid of blocks of pixels. Those along the border
    of a region are left out: at an edge of depth, half a pixel decides what they show. One map always
    gives the same planes. ValueError for a map that is not H×W, or not finite.
    """
    log_disparity = _checked(log_disparity)
    index = np.arange(log_disparity.size).reshape(log_disparity.shape)
    index = index if box is None else box.cut(index)
    step = max(1, round(min(index.shape) / GRID))
    height, width = len(index) // step * step, len(index.T) // step * step
    if min(height, width) < 3 * step:
        return None
    cloud = geometry.points(np.zeros(log_disparity.shape), focal_px, box, photo).astype(np.float64)
    rays, index = cloud.reshape(*index.shape, 3)[:height, :width], index[:height, :width]
    values = log_disparity.ravel()
    regions = _regions(_grid(_pooled(rays, step), _pooled(_disparity(values[index]), step)))
    found = []
    for region in regions:
        mask = region.repeat(step, axis=0).repeat(step, axis=1)
        normal, _, residual = _fit(rays[mask], _disparity(values[index[mask]]))
        found.append(Plane(index[mask], rays[mask], normal, residual))
    return Planes(tuple(found), log_disparity.shape) if found else None


def compare(planes: Planes, log_disparity: Map) -> dict[str, float]:
    """What a file makes of the float model's planes, on the very same pixels; means over the planes.

    planes: their number · residual_float, residual: distances of the points from the plane fitted to them,
    each relative to the point's depth, root mean square, percent, of the float prediction and of the file
    (the pixels were chosen by the former, which flatters it) · normal_deg: angle between the float's and
    the file's normal · angle_deg: by how much the angle between two planes changes, mean over all pairs
    (absent where there is one plane). ValueError for a map of another size, or one that is not finite.
    """
    if log_disparity.shape != planes.shape:
        raise ValueError(f"planes found in a {planes.shape} map, compared in one of {log_disparity.shape}")
    values = _checked(log_disparity).ravel()
    fits = [_fit(plane.rays, _disparity(values[plane.pixels])) for plane in planes.planes]
    before, after = [plane.normal for plane in planes.planes], [normal for normal, _, _ in fits]
    figures = {
        "planes": float(len(fits)),
        "residual_float": float(np.mean([plane.residual for plane in planes.planes])),
        "residual": float(np.mean([residual for _, _, residual in fits])),
        "normal_deg": float(np.mean([angle_deg(a, b) for a, b in zip(before, after, strict=True)])),
    }
    if pairs := list(combinations(range(len(fits)), 2)):
        changes = [angle_deg(after[i], after[j]) - angle_deg(before[i], before[j]) for i, j in pairs]
        figures["angle_deg"] = float(np.mean(np.abs(changes)))
    return figures


def angle_deg(a: Floats, b: Floats) -> float:
    """Angle between two vectors, degrees, 0…180; exact for small angles, where arccos is not."""
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)))


def _fit(rays: Floats, disparity: Floats) -> tuple[Floats, float, float]:
    """Unit normal n, distance d ≥ 0 and 100·√(mean e²) of the plane with the least Σe², e = n·r − d·D.

    For a given n the best d is Σ D·(n·r) / Σ D². With that put in, the mean of e² is nᵀMn with the
    3×3 matrix M below: n is the eigenvector of its smallest eigenvalue, which is the mean of e².
    """
    along, square = rays.T @ disparity / len(rays), disparity @ disparity / len(rays)
    values, vectors = np.linalg.eigh(rays.T @ rays / len(rays) - np.outer(along, along) / square)
    normal = vectors[:, 0]
    distance = float(normal @ along / square)
    sign = 1.0 if distance >= 0 else -1.0
    return sign * normal, sign * distance, 100 * float(np.sqrt(max(values[0], 0)))


def _grid(rays: Floats, disparity: Floats) -> _Grid:
    """Slopes from differences: D = c·r gives c = (∂D/∂x, ∂D/∂y, D − x·∂D/∂x − y·∂D/∂y), n = c/|c|."""
    x, y = rays[..., 0], rays[..., 1]
    across = _smooth(np.gradient(disparity, x[0], axis=1))
    down = _smooth(np.gradient(disparity, y[:, 0], axis=0))
    slopes = np.stack([across, down, disparity - x * across - y * down], axis=2)
    slopes /= np.linalg.norm(slopes, axis=2, keepdims=True)
    scaled = rays / disparity[..., None]
    return _Grid(rays, disparity, slopes.astype(np.float32), scaled.astype(np.float32))


def _regions(grid: _Grid) -> list[Mask]:
    """h×w masks of the planes: of all candidates the one with the most free samples is fitted to them,
    these are taken out, and so on.
    """
    candidates = _candidates(grid)
    counted = _eroded(_members(grid, candidates)).reshape(-1, len(candidates)).astype(np.float32)
    free = np.ones(grid.disparity.shape, bool)
    regions: list[Mask] = []
    for _ in range(ATTEMPTS):
        best = int((free.ravel().astype(np.float32) @ counted).argmax())
        members = _refined(grid, candidates[best], free)
        counted[:, best] = 0
        region = _eroded(members)
        if region.mean() < SMALLEST_SHARE:
            continue
        regions.append(region)
        free &= ~members
        if len(regions) == MOST_PLANES:
            break
    return regions


def _refined(grid: _Grid, plane: NDArray[np.float32], free: Mask) -> Mask:
    """Free samples of the plane fitted, again and again, to those of the one before."""
    members = free & _members(grid, plane[None])[..., 0]
    for _ in range(REFINEMENTS):
        if members.mean() < SMALLEST_SHARE:
            break
        normal, distance, _ = _fit(grid.rays[members], grid.disparity[members])
        if distance < EDGE_ON:
            break
        plane = (normal / distance).astype(np.float32)
        members = free & _members(grid, plane[None])[..., 0]
    return members


def _candidates(grid: _Grid) -> NDArray[np.float32]:
    """K×3: the c of D = c·r through three samples that lie near each other."""
    random = np.random.default_rng(0)
    size = np.array(grid.disparity.shape)
    first = random.random((CANDIDATES, 1, 2)) * size
    reach = random.uniform(*REACH, (CANDIDATES, 1, 1)) * size
    others = first + reach * random.uniform(-1, 1, (CANDIDATES, 2, 2))
    places = np.clip(np.concatenate([first, others], axis=1), 0, size - 1).astype(np.intp)
    first_side, second_side = places[:, 1] - places[:, 0], places[:, 2] - places[:, 0]
    on_a_line = first_side[:, 0] * second_side[:, 1] == first_side[:, 1] * second_side[:, 0]
    rows, columns = places[~on_a_line, :, 0], places[~on_a_line, :, 1]
    planes = np.linalg.solve(grid.rays[rows, columns], grid.disparity[rows, columns][..., None])[..., 0]
    return planes.astype(np.float32)


def _members(grid: _Grid, planes: NDArray[np.float32]) -> Mask:
    """h×w×K: the samples that belong to each of K planes c (K×3)."""
    normals = planes / np.linalg.norm(planes, axis=1, keepdims=True)
    near: Mask = np.abs(grid.scaled @ planes.T - 1) < NEAR
    along: Mask = grid.slopes @ normals.T > np.cos(np.radians(TILT_DEG))
    return near & along


def _eroded(mask: Mask) -> Mask:
    """h×w(×K) without the samples that have one outside the mask among their eight neighbours."""
    rows = mask.copy()
    rows[1:] &= mask[:-1]
    rows[:-1] &= mask[1:]
    both = rows.copy()
    both[:, 1:] &= rows[:, :-1]
    both[:, :-1] &= rows[:, 1:]
    return both


def _pooled(values: Floats, step: int) -> Floats:
    """Means over blocks of step×step pixels; a plane's mean disparity is that of the mean ray."""
    blocks = values.reshape(values.shape[0] // step, step, values.shape[1] // step, step, *values.shape[2:])
    means: Floats = blocks.mean(axis=(1, 3))
    return means


def _smooth(values: Floats) -> Floats:
    """Means over 3×3 samples."""
    padded = np.pad(values, 1, mode="edge")
    rows = (padded[:-2] + padded[1:-1] + padded[2:]) / 3
    return (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 3


def _disparity(log_disparity: NDArray[Any]) -> Floats:
    """exp, scaled to a median of 1; held within e^±30, so that squares of an absurd map fit float32."""
    values = log_disparity.astype(np.float64)
    disparity: Floats = np.exp(np.clip(values - np.median(values), -30, 30))
    return disparity


def _checked(log_disparity: Map) -> Map:
    if log_disparity.ndim != 2 or not log_disparity.size:
        raise ValueError(f"a log-disparity map is H×W, not {log_disparity.shape}")
    if not np.isfinite(log_disparity).all():
        raise ValueError("the log-disparity holds values that are not finite (NaN or Inf)")
    return log_disparity
