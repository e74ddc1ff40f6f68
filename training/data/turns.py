"""Which set, and which of its samples, stands at a position of the run: pure functions of the position.

Sets take turns. Each repeats in its own shuffled orders, so that a small set is drawn more often than a
large one; `balance` says how much more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# Shares of sets that are not drawn equally are rounded to one in so many.
PERIOD = 1000


@dataclass(frozen=True)
class Pattern:
    """One period of turns: the set at each place, how often it came before, how often it comes in all."""

    sets: NDArray[np.int64]
    before: NDArray[np.int64]
    counts: NDArray[np.int64]


def locate(
    position: int, lengths: tuple[int, ...], seed: int, balance: float = 0.0, later: int = 0
) -> tuple[int, int]:
    """(set, index in the set) of the sample at `position`.

    balance: a set of L samples is drawn in proportion to L^balance; 0: equally, as in the paper;
    1: every sample as often as any other. later: the sample that the same set gives so many of its own
    turns later, which stands in for one that cannot be read.
    """
    turns = pattern(lengths, balance)
    period, place = divmod(position, len(turns.sets))
    set_index = int(turns.sets[place])
    turn = period * int(turns.counts[set_index]) + int(turns.before[place]) + later
    epoch, step = divmod(turn, lengths[set_index])
    return set_index, int(_order(seed, set_index, epoch, lengths[set_index])[step])


@lru_cache(maxsize=16)
def pattern(lengths: tuple[int, ...], balance: float) -> Pattern:
    """The period of turns, each set spread evenly over it; no set is left out."""
    counts = _shares(lengths, balance)
    sets = np.repeat(np.arange(len(lengths)), counts)
    places = np.concatenate([(np.arange(count) + 0.5) / count for count in counts])
    sets = sets[np.lexsort((sets, places))]
    before = np.empty_like(sets)
    for set_index, count in enumerate(counts):
        before[sets == set_index] = np.arange(count)
    return Pattern(sets, before, counts)


def _shares(lengths: tuple[int, ...], balance: float) -> NDArray[np.int64]:
    """Turns of each set in a period, at least one."""
    if balance == 0:
        return np.ones(len(lengths), np.int64)
    weights = np.asarray(lengths, float) ** balance
    exact = weights / weights.sum() * PERIOD
    counts: NDArray[np.int64] = np.maximum(1, np.rint(exact)).astype(np.int64)
    return counts


@lru_cache(maxsize=64)
def _order(seed: int, set_index: int, epoch: int, length: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, set_index, epoch)).permutation(length)
