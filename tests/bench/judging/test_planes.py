"""Rooms of exact planes, whose figures follow from geometry."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.judging import planes
from bench.judging.planes import angle_deg
from export import geometry
from export.fit import Box

SIZE = (96, 128)
Floats = NDArray[np.float64]


def rays(shape: tuple[int, int] = SIZE, fov: float = 60) -> Floats:
    """(x, y, 1) of each pixel, H×W×3."""
    focal = geometry.focal_from_fov(shape[1], fov)
    return geometry.points(np.zeros(shape), focal).astype(np.float64).reshape(*shape, 3)


def corner(opening_deg: float, yaw_deg: float = 0.0, fov: float = 60) -> tuple[Floats, Floats, Floats]:
    """Disparity of a concave corner two units ahead, and the normals of its left and right wall.

    The angle between the normals, which point away from the camera, is 180° − opening.
    """
    half = np.radians((180 - opening_deg) / 2)
    turn = np.radians(yaw_deg)
    left = np.array([np.sin(turn - half), 0, np.cos(turn - half)])
    right = np.array([np.sin(turn + half), 0, np.cos(turn + half)])
    ahead = np.array([0, 0, 2.0])
    seen = rays(fov=fov)
    return np.maximum(seen @ left / (left @ ahead), seen @ right / (right @ ahead)), left, right


def room() -> Floats:
    """Disparity of a floor, a wall ahead and one on the right."""
    walls = [([0, 1, 0], 1.0), ([0, 0, 1], 3.0), ([1, 0, 0], 1.2)]
    disparity: Floats = np.maximum.reduce(
        [rays() @ np.array(normal) / distance for normal, distance in walls]
    )
    return disparity


def found(disparity: Floats) -> planes.Planes:
    result = planes.find(np.log(disparity))
    assert result is not None
    return result


@pytest.mark.parametrize("fov", [40, 60, 90])
@pytest.mark.parametrize(("opening", "yaw"), [(90, 0), (90, 15), (120, -10), (70, 5)])
def test_a_corner_has_the_angle_it_was_made_with(opening: float, yaw: float, fov: float) -> None:
    disparity, left, right = corner(opening, yaw, fov)
    result = planes.find(np.log(disparity), geometry.focal_from_fov(SIZE[1], fov))
    assert result is not None
    first, second = result.planes
    assert angle_deg(first.normal, second.normal) == pytest.approx(180 - opening, abs=1e-3)
    for truth in (left, right):
        assert min(angle_deg(plane.normal, truth) for plane in (first, second)) < 1e-3


def test_exact_planes_have_no_residual() -> None:
    result = found(room())
    assert len(result.planes) == 3
    figures = planes.compare(result, np.log(room()))
    assert figures["planes"] == 3
    assert max(v for key, v in figures.items() if key != "planes") < 1e-4
    normals = [plane.normal for plane in result.planes]
    assert [angle_deg(a, b) for a, b in combinations(normals, 2)] == pytest.approx([90] * 3, abs=1e-3)


def test_each_pixel_belongs_to_one_plane_and_lies_on_it() -> None:
    result = found(room())
    pixels = np.concatenate([plane.pixels for plane in result.planes])
    assert len(np.unique(pixels)) == len(pixels)
    assert len(pixels) > 0.6 * room().size
    seen, disparity = rays().reshape(-1, 3), room().ravel()
    for plane in result.planes:
        distances = seen[plane.pixels] @ plane.normal / disparity[plane.pixels]
        assert np.ptp(distances) < 1e-4
        np.testing.assert_array_equal(plane.rays, seen[plane.pixels])


constants = st.floats(-20, 20)


@settings(deadline=None, max_examples=15)
@given(constants, constants, st.integers(0, 99))
def test_a_constant_added_to_either_map_changes_nothing(first: float, second: float, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.005, SIZE)
    reference, candidate = np.log(room()) + noise, np.log(room() + 0.01) + 2 * noise[::-1]
    plain, moved = planes.find(reference), planes.find(reference + first)
    assert plain is not None
    assert moved is not None
    assert planes.compare(moved, candidate + second) == pytest.approx(
        planes.compare(plain, candidate), rel=1e-3
    )


@settings(deadline=None, max_examples=25)
@given(st.floats(-0.1, 0.4), st.floats(75, 130), st.floats(-10, 10))
def test_a_shift_of_disparity_leaves_walls_flat_and_opens_corners(
    shift: float, opening: float, yaw: float
) -> None:
    """n′ ∝ n + d·δ·(0, 0, 1), δ in the unit of 1/d."""
    disparity, left, right = corner(opening, yaw)
    figures = planes.compare(found(disparity), np.log(disparity + shift))
    axis = np.array([0, 0, 1.0])
    tilted = [normal + 2 * normal[2] * shift * axis for normal in (left, right)]
    change = angle_deg(*tilted) - (180 - opening)
    tilts = [angle_deg(a, b) for a, b in zip((left, right), tilted, strict=True)]
    assert figures["residual"] < 1e-3
    assert figures["angle_deg"] == pytest.approx(abs(change), abs=2e-3)
    assert figures["normal_deg"] == pytest.approx(np.mean(tilts), abs=2e-3)


def test_an_affine_error_of_disparity_is_felt_by_angles_as_its_shift_alone() -> None:
    result = found(room())
    shifted = planes.compare(result, np.log(room() + 0.05))
    assert shifted["angle_deg"] > 1
    assert planes.compare(result, np.log(3 * room() + 0.15)) == pytest.approx(shifted, abs=1e-6)


@settings(deadline=None, max_examples=25)
@given(st.floats(0.02, 0.1))
def test_stairs_make_a_residual_of_their_own_size(step: float) -> None:
    """Rounding leaves an error uniform within a step, step/√12; of it counts what is across the wall: n·r."""
    disparity, *_ = corner(90)
    result = found(disparity)
    figures = planes.compare(result, step * np.round(np.log(disparity) / step))
    across = [np.sqrt(np.mean((plane.rays @ plane.normal) ** 2)) for plane in result.planes]
    assert figures["residual_float"] < 1e-3
    assert figures["residual"] == pytest.approx(100 * step / np.sqrt(12) * np.mean(across), rel=0.3)


def test_coarser_stairs_make_larger_residuals() -> None:
    result, disparity = found(room()), room()
    residuals = [
        planes.compare(result, step * np.round(np.log(disparity) / step))["residual"]
        for step in (0.01, 0.03, 0.1, 0.3)
    ]
    assert residuals == sorted(residuals)
    assert residuals[-1] > 10 * residuals[0] > 0


def test_noise_is_found_through_and_measured() -> None:
    noisy = np.log(room()) + np.random.default_rng(0).normal(0, 0.01, SIZE)
    result = planes.find(noisy)
    assert result is not None
    assert len(result.planes) == 3
    for plane in result.planes:
        across = np.sqrt(np.mean((plane.rays @ plane.normal) ** 2))
        assert plane.residual == pytest.approx(1.0 * across, rel=0.1)
    exact = planes.compare(result, np.log(room()))
    assert exact["residual"] < 1e-3 < exact["residual_float"]
    assert exact["normal_deg"] < 0.5


def test_one_plane_has_no_angles_between() -> None:
    wall = rays() @ np.array([0.3, 0.1, 1.0])
    figures = planes.compare(found(wall), np.log(wall))
    assert figures["planes"] == 1
    assert "angle_deg" not in figures


def test_a_dead_file_is_flat_and_of_other_angles() -> None:
    figures = planes.compare(found(room()), np.zeros(SIZE))
    assert figures["residual"] < 1e-3
    assert figures["normal_deg"] > 30
    assert figures["angle_deg"] == pytest.approx(90, abs=1e-3)


@pytest.mark.parametrize("curved", ["noise", "ball", "small"])
def test_where_no_plane_is_there_is_none(curved: str) -> None:
    seen = rays()
    radius = np.hypot(seen[..., 0], seen[..., 1])
    maps = {
        "noise": np.random.default_rng(1).normal(0, 1, SIZE),
        "ball": 8 * radius**2,
        "small": np.zeros((2, 300)),
    }
    assert planes.find(maps[curved]) is None


def test_the_same_map_gives_the_same_planes() -> None:
    noisy = np.log(room()) + np.random.default_rng(0).normal(0, 0.02, SIZE)
    first, second = planes.find(noisy), planes.find(noisy.copy())
    assert first is not None
    assert second is not None
    for a, b in zip(first.planes, second.planes, strict=True):
        np.testing.assert_array_equal(a.pixels, b.pixels)
        np.testing.assert_array_equal(a.normal, b.normal)


def test_padding_is_left_out() -> None:
    """The same photo in a letterbox: planes and figures as without, pixels inside the box."""
    box = Box(20, 0, *SIZE)
    boxed, shifted = np.full((136, 128), 2.0), np.full((136, 128), -1.0)
    box.cut(boxed)[:], box.cut(shifted)[:] = np.log(room()), np.log(room() + 0.05)
    result = planes.find(boxed, box=box)
    assert result is not None
    rows = np.concatenate([plane.pixels for plane in result.planes]) // 128
    assert rows.min() >= box.top
    assert rows.max() < box.top + box.height
    plain = planes.compare(found(room()), np.log(room() + 0.05))
    assert planes.compare(result, shifted) == pytest.approx(plain, rel=1e-6)


def test_a_stretched_photo_keeps_its_angles() -> None:
    """96×128 seen through a square network input of 128×128."""
    seen = geometry.points(np.zeros((128, 128)), photo=SIZE).astype(np.float64)
    disparity = np.maximum(seen[:, 1], seen[:, 2] / 3).reshape(128, 128)
    result = planes.find(np.log(disparity), photo=SIZE)
    assert result is not None
    assert angle_deg(*(plane.normal for plane in result.planes)) == pytest.approx(90, abs=1e-3)


@pytest.mark.parametrize("shape", [(97, 131), (384, 384), (30, 41)])
def test_any_size(shape: tuple[int, int]) -> None:
    disparity = np.maximum(rays(shape)[..., 1], rays(shape)[..., 2] / 3).astype(np.float32)
    result = planes.find(np.log(disparity))
    assert result is not None
    assert len(result.planes) == 2
    assert planes.compare(result, np.log(disparity))["residual"] < 1e-3


@pytest.mark.parametrize(
    ("log_disparity", "message"),
    [
        (np.zeros((1, 96, 128)), "H×W"),
        (np.zeros((0, 5)), "H×W"),
        (np.full(SIZE, np.nan), "not finite"),
        (np.where(np.arange(128) == 5, np.inf, np.zeros(SIZE)), "not finite"),
    ],
)
def test_broken_maps_are_refused(log_disparity: Floats, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        planes.find(log_disparity)


def test_a_file_of_another_size_or_not_finite_is_refused() -> None:
    result = found(room())
    with pytest.raises(ValueError, match=r"compared in one of \(128, 96\)"):
        planes.compare(result, np.zeros((128, 96)))
    with pytest.raises(ValueError, match="not finite"):
        planes.compare(result, np.full(SIZE, np.inf))


@settings(deadline=None, max_examples=20)
@given(st.floats(1, 3000), st.integers(0, 99))
def test_absurd_files_give_finite_figures(scale: float, seed: int) -> None:
    """A file that quantization broke is reported, not crashed upon; warnings are errors here."""
    figures = planes.compare(found(room()), scale * np.random.default_rng(seed).normal(0, 1, SIZE))
    assert np.isfinite(list(figures.values())).all()
    planes.find(scale * np.random.default_rng(seed).normal(0, 1, SIZE))
