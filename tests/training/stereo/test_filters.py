from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.stereo.made import synthetic_pair
from training.stereo import filters

NONE = np.float32(np.nan)


def test_agreement_follows_the_match() -> None:
    left = np.array([[NONE, 0, 1, 2, 5, 1]], np.float32)
    right = np.array([[0.5, 2, NONE, 0, 1, 7]], np.float32)
    # x − d: –, 1, 1, 1, −1 (outside), 4
    expected = [[np.inf, 2, 1, 0, np.inf, 0]]
    np.testing.assert_array_equal(filters.agreement(left, right), expected)


def test_where_the_other_eye_has_nothing_there_is_no_agreement() -> None:
    right = np.array([[NONE, NONE, 0]], np.float32)
    found = filters.agreement(np.zeros((1, 3), np.float32), right)
    np.testing.assert_array_equal(found, [[np.inf, np.inf, 0]])


@given(shift=st.integers(-9, 9))
def test_equal_shifts_agree_inside_the_picture(shift: int) -> None:
    flat = np.full((3, 30), shift, np.float32)
    assert (filters.agreement(flat, flat) == 0).sum() == 3 * (30 - abs(shift))


def test_speckles_go_and_surfaces_stay() -> None:
    disparity = np.zeros((40, 60), np.float32)
    disparity[:, 30:] = 20
    disparity[5:9, 5:9] = -30
    valid = np.ones((40, 60), bool)
    valid[20, :] = False
    found = filters.without_speckles(disparity, valid, 50)
    assert not found[5:9, 5:9].any()
    assert found.sum() == valid.sum() - 16
    assert filters.without_speckles(disparity, valid, 0) is valid


@given(
    values=st.lists(st.floats(-500, 500, width=32), min_size=1, max_size=50),
    holes=st.integers(0, 10),
)
def test_png_values_give_the_disparity_back(values: list[float], holes: int) -> None:
    disparity = np.array([values + [0.0] * holes], np.float32)
    valid = np.arange(disparity.size)[None] < len(values)
    coded, low, high = filters.to_png16(disparity, valid)
    assert coded.dtype == np.uint16
    np.testing.assert_array_equal(coded > 0, valid)
    back = (coded[valid].astype(float) - 1) / 65534 * (high - low) + low
    np.testing.assert_allclose(back, disparity[valid], atol=(high - low) / 65534 * 0.51 + 1e-9)
    if high > low:
        assert (coded[valid].min(), coded[valid].max()) == (1, 65535)


def test_a_frame_is_kept_for_its_valid_share_and_its_range() -> None:
    ramp = np.tile(np.linspace(0, 10, 100, dtype=np.float32), (10, 1))
    everywhere, most = np.ones(ramp.shape, bool), np.arange(100)[None] < np.full((10, 1), 80)
    assert filters.verdict(ramp, everywhere, 0.8, 8) is None
    assert filters.verdict(ramp, most, 0.8, 8) == filters.INVALID  # more than 80 %, not 80 %
    assert filters.verdict(ramp * 0.8, everywhere, 0.8, 8) == filters.FLAT


def test_a_few_wild_matches_do_not_make_a_range() -> None:
    flat = np.zeros((10, 100), np.float32)
    flat[0, :9] = 100
    assert filters.spread(flat) == 0
    assert filters.spread(flat[:0]) == 0


def title() -> np.ndarray:
    card = np.full((90, 160, 3), (20, 60, 160), np.uint8)
    card[40:50, 30:130:3] = 255
    return card


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (np.zeros((90, 160, 3), np.uint8), filters.DARK),
        (np.full((90, 160, 3), 255, np.uint8), filters.TITLE),
        (title(), filters.TITLE),
        (synthetic_pair(1)[0], None),
        (synthetic_pair(2)[0], None),
    ],
)
def test_black_frames_and_title_cards_are_dull(picture: np.ndarray, reason: str | None) -> None:
    assert filters.dull(picture) == reason
