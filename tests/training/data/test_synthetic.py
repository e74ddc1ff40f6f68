"""The synthetic scenes: the same from the same seed, exact in depth, varied."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.data.synthetic import BUILDERS, KINDS, SyntheticScene, palette, scene
from training.data.synthetic.patterns import Patch, middle, pulse
from training.data.synthetic.raycast import View, cast, focal_pixels, orient, pinhole, windows
from training.data.synthetic.solids import SHAPES, Solid, box, placed, quad, rod, solid
from training.data.synthetic.textures import PAINTS, albedo
from training.data.synthetic.tiles import MAKERS, read, read_nearest, tile

SIZE = 96
SEEDS = range(12)
# what a camera in such a place can see, metres
RANGES = {"room": (0.25, 14.0), "street": (0.8, 80.0)}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def points(depth: NDArray[np.float32], fov_degrees: float) -> NDArray[np.float64]:
    """Camera points H×W×3 from a depth map, by the published pinhole alone."""
    height, width = depth.shape
    focal = width / (2 * np.tan(np.radians(fov_degrees) / 2))
    column, row = np.meshgrid(np.arange(width), np.arange(height))
    x, y = (column - (width - 1) / 2) / focal, (row - (height - 1) / 2) / focal
    return np.stack([x * depth, y * depth, depth], -1).astype(np.float64)


def plane_residual(cloud: NDArray[np.float64]) -> float:
    """Largest distance of N×3 points from their best plane, over their depth."""
    centred = cloud - cloud.mean(0)
    normal = np.linalg.svd(centred, full_matrices=False)[2][2]
    return float(np.abs(centred @ normal / cloud[:, 2]).max())


@pytest.mark.parametrize("kind", KINDS)
def test_a_scene_is_determined_by_its_seed_size_and_kind(kind: str) -> None:
    first, again = scene(7, SIZE, 128, kind), scene(7, SIZE, 128, kind)
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.depth, again.depth)
    assert (first.fov_degrees, first.kind) == (again.fov_degrees, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_types_and_ranges(kind: str) -> None:
    low, high = RANGES[kind]
    for seed in SEEDS:
        made = scene(seed, 72, SIZE, kind)
        assert made.image.shape == (72, SIZE, 3)
        assert made.image.dtype == np.uint8
        assert made.depth.shape == (72, SIZE)
        assert made.depth.dtype == np.float32
        seen = made.depth[made.depth != 0]
        assert seen.min() > low
        assert seen.max() <= high
        assert 40 <= made.fov_degrees <= 90


def test_a_room_is_closed_and_a_street_has_a_sky() -> None:
    for seed in SEEDS:
        assert (scene(seed, SIZE, SIZE, "room").depth > 0).all()
    sky = [float((scene(seed, SIZE, SIZE, "street").depth == 0).mean()) for seed in SEEDS]
    assert np.mean([share > 0.02 for share in sky]) > 0.7
    assert max(sky) < 0.8


def test_what_is_nearer_lies_lower_in_a_street() -> None:
    for seed in SEEDS:
        depth = scene(seed, SIZE, SIZE, "street").depth
        below = depth[-8:][depth[-8:] > 0]
        middle_rows = depth[SIZE // 2 - 8 : SIZE // 2]
        assert np.median(below) < np.median(middle_rows[middle_rows > 0])


@pytest.mark.parametrize("kind", KINDS)
def test_seeds_differ(kind: str) -> None:
    made = [scene(seed, SIZE, SIZE, kind) for seed in SEEDS]
    for k, one in enumerate(made):
        for other in made[:k]:
            assert np.abs(one.image.astype(int) - other.image).mean() > 8
            assert np.median(np.abs(one.depth - other.depth)) > 0.02
    assert np.std([m.image.mean() for m in made]) > 8
    assert len({round(m.fov_degrees) for m in made}) > 6


def test_images_are_neither_flat_nor_noise() -> None:
    for seed in SEEDS:
        grey = scene(seed, SIZE, SIZE).image.mean(2)
        step = np.abs(np.diff(grey, axis=1)).mean()
        assert grey.std() > 12, seed
        assert step < 0.6 * grey.std(), seed


def test_both_kinds_are_drawn_and_an_unknown_one_is_refused() -> None:
    assert {scene(seed, 16, 16).kind for seed in range(16)} == set(KINDS)
    with pytest.raises(ValueError, match=r"'garden'.*room, street"):
        scene(0, 16, 16, "garden")


def test_a_larger_size_shows_the_same_view() -> None:
    small, large = scene(3, 40, 40, "room"), scene(3, 120, 120, "room")
    # pixel centres of the small one are those of every third pixel of the large one
    ratio = np.log(large.depth[1::3, 1::3] / small.depth)
    assert np.mean(np.abs(ratio) < 1e-3) > 0.97


@pytest.mark.parametrize("kind", KINDS)
def test_flat_faces_unproject_to_planes(kind: str) -> None:
    """Every quad and every pixel of it, through the public focal length and principal point."""
    checked = 0
    for seed in range(4):
        generator = rng(seed)
        generator.integers(len(KINDS))  # the draw of the kind
        world = BUILDERS[kind][0](generator)
        made = scene(seed, 120, 160, kind)
        _, index = cast(pinhole(world.position, world.axes, world.fov_degrees, 120, 160), world.solids, 400.0)
        cloud = points(made.depth, made.fov_degrees)
        for k, one in enumerate(world.solids):
            face = cloud[(index == k) & (made.depth > 0)]
            if one.shape == "quad" and len(face) > 30:
                assert plane_residual(face) < 1e-4
                checked += 1
    assert checked >= 8


def test_the_floor_lies_at_the_camera_height() -> None:
    """World coordinates: z of the ground's points is where the ground is, not only on some plane."""
    floor = palette.material(rng(), "plain", "grey")
    position, axes = np.array([0.4, 0, 1.5]), orient(31, -20, 4)
    view = pinhole(position, axes, 63, 90, 130)
    depth, _ = cast(view, [quad((0, 0, 0), (50, 0, 0), (0, 50, 0), floor)], 1e3)
    cloud = points(depth, 63)[depth < 40] @ axes.T + position
    assert len(cloud) > 4000
    assert np.abs(cloud[:, 2]).max() < 1e-4 * 40


def everything() -> list[Solid]:
    """One solid of each shape, turned and stretched."""
    m = palette.material(rng(), "plain", "grey")
    row = [
        solid(shape, (2.5 * k - 8, 9 + k % 3, 0.3 * k), (1.5, 1.2, 2.0 - 0.1 * k), m, 25.0 * k)
        for k, shape in enumerate(s for s in SHAPES if s != "quad")
    ]
    return [*row, quad((0, 14, 1), (9, 2, 0), (0, 0, 3), m), rod((-3, 6, -1), (2, 8, 1.5), 0.2, m)]


# how far a point of the unit shape's mirror image in the octant x, y ≥ 0 lies outside it
OUTSIDE: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "quad": lambda q: q[:, 2],
    "cube": lambda q: np.abs(q).max(1) - 1,
    "sphere": lambda q: np.linalg.norm(q, axis=1) - 1,
    "bush": lambda q: np.linalg.norm(q, axis=1) - 1,
    "cylinder": lambda q: np.maximum(np.hypot(q[:, 0], q[:, 1]), np.abs(q[:, 2])) - 1,
    "gable": lambda q: np.max([q[:, 1] - 1, q[:, 0] + q[:, 2] / 2 - 0.5, -q[:, 2] - 1], axis=0),
    # these two are not symmetric: only that the hits stay within the box that is culled by
    "spire": lambda q: np.maximum(np.abs(q).max(1) - 1, 0),
    "cabin": lambda q: np.maximum(np.abs(q).max(1) - 1, 0),
}


def test_hits_lie_on_the_unit_shape() -> None:
    """The hit point mapped back satisfies the shape's own equation."""
    solids = everything()
    view = pinhole(np.array([0.1, 0, 0.5]), orient(2, 1, 3), 85, 150, 200)
    depth, index = cast(view, solids, 1e3)
    cloud = points(depth, 85) @ view.axes.T + view.position
    for k, one in enumerate(solids):
        hit = cloud[index == k]
        assert len(hit) > 20, one.shape
        q = (hit - one.centre) @ np.linalg.inv(one.matrix).T
        q[:, :2] = np.abs(q[:, :2])
        assert np.abs(OUTSIDE[one.shape](q)).max() < 1e-4, one.shape


@pytest.mark.parametrize("perspective", [True, False])
def test_rectangles_hide_nothing(perspective: bool) -> None:
    """Culling by rectangle and by depth gives what every ray against every solid gives."""
    position, axes = np.array([0.0, 0, 0.5]), orient(-6, 2, 9)
    span = np.linspace(-6, 6, 80)
    parallel = View(position, axes, span, span[:60], pinhole=False)
    view = pinhole(position, axes, 80, 60, 80) if perspective else parallel
    solids = everything()
    depth, index = cast(view, solids, 1e3)
    alone = np.stack([cast(view, [one], 1e3)[0] for one in solids])
    np.testing.assert_array_equal(depth, alone.min(0))
    for k, (y0, y1, x0, x1) in enumerate(windows(view, solids)[0]):
        outside = np.ones(depth.shape, bool)
        outside[y0:y1, x0:x1] = False
        whole = cast_everywhere(view, solids[k])
        assert not np.isfinite(whole[outside]).any()
    assert len(np.unique(index)) > 6


def cast_everywhere(view: View, one: Solid) -> NDArray[np.float64]:
    """Sphere around the solid's box met by each ray: a superset test independent of the projection."""
    origin, direction = view.rays()
    y, x = np.meshgrid(view.ys, view.xs, indexing="ij")
    grid = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    inverse = np.linalg.inv(one.matrix)
    o = inverse @ (origin @ grid - one.centre[:, None])
    d = inverse @ (direction @ grid)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.sort(np.stack([(-1 - o) / d, (1 - o) / d]), axis=0)
    flat = one.shape == "quad"
    first, last = low[: 2 if flat else 3].max(0), high[: 2 if flat else 3].min(0)
    if flat:
        t = -o[2] / d[2]
        hit = (t >= first + 1e-6) & (t <= last - 1e-6) & (t > 0.05)
    else:
        hit = (first < last - 1e-6) & (first > 0.05)
    return np.where(hit, 1.0, np.inf).reshape(x.shape)


def test_a_solid_around_or_behind_the_camera_does_no_harm() -> None:
    m = palette.material(rng(), "plain", "grey")
    view = pinhole(np.zeros(3), orient(0, 0, 1), 70, 40, 40)
    behind = box((0, -5, -1), (2, 2, 2), m)
    beside = box((3, 0, -1), (5, 30, 2), m)
    depth, index = cast(view, [behind, beside], 100.0)
    assert not (index == 0).any()
    assert (index == 1).any()
    assert depth.min() > 0.05


@given(yaw=st.floats(-180, 180), pitch=st.floats(-80, 80), roll=st.floats(-30, 30))
@settings(max_examples=30, deadline=None)
def test_orient_gives_a_right_handed_frame(yaw: float, pitch: float, roll: float) -> None:
    axes = orient(yaw, pitch, roll)
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-9)
    assert np.linalg.det(axes) == pytest.approx(1)
    assert axes[2, 2] == pytest.approx(np.sin(np.radians(pitch)), abs=1e-9)


def test_the_field_of_view_is_that_of_the_whole_width() -> None:
    assert focal_pixels(90, 200) == pytest.approx(100)


@given(duty=st.floats(0.05, 0.95), width=st.floats(0.01, 3), start=st.floats(-3, 3))
@settings(max_examples=40, deadline=None)
def test_a_pulse_is_the_mean_over_the_pixel(duty: float, width: float, start: float) -> None:
    fine = start + width * (np.arange(4000) + 0.5) / 4000 - width / 2
    expected = np.mean(fine % 1 < duty)
    found = pulse(np.array([start], np.float32), duty, np.array([width], np.float32))[0]
    assert found == pytest.approx(expected, abs=6e-3)


def test_a_middle_pulse_is_centred() -> None:
    x = np.linspace(0, 1, 11, dtype=np.float32)
    value = middle(x, 0.4, np.full(11, 1e-3, np.float32))
    np.testing.assert_allclose(value, value[::-1], atol=1e-3)
    assert value[5] == pytest.approx(1, abs=1e-3)
    assert value[1] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("name", MAKERS)
def test_tiles_repeat_and_fade_to_their_mean(name: str) -> None:
    u, v = rng().random((2, 500), dtype=np.float32)
    small, large = np.full(500, 1e-3, np.float32), np.full(500, 0.6, np.float32)
    np.testing.assert_allclose(read(name, u, v, small), read(name, u + 1, v - 2, small), atol=0.02)
    mean = tile(name).levels[: 512 * 512].mean()
    assert np.abs(read(name, u, v, large) - mean).max() < 0.2
    assert np.corrcoef(read(name, u, v, small), read_nearest(name, u, v, small))[0, 1] > 0.8
    assert tile(name).levels.min() >= 0
    assert tile(name).levels.max() <= 1


@pytest.mark.parametrize("paint", PAINTS)
def test_every_paint_gives_sane_albedo(paint: str) -> None:
    u, v = rng(1).random((2, 3000), dtype=np.float32) * 4
    m = palette.material(rng(2), paint, "stone", "vivid", "dark", fitted=paint in ("picture", "pane"))
    for size in (0.002, 0.3):
        colour = albedo(Patch(u, v, np.full(3000, size, np.float32)), m)
        assert colour.shape == (3, 3000)
        assert np.isfinite(colour).all()
        assert colour.min() > -0.05
        assert colour.max() < 4


def test_scenes_use_every_paint_and_shape() -> None:
    solids = [s for seed in range(40) for build, _ in BUILDERS.values() for s in build(rng(seed)).solids]
    assert {s.material.paint for s in solids} == set(PAINTS)
    assert {s.shape for s in solids} == set(SHAPES)


def test_a_group_is_turned_and_scaled_about_its_origin() -> None:
    m = palette.material(rng(), "plain", "grey")
    (one,) = placed([box((1, 0, 0), (1, 1, 1), m)], (0, 0, 2), yaw=90, scale=2)
    np.testing.assert_allclose(one.centre, (0, 2, 3), atol=1e-12)
    assert np.linalg.det(one.matrix) == pytest.approx(1)


def test_a_scene_is_frozen() -> None:
    made: SyntheticScene = scene(0, 8, 8)
    with pytest.raises(AttributeError):
        made.kind = "street"  # type: ignore[misc]
