"""Figures of single images, and what many of them amount to: means with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.row import Score
from bench.testsets.shot import Truth
from training import metrics

RESAMPLES = 2_000
CONFIDENCE = 0.95
UTS = ("delta1", "delta2", "delta3", "rel", "log10", "rmse")
UTSS = tuple(f"utss_{metric}" for metric in UTS)
IN_METRES = ("rmse", "utss_rmse")
# A larger value is better; all others are errors.
HIGHER_IS_BETTER = ("correlation",)
Map = NDArray[np.float32]


def figures(log_disparity: Map, truth: Truth, cap_m: float | None) -> dict[str, float]:
    """Metric → value of one image; NaN where it has too few valid pixels, or the output is not finite.

    log_disparity: network size, without padding. truth: of the photo's size.
    Depth: UTS metrics, the same after scale and shift ("utss_…"), correlation of disparities ·
    disparity: disparity_rel, correlation. A truth that is no map (a pair of points) is scored by `ordinal`.
    """
    if truth.depth is not None:
        return _depth(log_disparity, truth.depth, cap_m, truth.metric)
    assert truth.disparity is not None
    if not np.isfinite(log_disparity).all():
        return dict.fromkeys(("disparity_rel", "correlation"), np.nan)
    known = truth.disparity > 0
    return {
        "disparity_rel": _or_nan(metrics.disparity_rel(log_disparity, truth.disparity, known)),
        "correlation": _or_nan(metrics.correlation(log_disparity, truth.disparity, known)),
    }


def ordinal(values: Sequence[float], relation: str) -> dict[str, float]:
    """WHDR of one pair, 0 or 100: `values` of `pair_values`. UTSS: the same after exp."""
    a, b, exp_a, exp_b = values
    stated = relation == ">"
    return {"whdr": 100.0 * ((b > a) != stated), "utss_whdr": 100.0 * ((exp_b > exp_a) != stated)}


def pair_values(
    log_disparity: Map, points: tuple[int, int, int, int], height: int, width: int
) -> tuple[float, float, float, float]:
    """Log-disparity at two points of a height×width photo, and the disparity there: A, B, exp A, exp B."""
    a, b = metrics.at_points(log_disparity, points, height, width)
    exp_a, exp_b = metrics.at_points(np.exp(log_disparity - log_disparity.max()), points, height, width)
    return a, b, exp_a, exp_b


def _depth(log_disparity: Map, depth: Map, cap_m: float | None, metric: bool) -> dict[str, float]:
    names = [m for m in (*UTS, *UTSS, "correlation") if metric or m not in IN_METRES]
    if not np.isfinite(log_disparity).all():
        return dict.fromkeys(names, np.nan)
    known = depth > 0
    uts = metrics.uts(log_disparity, depth, known, cap_m)
    utss = metrics.utss(log_disparity, depth, known, cap_m)
    if uts is None or utss is None:
        return dict.fromkeys(names, np.nan)
    scored = known & (depth < cap_m) if cap_m else known
    disparity = np.divide(1, depth, out=np.zeros_like(depth), where=scored)
    found = uts | {f"utss_{m}": value for m, value in utss.items()}
    found["correlation"] = _or_nan(metrics.correlation(log_disparity, disparity, scored))
    return {name: found[name] for name in names}


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def scores(
    columns: Mapping[str, NDArray[np.float64]],
    beside: Mapping[str, NDArray[np.float64]] | None,
    groups: Sequence[str],
    by_scene: bool,
) -> dict[str, Score]:
    """Metric → score of the images of a set; `beside`: the float model's figures of the same images."""
    found = {}
    for metric, values in columns.items():
        sign = -1 if metric in HIGHER_IS_BETTER else 1
        float_values = beside.get(metric) if beside else None
        if (made := score(values, float_values, groups, by_scene, sign)) is not None:
            found[metric] = made
    return found


def score(
    values: NDArray[np.float64],
    float_values: NDArray[np.float64] | None,
    groups: Sequence[str],
    by_scene: bool = False,
    sign: int = 1,
) -> Score | None:
    """Mean and percentile-bootstrap interval over images, groups resampled together; None for none.

    by_scene: the mean over groups of their means. With float_values also the drop, sign·(file − float),
    whose interval is paired: image by image.
    """
    counted = np.isfinite(values)
    if not counted.any():
        return None
    made = Score(
        value=_mean(values, groups, by_scene),
        images=int(counted.sum()),
        ci95=interval(values, groups, by_scene),
        median=float(np.median(values[counted])),
    )
    if float_values is None or not (paired := np.isfinite(values - float_values)).any():
        return made
    difference = np.where(paired, sign * (values - float_values), np.nan)
    return Score(
        **vars(made)
        | {
            "float_value": _mean(float_values, groups, by_scene),
            "drop": _mean(difference, groups, by_scene),
            "drop_ci95": interval(difference, groups, by_scene),
        }
    )


def _mean(values: NDArray[np.float64], groups: Sequence[str], by_scene: bool) -> float:
    sums, counts = _grouped(values, groups, by_scene)
    return float(sums.sum() / counts.sum())


def _grouped(
    values: NDArray[np.float64], groups: Sequence[str], by_scene: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum and number of images of each group; by_scene: its mean, and 1."""
    counted = np.isfinite(values)
    _, index = np.unique(np.array(groups)[counted], return_inverse=True)
    sums: NDArray[np.float64] = np.bincount(index, values[counted]).astype(np.float64)
    counts: NDArray[np.float64] = np.bincount(index).astype(np.float64)
    return (sums / counts, np.ones_like(counts)) if by_scene else (sums, counts)


def interval(
    values: NDArray[np.float64], groups: Sequence[str], by_scene: bool = False
) -> tuple[float, float] | None:
    """95 % percentile bootstrap of the mean; None with fewer than two groups, or without SciPy."""
    sums, counts = _grouped(values, groups, by_scene)
    if len(sums) < 2:
        return None
    try:
        from scipy.stats import bootstrap
    except ImportError:
        return None
    drawn = bootstrap(
        (sums, counts),
        lambda s, c, axis: s.sum(axis=axis) / c.sum(axis=axis),
        paired=True,
        n_resamples=RESAMPLES,
        batch=max(1, 2_000_000 // len(sums)),  # of 74,441 images a few resamples at a time
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return float(drawn.low), float(drawn.high)
