"""Dense depth from points on surfaces whose exact depth is known: plane, sphere, board, wire, opening."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.testsets.rendering.rasterize import Projection, splat
from bench.testsets.rendering.visibility import MARGIN, dense

HEIGHT, WIDTH, FOCAL = 240, 320, 300.0
CAMERA = np.array([[FOCAL, 0, WIDTH / 2, 0], [0, FOCAL, HEIGHT / 2, 0], [0, 0, 1, 0]], np.float64)
FAR_M, NEAR_M = 6.0, 2.0

Points = NDArray[np.float32]
Depth = NDArray[np.floating]


@dataclass(frozen=True)
class Board:
    """A piece of the plane depth = z + slope·x; x, y from … to."""

    z: float
    x: tuple[float, float]
    y: tuple[float, float]
    slope: float = 0.0

    def points(self, spacing: float, rng: np.random.Generator) -> Points:
        """A grid of `spacing`, each point moved by up to a quarter of it: a scanner's lines are not even."""
        axes = np.meshgrid(np.arange(*self.x, spacing), np.arange(*self.y, spacing))
        x, y = (a.ravel() + rng.uniform(-0.25, 0.25, a.size) * spacing for a in axes)
        return np.stack([x, y, self.z + self.slope * x]).astype(np.float32)

    def depth(self, right: Depth, down: Depth) -> Depth:
        depth = self.z / (1 - self.slope * right)
        x, y = right * depth, down * depth
        hit = (x >= self.x[0]) & (x <= self.x[1]) & (y >= self.y[0]) & (y <= self.y[1])
        return np.where(hit, depth, np.inf)


@dataclass(frozen=True)
class Sphere:
    centre: tuple[float, float, float]
    radius: float

    def points(self, spacing: float, rng: np.random.Generator) -> Points:
        """Fibonacci's spiral, both sides: the far one must not be seen."""
        number = int(4 * np.pi * (self.radius / spacing) ** 2)
        i = np.arange(number) + 0.5
        height, turn = 1 - 2 * i / number, np.pi * (1 + 5**0.5) * i
        ring = np.sqrt(1 - height**2)
        on_unit = np.stack([ring * np.cos(turn), ring * np.sin(turn), height])
        return (np.array(self.centre)[:, None] + self.radius * on_unit).astype(np.float32)

    def depth(self, right: Depth, down: Depth) -> Depth:
        a = right**2 + down**2 + 1
        b = right * self.centre[0] + down * self.centre[1] + self.centre[2]
        root = b**2 - a * (np.dot(self.centre, self.centre) - self.radius**2)
        return np.where(root > 0, (b - np.sqrt(np.maximum(root, 0))) / a, np.inf)


WALL = Board(FAR_M, (-4.0, 4.0), (-3.0, 3.0))
BOARD = Board(NEAR_M, (-0.6, -0.1), (-0.4, 0.4))
SPHERE = Sphere((0.6, 0.1, 3.5), 0.6)


def exact(*surfaces: Board | Sphere) -> Depth:
    v, u = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    right, down = (u - WIDTH / 2) / FOCAL, (v - HEIGHT / 2) / FOCAL
    nearest: Depth = np.stack([s.depth(right, down) for s in surfaces]).min(axis=0)
    return nearest


def rendered(*clouds: Points) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The bare z-buffer, and what is made of it."""
    view = Projection(CAMERA, HEIGHT, WIDTH).widened(MARGIN)
    nearest = view.blank()
    splat(nearest, view, np.zeros(3), np.concatenate(clouds, axis=1))
    return nearest[MARGIN:-MARGIN, MARGIN:-MARGIN], dense(nearest, FOCAL)


def shining_through(depth: NDArray[np.float32], truth: Depth) -> float:
    """Share of the known pixels, in percent, that lie behind the surface that is there."""
    known = np.isfinite(depth)
    return float(100 * (depth[known] > 1.1 * truth[known]).mean())


def away_from_edges(truth: Depth, pixels: int) -> NDArray[np.bool_]:
    """Pixels with no jump of depth up to so many pixels away."""
    side = 2 * pixels + 1
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(truth, pixels, mode="edge"), (side, side))
    inside: NDArray[np.bool_] = windows.max(axis=(2, 3)) < 1.15 * windows.min(axis=(2, 3))
    return inside


@pytest.mark.parametrize("spacing", [0.004, 0.008, 0.012])  # 0.6, 1.2 and 1.8 pixels on the board
def test_near_surfaces_are_closed(spacing: float) -> None:
    rng = np.random.default_rng(0)
    surfaces = (WALL, BOARD, SPHERE)
    truth = exact(*surfaces)
    bare, depth = rendered(*(s.points(spacing, rng) for s in surfaces))
    assert np.isfinite(depth).mean() >= 0.99
    # Up to a spacing from its edge a surface has no points: what lies behind is seen there, as it must be.
    inside = away_from_edges(truth, pixels=2)
    assert shining_through(depth[inside], truth[inside]) <= 0.1
    assert shining_through(depth, truth) <= 0.8
    if spacing > 0.004:  # or the z-buffer alone would have done
        assert shining_through(bare[inside], truth[inside]) > 3
    known = np.isfinite(depth) & inside
    error = np.abs(depth - truth)[known]
    pixel = truth[known] / FOCAL  # what one pixel spans, across the line of sight
    assert np.mean(error > spacing + pixel) < 0.01  # the sphere's rim
    assert np.median(error) < spacing / 10


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_every_depth_of_a_slanted_surface_is_within_a_spacing(slope: float) -> None:
    spacing = 0.02  # 2 pixels at 3 m
    surface = Board(3.0, (-3.5, 3.5), (-3.5, 3.5), slope)
    _, depth = rendered(surface.points(spacing, np.random.default_rng(1)))
    truth = exact(surface)
    there = np.isfinite(truth)
    assert np.isfinite(depth[there]).mean() >= 0.99
    error = np.abs(depth - truth)[there & np.isfinite(depth)]
    assert np.quantile(error, 0.995) <= spacing
    assert error.max() <= 1.5 * spacing


def test_a_wire_is_neither_lost_nor_thickened() -> None:
    wire = Board(NEAR_M, (0.001, 0.006), (-1.0, 1.0))  # within one column of pixels
    bare, depth = rendered(
        WALL.points(0.008, np.random.default_rng(2)), wire.points(0.002, np.random.default_rng(3))
    )
    column = WIDTH // 2
    assert (depth[:, column] < 2.5).all()
    assert (depth[:, [column - 2, column - 1, column + 1, column + 2]] > 5.5).all()
    assert np.isfinite(bare[:, column - 1]).all()


@pytest.mark.parametrize("spacing", [0.003, 0.005])
def test_an_opening_in_a_dense_wall_stays_open(spacing: float) -> None:
    """8 pixels wide, with another wall behind it or with nothing."""
    half, rng = 8 / 2 * NEAR_M / FOCAL, np.random.default_rng(4)
    frame = [
        Board(NEAR_M, (-2, -half), (-2, 2)), Board(NEAR_M, (half, 2), (-2, 2)),
        Board(NEAR_M, (-half, half), (-2, -half)), Board(NEAR_M, (-half, half), (half, 2)),
    ]  # fmt: skip
    near = [board.points(spacing, rng) for board in frame]
    rows, columns = slice(HEIGHT // 2 - 2, HEIGHT // 2 + 2), slice(WIDTH // 2 - 2, WIDTH // 2 + 2)
    _, open_to_wall = rendered(WALL.points(0.008, rng), *near)
    assert (open_to_wall[rows, columns] > 5.5).all()
    _, open_to_sky = rendered(*near)
    assert np.isinf(open_to_sky[rows, columns]).all()
    assert (open_to_sky[:50] < 2.5).all()


def test_a_room_corner_is_no_far_side() -> None:
    """Three walls that meet away from the viewer: everything around the corner is nearer than it."""
    rng = np.random.default_rng(5)
    x, y = rng.uniform(-2.5, 2.5, (2, 600_000))
    points = np.stack([x, y, 5 - np.maximum(np.abs(x), np.abs(y))]).astype(np.float32)
    bare, depth = rendered(points)
    kept = np.isfinite(bare)
    assert (np.isfinite(depth) | ~kept).all()
    np.testing.assert_array_equal(depth[kept], bare[kept])


def test_nothing_grows_past_the_outermost_points() -> None:
    _, depth = rendered(BOARD.points(0.02, np.random.default_rng(6)))
    outside = np.isinf(exact(BOARD))
    assert np.isinf(depth[outside]).mean() > 0.999
    assert np.isfinite(depth[~outside]).mean() > 0.9


def test_no_points_no_depth() -> None:
    _, depth = rendered(np.zeros((3, 0), np.float32))
    assert depth.shape == (HEIGHT, WIDTH)
    assert np.isinf(depth).all()
