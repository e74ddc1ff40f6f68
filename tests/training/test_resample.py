from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.resample import area, area_taps, bilinear, bilinear_taps, photo_taps, resize

# height, width → height, width: shrinking, growing, mixed, unchanged sides, odd factors, one pixel
SIZES = [
    (48, 64, 38, 38), (37, 53, 11, 13), (7, 9, 30, 40), (10, 10, 37, 3), (12, 20, 12, 7),
    (64, 64, 32, 32), (5, 1, 9, 4), (1, 1, 3, 2), (90, 121, 96, 128),
]  # fmt: skip
SHRINKING = [s for s in SIZES if s[0] >= s[2] and s[1] >= s[3]]
sides = st.integers(1, 300)


def noise(*shape: int) -> NDArray[np.float64]:
    return np.random.default_rng(sum(shape)).uniform(-3, 3, shape)


@pytest.mark.parametrize(("h", "w", "new_h", "new_w"), SIZES)
def test_bilinear_is_pytorchs(h: int, w: int, new_h: int, new_w: int) -> None:
    torch = pytest.importorskip("torch")
    image = noise(h, w, 3)
    theirs = torch.nn.functional.interpolate(
        torch.from_numpy(image).permute(2, 0, 1)[None], size=(new_h, new_w), mode="bilinear",
        align_corners=False, antialias=False,
    )[0].permute(1, 2, 0)  # fmt: skip
    np.testing.assert_allclose(bilinear(image, new_h, new_w), theirs.numpy(), atol=1e-12)


@pytest.mark.parametrize(("h", "w", "new_h", "new_w"), SIZES)
def test_bilinear_is_opencvs(h: int, w: int, new_h: int, new_w: int) -> None:
    cv2 = pytest.importorskip("cv2")
    image = noise(h, w, 3).astype(np.float32)
    theirs = cv2.resize(image, (new_w, new_h), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(bilinear(image, new_h, new_w), theirs, atol=2e-6)


@pytest.mark.parametrize(("h", "w", "new_h", "new_w"), SHRINKING)
def test_area_is_opencvs_when_it_shrinks(h: int, w: int, new_h: int, new_w: int) -> None:
    cv2 = pytest.importorskip("cv2")
    image = noise(h, w, 3).astype(np.float32)
    theirs = cv2.resize(image, (new_w, new_h), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(area(image, new_h, new_w), theirs, atol=2e-6)


def test_area_of_a_whole_factor_is_the_mean_of_blocks() -> None:
    image = noise(12, 20)
    np.testing.assert_allclose(area(image, 4, 4), image.reshape(4, 3, 4, 5).mean(axis=(1, 3)), atol=1e-12)


def test_area_weighs_pixels_by_their_share() -> None:
    np.testing.assert_allclose(area(np.array([[0.0, 3.0, 9.0]]), 1, 2), [[1.0, 7.0]], atol=1e-12)


def test_bilinear_looks_between_half_pixel_centres() -> None:
    np.testing.assert_allclose(bilinear(np.array([[0.0, 4.0]]), 1, 4), [[0.0, 1.0, 3.0, 4.0]], atol=1e-12)


@given(old=sides, new=sides)
def test_weights_are_averages_of_existing_pixels(old: int, new: int) -> None:
    for taps in (bilinear_taps, area_taps, photo_taps):
        index, weight = taps(old, new)
        assert index.shape == weight.shape
        assert len(index) == new
        assert index.min() >= 0
        assert index.max() < old
        assert weight.min() >= 0
        np.testing.assert_allclose(weight.sum(axis=1), 1, atol=1e-12)


@given(old=sides, new=sides)
def test_left_and_right_are_treated_alike(old: int, new: int) -> None:
    line = noise(1, old)
    for way in (bilinear, area, resize):
        np.testing.assert_allclose(way(line[:, ::-1], 1, new), way(line, 1, new)[:, ::-1], atol=1e-9)


@given(old=sides, new=sides)
def test_area_keeps_the_mean(old: int, new: int) -> None:
    line = noise(old, 1)
    assert area(line, new, 1).mean() == pytest.approx(line.mean(), abs=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "like"),
    [(64, 32, bilinear_taps), (65, 32, area_taps), (63, 32, bilinear_taps), (20, 50, bilinear_taps)],
)
def test_photos_are_averaged_beyond_a_factor_of_two(
    old: int, new: int, like: Callable[[int, int], Any]
) -> None:
    for mine, expected in zip(photo_taps(old, new), like(old, new), strict=True):
        np.testing.assert_array_equal(mine, expected)


def test_each_side_is_judged_by_itself() -> None:
    image = noise(90, 60)
    expected = bilinear(area(image, 30, 60), 30, 40)
    np.testing.assert_allclose(resize(image, 30, 40), expected, atol=1e-12)


@pytest.mark.parametrize(("h", "w", "new_h", "new_w"), [(9, 12, 5, 7), (9, 12, 20, 5), (31, 23, 6, 8)])
def test_a_plain_loop_in_float32_gives_the_same_bits(h: int, w: int, new_h: int, new_w: int) -> None:
    """What docs/formats.md tells authors in other languages to write."""
    photo = np.random.default_rng(0).integers(0, 256, (h, w), np.uint8)
    rows = loop(photo.T, h, new_h).T
    np.testing.assert_array_equal(resize(photo, new_h, new_w), loop(rows, w, new_w))


def loop(lines: NDArray[Any], old: int, new: int) -> NDArray[np.float32]:
    """Each line resized from `old` to `new` with scalar arithmetic."""
    index, weight = photo_taps(old, new)
    out = np.zeros((len(lines), new), np.float32)
    for k, i in itertools.product(range(len(lines)), range(new)):
        total = np.float32(0)
        for source, share in zip(index[i], weight[i], strict=True):
            total = np.float32(total + np.float32(np.float32(lines[k, source]) * np.float32(share)))
        out[k, i] = total
    return out


def test_types() -> None:
    assert resize(np.ones((4, 4), np.uint8), 3, 3).dtype == np.float32
    assert resize(np.ones((4, 4), np.uint8), 4, 4).dtype == np.float32
    assert resize(np.ones((4, 4), np.float32), 3, 3).dtype == np.float32
    assert resize(np.ones((4, 4), np.float64), 3, 3).dtype == np.float64


@pytest.mark.parametrize(
    ("shape", "height", "width"), [((4,), 2, 2), ((2, 2, 2, 2), 2, 2), ((4, 4), 0, 2), ((0, 4), 2, 2)]
)
def test_what_cannot_be_resized_is_refused(shape: tuple[int, ...], height: int, width: int) -> None:
    with pytest.raises(ValueError, match="does not resize to"):
        resize(np.zeros(shape), height, width)
