from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.data import layouts
from training.data.kinds import LARGEST_FACTOR, as_kind, as_uts, as_utss
from training.data.sample import Kind, Sample

ABSOLUTE = Sample(
    np.zeros((48, 64, 3), np.uint8), layouts.disparity(0), layouts.depth(0) > 0, Kind.ABSOLUTE
)  # fmt: skip
SEEDS = st.integers(0, 1000)


@given(SEEDS)
def test_up_to_scale_is_a_factor(seed: int) -> None:
    made = as_uts(ABSOLUTE, np.random.default_rng(seed))
    ratio = made.disparity[made.valid] / ABSOLUTE.disparity[made.valid]
    assert made.kind is Kind.UTS
    assert np.ptp(ratio) < 1e-5 * ratio.max()
    assert 0.99 / LARGEST_FACTOR < ratio[0] < 1.01 * LARGEST_FACTOR
    assert (made.disparity[~made.valid] == 0).all()


@given(SEEDS)
def test_up_to_scale_and_shift_is_a_line_that_rises(seed: int) -> None:
    made = as_utss(ABSOLUTE, np.random.default_rng(seed))
    before, after = (s.disparity[made.valid].astype(np.float64) for s in (ABSOLUTE, made))
    slope, offset = np.polyfit(before, after, 1)
    assert made.kind is Kind.UTSS
    assert slope > 0
    assert np.abs(slope * before + offset - after).max() < 1e-4 * np.ptp(after)
    assert (made.disparity[~made.valid] == 0).all()


def test_draws_differ_and_repeat() -> None:
    factors = [as_uts(ABSOLUTE, np.random.default_rng(s)).disparity.max() for s in (0, 0, 1)]
    assert factors[0] == factors[1] != factors[2]
    shifts = [as_utss(ABSOLUTE, np.random.default_rng(s)).disparity.min() for s in range(20)]
    assert min(shifts) < 0  # a shift beyond what is farthest does occur


def test_a_sample_without_a_valid_pixel_stays_one() -> None:
    nothing = replace(ABSOLUTE, disparity=np.zeros_like(ABSOLUTE.disparity), valid=np.zeros((48, 64), bool))
    assert not as_utss(nothing, np.random.default_rng(0)).disparity.any()


@pytest.mark.parametrize(
    ("is_", "wanted"), [(Kind.UTSS, Kind.UTS), (Kind.UTSS, Kind.ABSOLUTE), (Kind.UTS, Kind.ABSOLUTE)]
)
def test_nothing_becomes_more_than_it_is(is_: Kind, wanted: Kind) -> None:
    with pytest.raises(ValueError, match=f"{is_.value} cannot be made {wanted.value}"):
        as_kind(replace(ABSOLUTE, kind=is_), wanted, np.random.default_rng(0))


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_of_the_kind_already_stays_the_same(kind: Kind) -> None:
    sample = replace(ABSOLUTE, kind=kind)
    assert as_kind(sample, kind, np.random.default_rng(0)) is sample
