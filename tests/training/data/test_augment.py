from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.data import layouts
from training.data import nyu_sync
from training.data.augment import Augmentation, augment
from training.data.sample import Kind, Sample

GEOMETRY = Augmentation(gamma=0, contrast=0, brightness=0, cast=0, noise=0, rotation_deg=0)
LETTERBOX = replace(GEOMETRY, letterbox=1)
SEEDS = st.integers(0, 300)


def place(height: int, width: int) -> Sample:
    """A picture whose pixels say where they are; all valid."""
    rows, columns = np.mgrid[:height, :width]
    colours = np.stack([columns * 255 / width, rows * 255 / height, rows * 0], axis=2)
    image = np.rint(colours).astype(np.uint8)
    disparity = (1 + columns + 10_000 * rows).astype(np.float32)
    return Sample(image, disparity, np.ones((height, width), bool), Kind.UTSS)


def draw(sample: Sample, seed: int, how: Augmentation, size: int = 48) -> Sample:
    return augment(sample, size, np.random.default_rng(seed), how)


def rows_and_columns(sample: Sample) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return np.divmod(sample.disparity[sample.valid] - 1, 10_000)


@given(SEEDS, st.sampled_from([(60, 80), (80, 60), (40, 200), (33, 31), (12, 300)]))
def test_a_letterbox_keeps_the_shape_of_things(seed: int, shape: tuple[int, int]) -> None:
    made = draw(place(*shape), seed, LETTERBOX)
    ys, xs = np.nonzero(made.valid)
    rows, columns = rows_and_columns(made)
    if np.ptp(ys) < 4 or np.ptp(xs) < 4:
        return  # too thin a strip to measure
    per_y, per_x = np.polyfit(ys, rows, 1)[0], np.polyfit(xs, columns, 1)[0]
    assert abs(per_x) == pytest.approx(per_y, rel=0.25)  # as many pixels across as down
    # One side is filled, the other centred: bars of the same width, to a pixel.
    assert ys.min() + xs.min() == pytest.approx(94 - ys.max() - xs.max(), abs=2)
    assert min(ys.min(), xs.min()) == 0


@given(SEEDS)
def test_bars_are_of_one_colour_and_invalid(seed: int) -> None:
    noisy = replace(Augmentation(), letterbox=1)
    made = draw(place(60, 120), seed, noisy)
    outside = ~made.valid.any(axis=1)
    assert outside.any()
    bars = made.image[outside].reshape(-1, 3)
    assert (bars == bars[0]).all()
    assert made.valid[~outside].all()  # the rest is the photo, whole


def test_bars_are_black_as_often_as_not() -> None:
    bars = [draw(place(40, 120), seed, LETTERBOX).image[0, 0] for seed in range(60)]
    black = sum(int(not bar.any()) for bar in bars)
    assert 15 < black < 45
    assert len({tuple(bar) for bar in bars}) > 15


def test_a_grey_photo_has_no_colour() -> None:
    grey = replace(GEOMETRY, grey=0.5)
    pictures = [draw(place(60, 80), seed, grey).image for seed in range(300)]
    without = [(p[..., 0] == p[..., 1]).all() and (p[..., 1] == p[..., 2]).all() for p in pictures]
    assert np.mean(without) == pytest.approx(0.5, abs=0.09)


def test_letterboxes_come_as_often_as_asked() -> None:
    wide = place(40, 120)
    boxed = [not draw(wide, seed, replace(GEOMETRY, letterbox=0.25)).valid.all() for seed in range(400)]
    assert 0.18 < np.mean(boxed) < 0.32


@given(SEEDS, st.sampled_from([(60, 80), (300, 400), (150, 600)]), st.sampled_from([0.0, 8.0]))
def test_photo_and_depth_show_the_same_place(seed: int, shape: tuple[int, int], turn: float) -> None:
    """At any scale: a large photo is shrunk before it is warped, its depth is not."""
    how = replace(GEOMETRY, letterbox=0.3, rotation_deg=turn)
    made = draw(place(*shape), seed, how)
    rows, columns = rows_and_columns(made)
    scale = np.array([shape[1], shape[0]]) / 255
    seen = made.image[made.valid][:, :2] * scale
    # Within the steps of colour and the pixels that one output pixel covers; the photo's rim blends less.
    reach = max(shape) / 48 + scale.max() + 1
    off = seen - np.column_stack([columns, rows])
    assert np.quantile(np.abs(off).max(axis=1), 0.98) <= reach
    assert np.abs(off.mean(axis=0)).max() <= 0.06 * reach  # and not to one side


def test_a_window_cut_from_a_large_photo_changes_nothing() -> None:
    """The same crop of the picture, and of a larger one around it that is cut back."""
    whole = place(200, 200)
    crop = Augmentation(area=1, aspect=1, aspect_centre=1, rotation_deg=0, flip=False, gamma=0,
                        contrast=0, brightness=0, cast=0, noise=0, letterbox=0)  # fmt: skip
    inner = whole.inner(slice(40, 104), slice(72, 136))
    made = draw(inner, 0, crop, size=64)
    assert np.array_equal(made.image, whole.image[40:104, 72:136])
    assert np.array_equal(made.disparity, whole.disparity[40:104, 72:136])


@given(SEEDS)
def test_the_same_state_draws_the_same(seed: int) -> None:
    how = Augmentation(letterbox=0.5)
    first, second = (draw(place(60, 80), seed, how) for _ in range(2))
    for field in ("image", "disparity", "valid"):
        assert np.array_equal(getattr(first, field), getattr(second, field))


@given(SEEDS)
def test_a_valid_pixel_may_be_0(seed: int) -> None:
    """Disparity up to a shift has any sign: the mask alone says what is known."""
    shifted = replace(place(60, 80), disparity=np.zeros((60, 80), np.float32))
    made = draw(shifted, seed, replace(GEOMETRY, rotation_deg=5))
    assert made.valid.mean() > 0.8


def test_noise_has_its_strength_and_no_bias() -> None:
    grey = Sample(np.full((64, 64, 3), 128, np.uint8), np.ones((64, 64), np.float32),
                  np.ones((64, 64), bool), Kind.UTS)  # fmt: skip
    how = replace(GEOMETRY, noise=10, letterbox=0)
    made = [draw(grey, seed, how).image.astype(float) - 128 for seed in range(40)]
    assert abs(np.mean(made)) < 0.2
    assert 0 < min(m.std() for m in made) < max(m.std() for m in made) < 10.5


def test_wide_and_thin_pictures_do_not_break_it() -> None:
    for shape in ((1, 1), (1, 500), (500, 1), (2, 3)):
        for seed in range(20):
            made = draw(place(*shape), seed, Augmentation(letterbox=0.5), size=32)
            assert made.image.shape == (32, 32, 3)


@pytest.mark.slow
def test_a_core_reads_and_augments_fast_enough(tmp_path: Path) -> None:
    """150 images/s a core are asked for, from 640×480 JPEG and PNG to 384×384; half on a slow machine."""
    for i, (photo, depth) in enumerate(layouts.nyu_sync(tmp_path, ["a"] * 30)):
        noise = np.random.default_rng(i).integers(0, 24, (480, 640, 3), dtype=np.uint8)
        layouts.write(photo, cv2.add(cv2.imread(str(photo)), noise))  # as hard to decode as a photo
        layouts.png16(depth, layouts.depth(i, 480, 640) * 1000)
    reader = nyu_sync.find(tmp_path)
    assert reader is not None
    seconds = []
    for turn in range(5):
        began = time.process_time()
        for i in range(len(reader)):
            augment(reader[i], 384, np.random.default_rng((turn, i)), Augmentation())
        seconds.append(time.process_time() - began)
    assert len(reader) / min(seconds) > 75


def test_a_box_of_the_whole_picture_is_inside_it() -> None:
    """A crop as high as the picture may come out 1e-13 px higher: its place was row −1 then."""
    height, width = 464, 624
    how = Augmentation(area=1, letterbox=1)
    picture = Sample(
        np.zeros((height, width, 3), np.uint8),
        np.ones((height, width), np.float32),
        np.ones((height, width), np.bool_),
        Kind.UTS,
    )
    for seed in range(400):
        assert augment(picture, 64, np.random.default_rng(seed), how).valid.any()
