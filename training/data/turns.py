"""Which set, and which of its samples, stands at a position of the run: pure functions of the position.

Sets take turns by their weights. Each repeats in its own shuffled orders, so that, of equal weight, a small
set gives each of its samples more often than a large one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from training.data.sample import Reader

# Shares of sets that are not drawn equally are rounded to one in so many.
PERIOD = 1000


@dataclass(frozen=True)
class Pattern:
    """One period of turns: the set at each place, how often it came before, how often it comes in all."""

    sets: NDArray[np.int64]
    before: NDArray[np.int64]
    counts: NDArray[np.int64]


def set_weights(
    readers: Sequence[Reader], balance: float, emphasis: Mapping[str, float]
) -> tuple[float, ...]:
    """L^balance for a set of L samples, times what `emphasis` says of its name, else 1.

    balance 0: all equally often, as in the paper; 1: every sample as often as any other.
    """
    return tuple(len(reader) ** balance * emphasis.get(reader.name, 1.0) for reader in readers)


def locate(
    position: int, lengths: tuple[int, ...], seed: int, weights: tuple[float, ...], later: int = 0
) -> tuple[int, int]:
    """(set, index in the set) of the sample at `position`.

    weights: sets are drawn in proportion to them. later: the sample that the same set gives so many of
    its own turns later, which stands in for one that cannot be read.
    """
    turns = pattern(weights)
    period, place = divmod(position, len(turns.sets))
    set_index = int(turns.sets[place])
    turn = period * int(turns.counts[set_index]) + int(turns.before[place]) + later
    epoch, step = divmod(turn, lengths[set_index])
    return set_index, int(_order(seed, set_index, epoch, lengths[set_index])[step])


@lru_cache(maxsize=16)
def pattern(weights: tuple[float, ...]) -> Pattern:
    """The period of turns, each set spread evenly over it; no set is left out."""
    counts = _shares(weights)
    sets = np.repeat(np.arange(len(weights)), counts)
    places = np.concatenate([(np.arange(count) + 0.5) / count for count in counts])
    sets = sets[np.lexsort((sets, places))]
    before = np.empty_like(sets)
    for set_index, count in enumerate(counts):
        before[sets == set_index] = np.arange(count)
    return Pattern(sets, before, counts)


def _shares(weights: tuple[float, ...]) -> NDArray[np.int64]:
    """Turns of each set in a period, at least one."""
    if min(weights) == max(weights):
        return np.ones(len(weights), np.int64)
    exact = np.asarray(weights) / sum(weights) * PERIOD
    counts: NDArray[np.int64] = np.maximum(1, np.rint(exact)).astype(np.int64)
    return counts


@lru_cache(maxsize=64)
def _order(seed: int, set_index: int, epoch: int, length: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, set_index, epoch)).permutation(length)
