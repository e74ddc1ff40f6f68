"""The z-buffer against a plain loop, and the search for views that a block of points cannot be seen from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.testsets.rendering.rasterize import NEAREST_M, Projection, may_see, splat

HEIGHT, WIDTH, FOCAL = 12, 16, 14.0
CAMERA = np.array([[FOCAL, 0, WIDTH / 2, 0], [0, FOCAL, HEIGHT / 2, 0], [0, 0, 1, 0]], np.float64)
VIEW = Projection(CAMERA, HEIGHT, WIDTH)
ZERO = np.zeros(3)

coordinate = st.floats(-4, 4, width=32)
clouds = st.lists(st.tuples(coordinate, coordinate, coordinate), min_size=1, max_size=40).map(
    lambda rows: np.array(rows, np.float32).T
)


def plain(points: NDArray[np.float32]) -> NDArray[np.float32]:
    depth = VIEW.blank()
    for x, y, z in points.T:
        if z > NEAREST_M:
            u, v = FOCAL * x / z + WIDTH / 2, FOCAL * y / z + HEIGHT / 2
            if 0 <= u < WIDTH and 0 <= v < HEIGHT:
                depth[int(v), int(u)] = min(depth[int(v), int(u)], z)
    return depth


def drawn(points: NDArray[np.float32], origin: NDArray[np.float64] = ZERO) -> NDArray[np.float32]:
    depth = VIEW.blank()
    splat(depth, VIEW, origin, points)
    return depth


@given(clouds)
def test_the_nearest_point_of_each_pixel_stays(points: NDArray[np.float32]) -> None:
    # Where a point falls on the border of two pixels, rounding decides: such clouds say nothing.
    deep = points[2] > NEAREST_M
    places = FOCAL * points[:2, deep].astype(np.float64) / points[2, deep]
    if (np.abs(places - np.round(places)) > 1e-3).all():
        np.testing.assert_array_equal(drawn(points), plain(points))


@given(clouds)
def test_a_block_that_would_be_seen_is_never_left_out(points: NDArray[np.float32]) -> None:
    seen = np.isfinite(drawn(points)).any()
    assert not seen or list(may_see([VIEW], ZERO, points)) == [0]


def test_only_the_views_that_face_a_block_get_it() -> None:
    half_turn = np.diag([-1.0, 1, -1, 1])
    ahead = np.array([[-1, 1, 0], [0, 0, 0.5], [3, 3, 4]], np.float32)
    assert list(may_see([VIEW, VIEW.after(half_turn)], ZERO, ahead)) == [0]
    assert list(may_see([VIEW, VIEW.after(half_turn)], np.array([0, 0, -8.0]), ahead)) == [1]
    assert list(may_see([VIEW], np.array([90.0, 0, 0]), ahead)) == []


@pytest.mark.parametrize("z", [-2.0, 0.0, NEAREST_M / 2])
def test_behind_the_camera_and_on_it_nothing_is_seen(z: float) -> None:
    assert np.isinf(drawn(np.array([[0], [0], [z]], np.float32))).all()


def test_points_without_limits_are_not_seen() -> None:
    absurd = np.array([[np.inf, 0, -np.inf], [0, np.inf, 0], [1, np.inf, -np.inf]], np.float32)
    assert np.isinf(drawn(absurd)).all()
    assert list(may_see([VIEW], ZERO, absurd)) == [0]  # a box without limits is not judged


def test_far_from_the_origin_a_millimetre_still_counts() -> None:
    """Coordinates of a land survey, whose float32 would step by half a metre."""
    origin = np.array([5_000_000.0, 400_000.0, 0.0])
    view = VIEW.after(np.block([[np.eye(3), -origin[:, None]], [np.zeros(3), np.ones(1)]]))
    depth = view.blank()
    splat(depth, view, origin, np.array([[0.01], [0.01], [2.001]], np.float32))
    assert depth[HEIGHT // 2, WIDTH // 2] == pytest.approx(2.001, abs=1e-5)


def test_a_margin_moves_the_picture_and_nothing_else() -> None:
    points = np.array([[0.1, -0.3], [0.2, 0], [1, 2]], np.float32)
    wide = VIEW.widened(5)
    depth = wide.blank()
    splat(depth, wide, ZERO, points)
    np.testing.assert_allclose(depth[5:-5, 5:-5], drawn(points))
