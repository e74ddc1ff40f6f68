"""The plot of a study as PNG: errors on the left, paired differences from the reference on the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from training.files import replacing
from training.recipes import RECIPES
from training.reproduction import statistics
from training.reproduction.results import Results
from training.reproduction.statistics import Estimate, Row
from training.reproduction.studies import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UTS_COLOUR, UTSS_COLOUR, PAPER_COLOUR = "#1f5fa8", "#c26a1c", "#444444"
ERROR, DIFFERENCE = "δ1.25 error, %", "δ1.25 error UTS minus {}, points"
SEED: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 4, "fillstyle": "none"}


def write(path: Path, study: Study, results: Results) -> None:
    """What is finished so far."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = statistics.rows(study, results)
    height = 4.2 if study.name in DRAWN else max(3.2, 1.6 + 0.42 * len(rows))
    figure = Figure(figsize=(10, height), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    DRAWN.get(study.name, dots)(left, right, study, rows)
    plan = results.plan
    figure.suptitle(
        f"{study.title}\n{plan.size} px, {plan.steps:,} steps of batch {plan.batch}; {len(plan.tests)} NYU "
        "test images, 95 % intervals",
        fontsize=10,
    )
    for axes in (left, right):
        axes.grid(alpha=0.25)
    left.legend(fontsize=8)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=130)


def dots(left: Axes, right: Axes, study: Study, rows: tuple[Row, ...]) -> None:
    """A line for each recipe, the first on top."""
    places = np.arange(len(rows), 0, -1, dtype=np.float64)
    for offset, colour, title, chosen in (
        (0.14, UTS_COLOUR, "up to scale (UTS)", [row.delta1 for row in rows]),
        (-0.14, UTSS_COLOUR, "up to scale and shift (UTSS)", [row.utss for row in rows]),
    ):
        values, bars = _with_bars(chosen)
        left.errorbar(values, places + offset, xerr=bars, fmt="o", color=colour, capsize=3, label=title)
    seeds = [(seed, place + 0.28) for row, place in zip(rows, places, strict=True) for seed in row.seeds]
    left.plot(*zip(*seeds, strict=True), color=UTS_COLOUR, label="single seeds, UTS", **SEED)
    known = [
        (study.published[r.recipe], p)
        for r, p in zip(rows, places, strict=True)
        if r.recipe in study.published
    ]
    if known:
        left.plot(
            *zip(*known, strict=True),
            "D",
            color=PAPER_COLOUR,
            fillstyle="none",
            label="the paper (alignment not stated)",
        )
    left.set_xlabel(ERROR)
    compared = [(row.against, place) for row, place in zip(rows, places, strict=True) if row.against]
    if compared:
        values, bars = _with_bars([e for e, _ in compared])
        right.errorbar(values, [p for _, p in compared], xerr=bars, fmt="o", color=UTS_COLOUR, capsize=3)
    right.axvline(0, color="black", linewidth=0.8)
    right.set_xlabel(DIFFERENCE.format(_reference(study, rows)))
    for axes, labels in ((left, [study.label(row.recipe) for row in rows]), (right, [""] * len(rows))):
        axes.set_yticks(places, labels)
        axes.set_ylim(0.4, len(rows) + 0.7)


def shares(left: Axes, right: Axes, study: Study, rows: tuple[Row, ...]) -> None:
    """Error over the percentage of UTS images, with and without the others as UTSS."""
    percents = sorted({_shares(row)[0] for row in rows})
    for with_utss, colour, title in (
        (False, UTS_COLOUR, "UTS images alone"),
        (True, UTSS_COLOUR, "the others as UTSS"),
    ):
        # 100 % UTS ends both lines: there are no others.
        chosen = [r for r in rows if _shares(r)[1] == (100 - _shares(r)[0] if with_utss else 0)]
        places = [percents.index(_shares(row)[0]) + (0.05 if with_utss else -0.05) for row in chosen]
        values, bars = _with_bars([row.delta1 for row in chosen])
        left.errorbar(places, values, yerr=bars, fmt="o-", color=colour, capsize=3, label=title)
        for row, place in zip(chosen, places, strict=True):
            left.plot([place + 0.1] * len(row.seeds), row.seeds, color=colour, **SEED)
        compared = [(row.against, place) for row, place in zip(chosen, places, strict=True) if row.against]
        values, bars = _with_bars([e for e, _ in compared])
        right.errorbar([p for _, p in compared], values, yerr=bars, fmt="o", color=colour, capsize=3)
    right.axhline(0, color="black", linewidth=0.8)
    left.set_ylabel(f"{ERROR} (UTS; small: single seeds)")
    right.set_ylabel(DIFFERENCE.format(_reference(study, rows)))
    for axes in (left, right):
        axes.set_xticks(range(len(percents)), [f"{percent} %" for percent in percents])
        axes.set_xlabel("training images used as UTS")


def _reference(study: Study, rows: tuple[Row, ...]) -> str:
    names = {study.label(row.reference) for row in rows}
    return names.pop() if len(names) == 1 else "its reference"


def _shares(row: Row) -> tuple[int, int]:
    """Percent used as UTS, and as UTSS."""
    uts, utss = RECIPES[row.recipe].shares or (1.0, 0.0)
    return round(100 * uts), round(100 * utss)


def _with_bars(estimates: Sequence[Estimate]) -> tuple[list[float], list[list[float]]]:
    """Values, and how far the intervals reach below and above them."""
    values = [e.value for e in estimates]
    return values, [[e.value - e.low for e in estimates], [e.high - e.value for e in estimates]]


DRAWN: dict[str, Callable[[Axes, Axes, Study, tuple[Row, ...]], None]] = {"figure3": shares}
