"""Figures as texts, the same in the terminal and on the page."""

from __future__ import annotations

from collections.abc import Sequence

from bench.row import Row, Score
from bench.testsets import TESTSETS

NONE = "–"


def ms(value: float | None) -> str:
    if value is None:
        return NONE
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def megabytes(value: int | None) -> str:
    return NONE if value is None else f"{value / 1e6:.2f}"


def billions(value: int) -> str:
    return f"{value / 1e9:.3f}"


def percent(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def drop(score: Score | None) -> str:
    """`+0.17 [+0.02, +0.34]`: points lost against the float model, with the paired interval."""
    if score is None or score.drop is None:
        return NONE
    if score.drop_ci95 is None:
        return f"{score.drop:+.2f}"
    low, high = score.drop_ci95
    return f"{score.drop:+.2f} [{low:+.2f}, {high:+.2f}]"


def error(score: Score | None) -> str:
    """`12.3 ±1.1`-like: the value with its interval."""
    if score is None:
        return NONE
    if score.ci95 is None:
        return f"{score.value:.2f}"
    return f"{score.value:.2f} [{score.ci95[0]:.2f}, {score.ci95[1]:.2f}]"


def headline(row: Row, name: str) -> Score | None:
    """The score that the paper reports for a set."""
    accuracy = row.accuracy.get(name)
    return accuracy.scores.get(TESTSETS[name].metric) if accuracy else None


def set_names(rows: Sequence[Row]) -> list[str]:
    """Sets with a score in any row, in the order of the table of sets."""
    return [name for name in TESTSETS if any(headline(row, name) for row in rows)]


def metric_title(name: str) -> str:
    titles = {"delta1": "δ1.25 error %", "rel": "rel %", "disparity_rel": "disparity rel %"}
    return titles[TESTSETS[name].metric]


def first_of_each_file(rows: Sequence[Row]) -> list[Row]:
    """One row a file: accuracy does not depend on the number of threads."""
    seen: dict[tuple[str, str], Row] = {}
    for row in rows:
        seen.setdefault((row.model, row.file), row)
    return list(seen.values())
