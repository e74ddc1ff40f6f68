from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from export import geometry
from export.fit import Box, placement
from export.inferno import INFERNO

Array = NDArray[Any]
slopes = st.floats(-0.5, 0.5)


def wall(height: int, width: int, focal: float, normal: tuple[float, float, float], distance: float) -> Array:
    """Log-disparity of the plane n·X = distance, seen with focal length `focal` px by height×width pixels."""
    y, x = np.mgrid[:height, :width]
    rays = np.stack([(x - (width - 1) / 2) / focal, (y - (height - 1) / 2) / focal, np.ones(x.shape)], 2)
    plane: Array = -np.log(distance / (rays @ np.array(normal)))
    return plane


def off_plane(cloud: Array, normal: tuple[float, float, float]) -> float:
    """Spread of the points' distances along the normal, as a share of their mean."""
    along = cloud.astype(np.float64) @ np.array(normal)
    return float(np.ptp(along) / np.abs(along).mean())


def test_focal_length() -> None:
    assert geometry.focal_from_fov(640, 60) == pytest.approx(554.2562584)
    assert geometry.focal_from_fov(200, 90) == pytest.approx(100)
    for bad in (0.0, 180.0, -60.0, float("nan")):
        with pytest.raises(ValueError, match="field of view"):
            geometry.focal_from_fov(640, bad)


@given(a=slopes, b=slopes, distance=st.floats(0.2, 50), focal=st.floats(30, 300))
def test_a_wall_is_flat(a: float, b: float, distance: float, focal: float) -> None:
    normal = (a * focal / 60, b * focal / 60, 1.0)  # the wall stays in front of the camera
    cloud = geometry.points(wall(31, 44, focal, normal, distance), focal)
    assert off_plane(cloud, normal) < 2e-6
    wrong = geometry.points(wall(31, 44, focal, normal, distance) * 1.5 - 1, focal)
    assert off_plane(wrong, normal) > 10 * off_plane(cloud, normal) or max(abs(a), abs(b)) < 1e-3


def test_a_stretched_photo_gives_the_walls_of_the_photo() -> None:
    normal, (photo_h, photo_w), focal = (0.4, -0.3, 1.0), (120, 160), 150.0
    # The network's 64×64 pixels look at the photo where its pixels X = (u + ½)·160/64 − ½ lie.
    x = (np.arange(64) + 0.5) * photo_w / 64 - photo_w / 2
    y = (np.arange(64) + 0.5) * photo_h / 64 - photo_h / 2
    depth = 3 / (normal[0] * x[None, :] / focal + normal[1] * y[:, None] / focal + 1)
    cloud = geometry.points(-np.log(depth), focal, photo=(photo_h, photo_w))
    assert off_plane(cloud, normal) < 2e-6
    np.testing.assert_allclose(cloud[:64, 0] / cloud[:64, 2], x / focal, rtol=1e-5)
    np.testing.assert_allclose(cloud[::64, 1] / cloud[::64, 2], y / focal, rtol=1e-5)
    assert off_plane(geometry.points(-np.log(depth), focal), normal) > 1e-2


def test_padding_has_no_points() -> None:
    box = placement(30, 40, 64, 64, "letterbox")
    inner = wall(box.height, box.width, 50, (0.2, 0.1, 1), 2)
    padded = np.full((64, 64), 99.0)
    padded[box.top : box.top + box.height, box.left : box.left + box.width] = inner
    cloud = geometry.points(padded, 50, box=box)
    assert cloud.shape == (48 * 64, 3)
    np.testing.assert_array_equal(cloud, geometry.points(inner, 50))


def test_points_come_row_by_row_with_x_right_y_down_z_forward() -> None:
    cloud = geometry.points(np.zeros((2, 3)), focal_px=2.0)
    expected = [[x, y, 1] for y in (-0.25, 0.25) for x in (-0.5, 0, 0.5)]
    assert cloud.dtype == np.float32
    assert cloud.tolist() == expected


@pytest.mark.parametrize("shape", [(3, 5), (3, 4)])
def test_the_median_depth_is_one(shape: tuple[int, int]) -> None:
    output = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    z = np.sort(geometry.points(output)[:, 2])
    assert z[(z.size - 1) // 2] == 1  # of an even number the nearer one
    ratio = geometry.points(output)[:, 2] / np.exp(-output.astype(np.float64)).ravel()
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-6)


def test_the_unknown_scale_does_not_show() -> None:
    output = np.random.default_rng(0).normal(size=(8, 9))
    np.testing.assert_allclose(geometry.points(output + 700), geometry.points(output), rtol=1e-6)


def test_sixty_degrees_are_assumed() -> None:
    output = np.random.default_rng(0).normal(size=(8, 12))
    of_photo, of_map = (geometry.focal_from_fov(width, 60) for width in (30, 12))
    np.testing.assert_array_equal(geometry.points(output), geometry.points(output, of_map))
    np.testing.assert_array_equal(
        geometry.points(output, photo=(20, 30)), geometry.points(output, of_photo, photo=(20, 30))
    )
    for bad in (0, -5, float("nan")):
        with pytest.raises(ValueError, match="focal length"):
            geometry.points(output, bad)


def test_ply_is_read_back() -> None:
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(7, 3)).astype(np.float32)
    colours = rng.integers(0, 256, (7, 3), np.uint8)
    data = geometry.ply_bytes(cloud, colours)
    header, body = data.split(b"end_header\n", 1)
    assert header.decode().splitlines() == [
        "ply", "format binary_little_endian 1.0", "element vertex 7",
        "property float x", "property float y", "property float z",
        "property uchar red", "property uchar green", "property uchar blue",
    ]  # fmt: skip
    assert len(body) == 7 * 15
    rows = np.frombuffer(body, np.uint8).reshape(7, 15)
    np.testing.assert_array_equal(np.ascontiguousarray(rows[:, :12]).view("<f4"), cloud)
    np.testing.assert_array_equal(rows[:, 12:], colours)


def test_ply_is_what_plyfile_reads() -> None:
    plyfile = pytest.importorskip("plyfile")
    cloud = np.arange(12, dtype=np.float32).reshape(4, 3)
    colours = np.arange(100, 112, dtype=np.uint8).reshape(4, 3)
    vertex = plyfile.PlyData.read(io.BytesIO(geometry.ply_bytes(cloud, colours)))["vertex"]
    np.testing.assert_array_equal(np.stack([vertex[a] for a in "xyz"], 1), cloud)
    np.testing.assert_array_equal(np.stack([vertex[c] for c in ("red", "green", "blue")], 1), colours)


def test_points_need_as_many_colours() -> None:
    with pytest.raises(ValueError, match="colours"):
        geometry.ply_bytes(np.zeros((3, 3), np.float32), np.zeros((2, 3), np.uint8))
    with pytest.raises(ValueError, match="colours"):
        geometry.ply_bytes(np.zeros((3, 4), np.float32), np.zeros((3, 4), np.uint8))


def test_depth_png() -> None:
    output = np.log(np.array([[4.0, 3.0, 1.0], [1e-9, 4.0, 2.5]]))
    output[1, 1] = np.nan
    png = geometry.depth_png16(output + 300)
    assert png.dtype == np.uint16
    # 49151.25 and 16383.75 are rounded; what is known is at least 1; 0 is none.
    assert png.tolist() == [[65535, 49151, 16384], [1, 0, 40959]]
    assert not geometry.depth_png16(np.full((2, 2), np.nan)).any()


def test_colours_run_from_far_to_near_over_the_middle_98_percent() -> None:
    output = np.linspace(-3, 2, 101).reshape(1, 101)
    colours = geometry.colour_map(output)
    assert colours.shape == (1, 101, 3)
    assert colours.dtype == np.uint8
    # 101 values: the 1 % and 99 % quantiles are the second and the last but one.
    share = np.clip((np.arange(101) - 1) / 98, 0, 1)
    np.testing.assert_array_equal(colours[0], INFERNO[np.floor(255 * share + 0.5).astype(int)])
    np.testing.assert_array_equal(colours[0, [0, 1, 99, 100]], INFERNO[[0, 0, 255, 255]])


def test_quantiles_lie_between_values_linearly() -> None:
    output = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
    values = np.sort(output.ravel().astype(np.float64))

    def quantile(q: float) -> float:
        place = q * (values.size - 1)
        below = int(place)
        return float(values[below] + (place - below) * (values[below + 1] - values[below]))

    expected = geometry.colour_map(output, (quantile(0.01), quantile(0.99)))
    np.testing.assert_array_equal(geometry.colour_map(output), expected)


def test_limits_make_maps_comparable() -> None:
    low, high = geometry.colour_map(np.array([[0.0, 1.0]]), (0, 1))[0]
    np.testing.assert_array_equal([low, high], INFERNO[[0, 255]])
    np.testing.assert_array_equal(geometry.colour_map(np.array([[0.2]]), (0, 1)), [[INFERNO[51]]])


@pytest.mark.parametrize("nothing", [np.full((3, 3), 5.0), np.full((3, 3), np.nan)])
def test_a_map_without_contrast_is_dark(nothing: Array) -> None:
    np.testing.assert_array_equal(geometry.colour_map(nothing), np.broadcast_to(INFERNO[0], (3, 3, 3)))


def test_pixels_without_a_value_are_dark() -> None:
    output = np.linspace(0, 1, 100).reshape(10, 10)
    output[0, 5] = np.nan
    output[9, 9] = np.inf
    colours = geometry.colour_map(output)
    np.testing.assert_array_equal(colours[[0, 9], [5, 9]], INFERNO[[0, 0]])
    assert colours[9, 8].sum() > colours[5, 5].sum() > 0


def test_inferno() -> None:
    assert INFERNO.shape == (256, 3)
    assert INFERNO.dtype == np.uint8
    assert INFERNO[[0, 128, 255]].tolist() == [[0, 0, 4], [188, 55, 84], [252, 255, 164]]
    brightness = INFERNO @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(brightness) > -0.5).all()


def test_inferno_is_matplotlibs() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    colours = np.array(matplotlib.colormaps["inferno"].colors)
    np.testing.assert_array_equal(INFERNO, np.round(255 * colours))


def test_boxes_cut() -> None:
    array = np.arange(20).reshape(4, 5).astype(np.float32)
    assert Box(1, 2, 2, 3).cut(array).tolist() == [[7, 8, 9], [12, 13, 14]]
