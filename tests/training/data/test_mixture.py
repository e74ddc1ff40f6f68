from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from training.data.augment import Augmentation, augment
from training.data.builtin import Scenes
from training.data.mixture import Places, Stream, loader
from training.data.sample import Kind, Sample
from training.data.turns import locate

NOTHING = Augmentation(area=1, aspect=1, aspect_centre=1, rotation_deg=0, flip=False, gamma=0,
                       contrast=0, brightness=0, cast=0, noise=0, letterbox=0)  # fmt: skip


@given(st.lists(st.integers(1, 30), min_size=1, max_size=4), st.integers(0, 5))
def test_each_set_repeats_in_whole_shuffled_rounds(lengths: list[int], seed: int) -> None:
    turns = 3 * max(lengths)
    equal = (1.0,) * len(lengths)
    places = [locate(p, tuple(lengths), seed, equal) for p in range(turns * len(lengths))]
    for set_index, length in enumerate(lengths):
        drawn = [index for s, index in places if s == set_index]
        assert len(drawn) == turns  # sets take turns
        for start in range(0, turns - length + 1, length):
            assert sorted(drawn[start : start + length]) == list(range(length))


def test_batches_hold_equal_numbers_of_each_set() -> None:
    lengths = (5, 50, 500)
    batch = Counter(locate(p, lengths, 0, (1.0, 1.0, 1.0))[0] for p in range(12, 24))
    assert set(batch.values()) == {4}


def test_processes_share_one_global_batch() -> None:
    whole = list(Places(0, [64, 64], 6))
    shares = [list(Places(0, [64, 64], 6, rank, 2)) for rank in (0, 1)]
    for step, batch in enumerate(whole):
        assert sorted(shares[0][step] + shares[1][step]) == batch


@pytest.mark.parametrize("workers", [0, 2])
def test_order_and_content_do_not_depend_on_workers_or_on_a_resume(workers: int) -> None:
    stream = Stream((Scenes(height=64, width=64),), 3, Augmentation())
    whole = [b["image"] for b in loader(stream, Places(0, [32] * 4, 2), 0, pin=False)]
    later = [b["image"] for b in loader(stream, Places(2, [32] * 4, 2), workers, pin=False)]
    for expected, found in zip(whole[2:], later, strict=True):
        assert torch.equal(expected, found)


def sample(height: int = 60, width: int = 80) -> Sample:
    """Disparity that tells where a pixel came from: 1 + column + 1000·row."""
    rows, columns = np.mgrid[:height, :width]
    image = np.stack([columns, rows, rows * 0], axis=2).astype(np.uint8)
    disparity = (1 + columns + 1000 * rows).astype(np.float32)
    valid = np.ones((height, width), bool)
    valid[:, :10] = False
    return Sample(image, disparity, valid, Kind.UTS)


def test_nothing_switched_on_is_a_plain_resize() -> None:
    made = augment(sample(64, 64), 64, np.random.default_rng(0), NOTHING)
    assert np.array_equal(made.image, sample(64, 64).image)
    assert np.array_equal(made.valid, sample(64, 64).valid)


@given(seed=st.integers(0, 200))
def test_depth_and_mask_follow_the_photo_exactly(seed: int) -> None:
    geometry = Augmentation(gamma=0, contrast=0, brightness=0, cast=0, noise=0, rotation_deg=10)
    made = augment(sample(), 48, np.random.default_rng(seed), geometry)
    known = made.disparity[made.valid]
    rows, columns = np.divmod(known - 1, 1000)
    assert (columns >= 10).all()  # invalid pixels stay invalid
    assert (made.disparity[~made.valid] == 0).all()
    # The photo holds the same coordinates, sampled linearly: within a pixel of the nearest.
    assert np.abs(made.image[..., 0][made.valid] - columns).max() <= 1.5
    assert np.abs(made.image[..., 1][made.valid] - rows).max() <= 1.5


def test_corners_that_a_rotation_turns_in_are_invalid() -> None:
    everything = replace(sample(), valid=np.ones((60, 80), bool))
    turned = Augmentation(area=1, aspect=1, aspect_centre=80 / 60, rotation_deg=20, flip=False, letterbox=0)
    made = augment(everything, 48, np.random.default_rng(4), turned)
    assert not made.valid.all()
    assert not made.valid[[0, 0, -1, -1], [0, -1, 0, -1]].all()


def test_colours_change_and_stay_in_range() -> None:
    made = [augment(sample(), 32, np.random.default_rng(s), Augmentation()).image for s in (1, 2)]
    assert made[0].dtype == np.uint8
    assert not np.array_equal(made[0], made[1])
