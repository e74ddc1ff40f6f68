"""Absolute depth made less: up to scale (UTS), or up to scale and shift (UTSS), as in the ablation.

    UTS   D' = a·D          a drawn log-uniformly from [1/10, 10]
    UTSS  D' = a·(D + b)    b drawn from [−1, 1] times the mean disparity of the valid pixels

D is disparity (inverse depth). The losses take both away again, so the ranges decide nothing: they only
make sure that a loss which peeks at the true scale or shift is punished.
"""

from __future__ import annotations

from dataclasses import replace
from math import exp, log

import numpy as np
from numpy.random import Generator

from training.data.sample import Kind, Sample

LARGEST_FACTOR = 10.0
LARGEST_SHIFT = 1.0
# What each kind may be turned into: never into more than it is.
RANK = {Kind.ABSOLUTE: 0, Kind.UTS: 1, Kind.UTSS: 2}


def as_uts(sample: Sample, rng: Generator) -> Sample:
    """`sample` with its disparity times a random factor. ValueError for a UTSS sample."""
    _check(sample, Kind.UTS)
    return replace(sample, disparity=sample.disparity * _factor(rng), kind=Kind.UTS)


def as_utss(sample: Sample, rng: Generator) -> Sample:
    """`sample` with a random factor and shift; its disparity may come out negative. Invalid pixels
    stay 0.
    """
    factor = _factor(rng)
    share = np.float32(rng.uniform(-LARGEST_SHIFT, LARGEST_SHIFT))
    mean = sample.disparity[sample.valid].mean() if sample.valid.any() else np.float32(0)
    shifted = np.where(sample.valid, factor * (sample.disparity + share * mean), np.float32(0))
    return replace(sample, disparity=shifted.astype(np.float32, copy=False), kind=Kind.UTSS)


def as_kind(sample: Sample, kind: Kind, rng: Generator) -> Sample:
    """`sample` as `kind`; the same where it is that already. ValueError where it is less."""
    _check(sample, kind)
    if sample.kind is kind:
        return sample
    return as_uts(sample, rng) if kind is Kind.UTS else as_utss(sample, rng)


def _factor(rng: Generator) -> np.float32:
    return np.float32(exp(rng.uniform(-1, 1) * log(LARGEST_FACTOR)))


def _check(sample: Sample, kind: Kind) -> None:
    if RANK[sample.kind] > RANK[kind]:
        raise ValueError(f"a sample that is {sample.kind.value} cannot be made {kind.value}")
