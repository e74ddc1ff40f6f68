from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.builtin import Scenes
from training.data.turns import PERIOD, locate, pattern, set_weights

LENGTHS = st.lists(st.integers(1, 30), min_size=1, max_size=4)


@given(LENGTHS, st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 3))
def test_each_set_repeats_in_whole_shuffled_rounds(lengths: list[int], balance: float, seed: int) -> None:
    weights = tuple(length**balance for length in lengths)
    places = [locate(p, tuple(lengths), seed, weights) for p in range(3 * PERIOD // 2)]
    for set_index, length in enumerate(lengths):
        drawn = [index for s, index in places if s == set_index]
        for start in range(0, len(drawn) - length + 1, length):
            assert sorted(drawn[start : start + length]) == list(range(length))


@pytest.mark.parametrize("shares", [(1 / 2, 1 / 2), (1 / 4, 3 / 4), (0.1, 0.9)])
def test_sets_are_drawn_by_their_weights(shares: tuple[float, float]) -> None:
    drawn = Counter(locate(p, (100, 900), 0, shares)[0] for p in range(4 * PERIOD))
    assert [drawn[s] / (4 * PERIOD) for s in (0, 1)] == pytest.approx(shares, abs=1e-3)


def test_a_set_weighs_a_power_of_its_size_times_its_emphasis() -> None:
    readers = (Scenes("a", count=100), Scenes("b", count=900))
    assert set_weights(readers, 0.0, {}) == (1, 1)
    assert set_weights(readers, 0.5, {}) == pytest.approx((10, 30))
    assert set_weights(readers, 1.0, {"a": 2.5, "of another run": 9}) == pytest.approx((250, 900))


def test_every_batch_is_near_its_shares() -> None:
    weights = (0.1, 0.3, 0.6)
    sets = np.array([locate(p, (100, 300, 600), 0, weights)[0] for p in range(32 * 60)]).reshape(-1, 32)
    for set_index, share in enumerate(weights):
        assert np.abs((sets == set_index).sum(axis=1) - 32 * share).max() <= 1.5


def test_no_set_is_left_out() -> None:
    assert set(pattern((1, 10_000_000)).sets) == {0, 1}


@given(st.integers(0, 10**9), st.integers(0, 5))
def test_what_stands_in_is_what_the_set_gives_later(position: int, later: int) -> None:
    lengths, weights = (7, 30), (1.0, 1.0)
    here = locate(position, lengths, 1, weights, later)
    assert here == locate(position + 2 * later, lengths, 1, weights)
