"""Means of each recipe with intervals, and what the test images can tell apart.

Intervals are percentile bootstraps over the test images, those of one scene resampled together; a difference
of two recipes is taken image by image first (paired). Seeds are too few to be resampled: each is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from statistics import median

import numpy as np
from numpy.typing import NDArray

from training.reproduction.results import Results, Trial
from training.reproduction.studies import Study

RESAMPLES, LOWER, UPPER = 4_000, 2.5, 97.5
Errors = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A mean over test images with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Row:
    """One recipe. seeds: the mean error of each seed, in the order of seeds. utss: the same errors after a
    shift was fitted too. against: error minus that of `reference`, None where that was not run.
    """

    recipe: str
    images: int
    delta1: Estimate
    seeds: tuple[float, ...]
    utss: Estimate
    reference: str
    against: Estimate | None


@dataclass(frozen=True)
class Separation:
    """Which pairs of recipes the test images do not tell apart. half_width: of a paired interval, points,
    the median over all pairs.
    """

    half_width: float
    pairs: int
    open: tuple[tuple[str, str], ...]


def rows(study: Study, results: Results) -> tuple[Row, ...]:
    """A row for each recipe that has a finished trial, in the order of the study."""
    sampled = resamples(results.plan.scenes)
    here = [name for name in study.recipes if of(results, name)]
    return tuple(_row(study, results, name, sampled) for name in here)


def _row(study: Study, results: Results, recipe: str, sampled: Errors) -> Row:
    trials, reference = of(results, recipe), study.reference(recipe)
    uts, utss = errors(trials), errors(trials, utss=True)
    against = None
    if reference != recipe and (others := of(results, reference)):
        against = estimate(uts.mean(axis=0) - errors(others).mean(axis=0), sampled)
    return Row(
        recipe,
        trials[0].images,
        estimate(uts.mean(axis=0), sampled),
        tuple(np.nanmean(uts, axis=1).tolist()),
        estimate(utss.mean(axis=0), sampled),
        reference,
        against,
    )


def separation(study: Study, results: Results) -> Separation | None:
    """What is left open: a pair whose paired interval holds 0, or whose seeds disagree on which is better.
    None with fewer than two recipes.
    """
    sampled = resamples(results.plan.scenes)
    here = [name for name in study.recipes if of(results, name)]
    pairs = {pair: _compared(results, *pair, sampled) for pair in combinations(here, 2)}
    if not pairs:
        return None
    widths = [(difference.high - difference.low) / 2 for difference, _ in pairs.values()]
    left = [pair for pair, (difference, agree) in pairs.items() if not (difference.excludes_zero and agree)]
    return Separation(median(widths), len(pairs), tuple(left))


def _compared(results: Results, first: str, second: str, sampled: Errors) -> tuple[Estimate, bool]:
    """The paired difference, and whether all seeds that both have agree on its sign."""
    a, b = of(results, first), of(results, second)
    difference = estimate(errors(a).mean(axis=0) - errors(b).mean(axis=0), sampled)
    both = {t.seed for t in a} & {t.seed for t in b}
    means = [{t.seed: float(np.nanmean(errors([t]))) for t in trials} for trials in (a, b)]
    signs = {bool(means[0][seed] > means[1][seed]) for seed in both}
    return difference, len(signs) <= 1


def of(results: Results, recipe: str) -> list[Trial]:
    """The trials of `recipe`, by seed."""
    return sorted((t for t in results.trials if t.recipe == recipe), key=lambda t: t.seed)


def errors(trials: list[Trial], utss: bool = False) -> Errors:
    """trials × test images, percent; NaN for an image that is not scored (in all of them alike)."""
    chosen = [t.scores.utss_delta1 if utss else t.scores.delta1 for t in trials]
    return np.array(chosen, dtype=np.float64)


def estimate(per_image: Errors, sampled: Errors) -> Estimate:
    """sampled: how often each image is drawn in each resample (`resamples`)."""
    known = np.isfinite(per_image)
    drawn = sampled[:, known]
    drawn = drawn[drawn.any(axis=1)]
    means = drawn @ per_image[known] / drawn.sum(axis=1)
    low, high = np.percentile(means, [LOWER, UPPER]).tolist()
    return Estimate(float(per_image[known].mean()), low, high)


def resamples(scenes: tuple[int, ...]) -> Errors:
    """RESAMPLES × images: as many scenes as there are, drawn with replacement; always the same draws."""
    _, scene = np.unique(scenes, return_inverse=True)
    count = int(scene.max()) + 1
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    counts: Errors = drawn[:, scene].astype(np.float64)
    return counts
