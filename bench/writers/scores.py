"""Scores of files on sets for a terminal: a table a set, all metrics, the protocol beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from bench.judging.scoring import HIGHER_IS_BETTER, UTS, UTSS
from bench.row import Accuracy, Images, Report, Row, Score
from bench.testsets import TESTSETS
from bench.writers import figures
from bench.writers.table import Column, Grid, text

WORST = 3
TITLES = {
    "delta1": "δ1.25", "delta2": "δ1.25²", "delta3": "δ1.25³", "rel": "rel", "log10": "log10",
    "rmse": "rmse m", "whdr": "WHDR", "disparity_rel": "disparity\nrel", "correlation": "corre-\nlation",
}  # fmt: skip
ORDER = (*UTS, *UTSS, "disparity_rel", "correlation", "whdr", "utss_whdr")
PERCENT = ("delta1", "delta2", "delta3", "rel", "disparity_rel", "whdr")
LEGEND = (
    "δ1.25: percent of pixels off by more than 1.25×, mean over images (lower is better); rel: percent",
    "up to scale: the lower median of the log differences is taken out; after scale and shift: least squares "
    "in disparity",
    "±: half of the 95 % bootstrap interval, images of a scene resampled together; no test-time augmentation",
)


def scores(report: Report) -> str:
    """A table a set with the files that were scored on it, then the worst images and the protocols."""
    names = [name for name in TESTSETS if any(name in row.accuracy for row in report.rows)]
    grids = [_grid(name, [row for row in report.rows if name in row.accuracy]) for name in names]
    machine = report.machine.get("processor", "unknown processor")
    return text(str(machine), grids, [*_worst(report.images), *LEGEND, *_skipped(report)])


def _grid(name: str, rows: Sequence[Row]) -> Grid:
    test_set, of = TESTSETS[name], [row.accuracy[name] for row in rows]
    found = [metric for metric in ORDER if any(metric in accuracy.scores for accuracy in of)]
    columns = [
        Column("file", [f"{row.model} {row.file}" for row in rows], left=True, key=True),
        Column("images", [_count(accuracy) for accuracy in of]),
        *(_column(metric, test_set.metric, of) for metric in found),
        Column("protocol", [_protocol(accuracy) for accuracy in of], left=True),
    ]
    return Grid(f"{name}: {test_set.title}", columns)


def _count(accuracy: Accuracy) -> str:
    return str(max((score.images for score in accuracy.scores.values()), default=0))


def _protocol(accuracy: Accuracy) -> str:
    seen = "; TRAINED ON the same set or camera, not zero-shot" if accuracy.trained_on else ""
    return accuracy.protocol + seen


def _column(metric: str, headline: str, of: Sequence[Accuracy]) -> Column:
    """The headline with its interval, and the difference where there is one; else the value alone."""
    plain = metric.removeprefix("utss_")
    head = TITLES[plain] + ("\nsc.+shift" if metric != plain else "")
    whole = plain == headline or metric == "correlation"
    cells = [_cell(accuracy.scores.get(metric), plain in PERCENT, whole) for accuracy in of]
    if metric in HIGHER_IS_BETTER:
        medians = [accuracy.scores.get(metric) for accuracy in of]
        cells = [
            f"{c} (median {m.median:.3f})" if m and m.median else c
            for c, m in zip(cells, medians, strict=True)
        ]
    return Column(head, cells)


def _cell(score: Score | None, percent: bool, whole: bool) -> str:
    if score is None:
        return figures.NONE
    shown = f"{score.value:.2f}" if percent else f"{score.value:.3f}"
    if not whole or not score.ci95:
        return shown
    half = (score.ci95[1] - score.ci95[0]) / 2
    shown += f" ±{half:.2f}" if percent else f" ±{half:.3f}"
    if score.drop is None:
        return shown
    if score.drop_ci95 is None:
        return f"{shown} ({figures.drop(score)})"
    return f"{shown} ({figures.drop(score)} ±{(score.drop_ci95[1] - score.drop_ci95[0]) / 2:.2f})"


def _worst(images: Sequence[Images]) -> Iterator[str]:
    """The images that each file gets most wrong, by the headline metric of their set."""
    for of in images:
        metric = TESTSETS[of.set_name].metric
        values = of.columns.get(metric, of.columns.get(f"utss_{metric}"))
        if values is None or metric == "whdr":
            continue
        order = [i for i in np.argsort(-np.nan_to_num(values, nan=-np.inf))[:WORST] if np.isfinite(values[i])]
        named = ", ".join(f"{of.names[i]} {values[i]:.1f}" for i in order)
        yield f"worst of {of.set_name}, {of.model} {of.file}: {named}"


def _skipped(report: Report) -> list[str]:
    return [f"not measured: {s.what}: {s.why}" for s in report.skipped]
