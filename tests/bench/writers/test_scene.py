from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.row import Cloud
from bench.writers.scene import ASPECT, FARTHEST, FOV_DEG, MOST_POINTS, scenes
from tests.bench.writers.made import cloud, wall

KINDS = {"i2": "<i2", "u1": "u1"}


def numbers(packed: dict[str, str]) -> NDArray[np.float64]:
    values = np.frombuffer(base64.b64decode(packed["bdata"]), np.dtype(KINDS[packed["dtype"]]))
    return values.astype(np.float64)


def drawn(figure: Any) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Points, the eye and what it looks at, in plotly's units: the box is `aspectratio` large."""
    trace, scene = figure["data"][0], figure["layout"]["scene"]
    columns = []
    for axis in "xyz":
        low, high = scene[f"{axis}axis"]["range"]
        columns.append((numbers(trace[axis]) - (low + high) / 2) / (high - low) * scene["aspectratio"][axis])
    eye, target = (np.array([scene["camera"][k][axis] for axis in "xyz"]) for k in ("eye", "center"))
    return np.stack(columns, axis=1), eye, target


def random_cloud(seed: int, count: int = 3_000) -> Cloud:
    random = np.random.default_rng(seed)
    points = wall(50, count // 50) * random.uniform(0.5, 3, (count, 1)).astype(np.float32)
    return Cloud("t", "m", "v", points, random.integers(0, 256, (count, 3), dtype=np.uint8))


@given(st.integers(0, 1000))
def test_one_scale_for_all_axes(seed: int) -> None:
    made = random_cloud(seed)
    points, eye, _ = drawn(scenes([made])[0].figure)
    x, y, z = made.points.astype(np.float64).T
    expected = np.stack([x, z, -y], axis=1)  # right, forward, up
    scale = np.ptp(points[:, 0]) / np.ptp(x)
    np.testing.assert_allclose(points - points[0], scale * (expected - expected[0]), atol=3e-4)
    # The eye is behind the camera's place, on its axis.
    place = points[0] - scale * expected[0]
    np.testing.assert_allclose((eye - place)[[0, 2]], 0, atol=3e-4)
    assert eye[1] - place[1] < 3e-4


@given(st.integers(0, 1000))
def test_the_first_view_holds_almost_all_points(seed: int) -> None:
    points, eye, target = drawn(scenes([random_cloud(seed)])[0].figure)
    assert target[1] > eye[1]
    ahead = points - eye
    upwards = np.tan(np.radians(FOV_DEG / 2))
    inside = (np.abs(ahead[:, 2]) < upwards * ahead[:, 1]) & (
        np.abs(ahead[:, 0]) < ASPECT * upwards * ahead[:, 1]
    )
    assert inside.mean() > 0.97


def test_colours_stay_within_a_few_steps() -> None:
    made = cloud()
    marker = scenes([made])[0].figure["data"][0]["marker"]
    palette = [tuple(map(int, text[4:-1].split(","))) for _, text in marker["colorscale"]]
    shown = np.array(palette)[numbers(marker["color"]).astype(int)]
    assert np.abs(shown - made.colours).max() <= 4
    assert [place for place, _ in marker["colorscale"]] == sorted(i / 255 for i in range(256))


def test_a_large_cloud_is_thinned_evenly() -> None:
    large = wall(384, 512)
    made = Cloud("t", "m", "v", large, np.zeros((len(large), 3), np.uint8))
    points, _, _ = drawn(scenes([made])[0].figure)
    assert 0.8 * MOST_POINTS < len(points) <= MOST_POINTS
    quarters = np.histogram2d(points[:, 0], points[:, 2], bins=4)[0]
    assert quarters.min() > 0.8 * quarters.max()


def test_many_points_on_one_ray_are_one() -> None:
    ray = np.linspace(1, 1.5, 2 * MOST_POINTS)[:, None] * np.array([[0.5, 0.25, 1]])
    made = Cloud("t", "m", "v", ray.astype(np.float32), np.zeros((len(ray), 3), np.uint8))
    points, _, _ = drawn(scenes([made])[0].figure)
    assert 1 <= len(points) < 10


def test_sky_and_what_is_not_finite_are_left_out() -> None:
    made = cloud()
    points = made.points.copy()
    points[0], points[1], points[2] = np.nan, (0, 0, np.inf), (0, 0, 2 * FARTHEST)
    shown, eye, _ = drawn(scenes([replace(made, points=points)])[0].figure)
    assert len(shown) == len(points) - 3
    assert np.isfinite(shown).all()
    assert np.isfinite(eye).all()


@pytest.mark.parametrize("points", [np.empty((0, 3)), np.full((5, 3), np.nan)])
def test_a_cloud_of_nothing_has_no_scene(points: NDArray[np.float64]) -> None:
    colours = np.zeros((len(points), 3), np.uint8)
    assert not scenes([Cloud("t", "m", "v", points.astype(np.float32), colours)])


def test_clouds_of_one_photo_share_box_and_camera() -> None:
    exact, farther = cloud("float32"), cloud("int8")
    farther = replace(farther, points=1.5 * farther.points)
    other = cloud(title="kitchen")
    choices = scenes([exact, other, farther])
    assert [(c.group, c.label) for c in choices] == [
        ("motorcycle", "lite0 float32"), ("motorcycle", "lite0 int8"), ("kitchen", "lite0 tflite int8"),
    ]  # fmt: skip
    one, two, third = (c.figure["layout"] for c in choices)
    assert one == two
    assert one["meta"] != third["meta"]
    assert np.ptp(drawn(choices[0].figure)[0][:, 0]) < np.ptp(drawn(choices[1].figure)[0][:, 0])
