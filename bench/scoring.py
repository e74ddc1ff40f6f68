"""Accuracy of exported files, as deployed, beside their float model on the very same images.

Each image is decoded once and goes through every file of a model; only its figures are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.row import Accuracy, Score
from bench.testsets import TESTSETS, TestSet
from bench.testsets.shot import Shot, Shots
from export import runners
from export.fit import Fit, placement, to_network
from export.runners import Runner
from training import metrics

RESAMPLES = 2_000
CONFIDENCE = 0.95
# The middle 98 % of log-disparity span less than 5 %: the file shows one distance everywhere.
CONSTANT = 0.05
METRICS = ("delta1", "delta2", "delta3", "rel", "log10", "rmse")
UTSS_METRICS = tuple(f"utss_{metric}" for metric in METRICS)


@dataclass
class Tally:
    """Figures of one file, an entry an image (an entry a metric; NaN where an image is not scored)."""

    figures: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    fidelity: list[dict[str, float]] = field(default_factory=list)
    worst: str = ""


@dataclass(frozen=True)
class Judged:
    """What a row says of a file."""

    accuracy: dict[str, Accuracy]
    fidelity: dict[str, float] | None


@dataclass(frozen=True)
class Deployed:
    """How photos reach the files of one model, and which sets it was trained on."""

    height: int
    width: int
    fit: Fit
    trained_on: Sequence[str]


def judge(
    files: Mapping[str, Runner],
    reference: str | None,
    deployed: Deployed,
    sets: Mapping[str, Shots],
    progress: Callable[[str], None],
) -> dict[str, Judged]:
    """Score every file (role → runner) on every set; `reference` is the role of the float model."""
    tallies = {role: Tally() for role in files}
    groups: dict[str, list[str]] = {}
    for name, shots in sets.items():
        progress(f"{name}: {len(shots)} images")
        groups[name] = []
        for shot in shots:
            groups[name].append(shot.group or shot.name)
            _add(shot, TESTSETS[name], files, reference, deployed, tallies)
    result = {}
    for role, tally in tallies.items():
        beside = tallies[reference] if reference and reference != role else None
        result[role] = Judged(_accuracy(tally, beside, groups, deployed), _fidelity(tally))
    return result


def _add(
    shot: Shot,
    test_set: TestSet,
    files: Mapping[str, Runner],
    reference: str | None,
    deployed: Deployed,
    tallies: Mapping[str, Tally],
) -> None:
    float_output: NDArray[np.float32] | None = None
    image = to_network(shot.image, deployed.height, deployed.width, deployed.fit)
    for role in sorted(files, key=lambda role: role != reference):
        output = runners.run(files[role], image)
        if role == reference:
            float_output = output
        elif float_output is not None:
            _compare(tallies[role], float_output, output, shot.name)
        for metric, value in _figures(output, shot, test_set, deployed.fit).items():
            tallies[role].figures.setdefault(test_set.name, {}).setdefault(metric, []).append(value)


def _figures(output: NDArray[np.float32], shot: Shot, test_set: TestSet, fit: Fit) -> dict[str, float]:
    """Metric → value of one image; NaN where it has too few valid pixels."""
    if shot.depth is None and shot.disparity is None:
        return {}
    if not np.isfinite(output).all():
        names = ("disparity_rel",) if shot.depth is None else METRICS + UTSS_METRICS
        return dict.fromkeys(names, np.nan)
    height, width = shot.image.shape[:2]
    inner = placement(height, width, output.shape[0], output.shape[1], fit.mode).cut(output)
    if shot.disparity is not None:
        rel = metrics.disparity_rel(inner, shot.disparity, shot.disparity > 0)
        return {"disparity_rel": np.nan if rel is None else rel}
    assert shot.depth is not None
    uts = metrics.uts(inner, shot.depth, shot.depth > 0, test_set.cap_m)
    utss = metrics.utss(inner, shot.depth, shot.depth > 0, test_set.cap_m)
    found = {m: np.nan if uts is None else uts[m] for m in METRICS}
    return found | {f"utss_{m}": np.nan if utss is None else utss[m] for m in METRICS}


def _compare(tally: Tally, reference: NDArray[np.float32], output: NDArray[np.float32], name: str) -> None:
    if not np.isfinite(output).all():
        tally.fidelity.append(
            {"within_1_25": 0.0, "within_1_05": 0.0, "shift_drift": np.inf, "not_finite": 1.0}
        )
        return
    scores = metrics.fidelity(reference, output)
    low, high = np.quantile(output, (0.01, 0.99))
    if not tally.fidelity or scores["within_1_25"] < min(f["within_1_25"] for f in tally.fidelity):
        tally.worst = name
    tally.fidelity.append({**scores, "constant": float(high - low < CONSTANT)})


def _fidelity(tally: Tally) -> dict[str, float] | None:
    if not tally.fidelity:
        return None
    within = [f["within_1_25"] for f in tally.fidelity]
    drift = [f["shift_drift"] for f in tally.fidelity]
    return {
        "within_1_25": float(np.mean(within)),
        "within_1_05": float(np.mean([f["within_1_05"] for f in tally.fidelity])),
        "within_1_25_worst": float(np.min(within)),
        "shift_drift": float(np.mean(drift)),
        "shift_drift_worst": float(np.max(drift)),
        "constant_outputs": float(sum(f.get("constant", 0) for f in tally.fidelity)),
        "not_finite_outputs": float(sum(f.get("not_finite", 0) for f in tally.fidelity)),
        "images": float(len(tally.fidelity)),
    }


def _accuracy(
    tally: Tally,
    float_tally: Tally | None,
    groups: Mapping[str, list[str]],
    deployed: Deployed,
) -> dict[str, Accuracy]:
    result = {}
    for name, by_metric in tally.figures.items():
        scores = {
            metric: score(
                np.array(values),
                np.array(float_tally.figures[name][metric]) if float_tally else None,
                groups[name],
            )
            for metric, values in by_metric.items()
        }
        cap = TESTSETS[name].cap_m
        protocol = f"as deployed, {deployed.height}×{deployed.width}, {deployed.fit.mode}"
        protocol += f", cap {cap:g} m" if cap else ""
        seen = TESTSETS[name].training_name in deployed.trained_on
        result[name] = Accuracy(protocol, {m: s for m, s in scores.items() if s is not None}, seen)
    return result


def score(
    values: NDArray[np.float64], float_values: NDArray[np.float64] | None, groups: Sequence[str]
) -> Score | None:
    """Mean and percentile-bootstrap interval over images, groups resampled together; None for none.

    With float_values also the drop (file − float), whose interval is paired: image by image.
    """
    counted = np.isfinite(values)
    if not counted.any():
        return None
    if float_values is None:
        return Score(float(values[counted].mean()), int(counted.sum()), interval(values, groups))
    difference = values - float_values
    return Score(
        value=float(values[counted].mean()),
        images=int(counted.sum()),
        ci95=interval(values, groups),
        float_value=float(np.nanmean(float_values)),
        drop=float(np.nanmean(difference)),
        drop_ci95=interval(difference, groups),
    )


def interval(values: NDArray[np.float64], groups: Sequence[str]) -> tuple[float, float] | None:
    """95 % percentile bootstrap of the mean; None with fewer than two groups, or without SciPy."""
    counted = np.isfinite(values)
    names, index = np.unique(np.array(groups)[counted], return_inverse=True)
    if len(names) < 2:
        return None
    try:
        from scipy.stats import bootstrap
    except ImportError:
        return None
    sums = np.bincount(index, values[counted])
    counts = np.bincount(index)
    drawn = bootstrap(
        (sums, counts),
        lambda s, c, axis: s.sum(axis=axis) / c.sum(axis=axis),
        paired=True,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return float(drawn.low), float(drawn.high)
