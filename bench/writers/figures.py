"""Figures as texts, the same in the terminal and on the page."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from bench.row import Row, Score
from bench.testsets import TESTSETS

NONE = "–"


def ms(value: float | None) -> str:
    """Three digits: 9.87, 98.7, 987. The limits lie where rounding would give a fourth."""
    if value is None:
        return NONE
    return f"{value:.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def megabytes(value: int | None) -> str:
    return NONE if value is None else f"{value / 1e6:.2f}"


def billions(value: int) -> str:
    return f"{value / 1e9:.3f}"


def percent(value: float | None) -> str:
    if value is None:
        return NONE
    return f"{value:.2f}" if isfinite(value) else "∞"


def signed(value: float) -> str:
    """`+0.17`; what rounds to nothing is +0.00, never -0.00."""
    return f"{round(value, 2) + 0.0:+.2f}"


def error(score: Score | None) -> str:
    return percent(score.value if score else None)


def drop(score: Score | None) -> str:
    """Points lost against the float model."""
    return NONE if score is None or score.drop is None else signed(score.drop)


def error_interval(score: Score | None) -> str:
    return "" if score is None or score.ci95 is None else f"{score.ci95[0]:.2f} … {score.ci95[1]:.2f}"


def drop_interval(score: Score | None) -> str:
    if score is None or score.drop_ci95 is None:
        return ""
    return f"{signed(score.drop_ci95[0])} … {signed(score.drop_ci95[1])}"


def fidelity(row: Row, key: str) -> str:
    """A figure against the float model; a dash where it was not measured."""
    return percent(row.fidelity.get(key) if row.fidelity else None)


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


def protocols(rows: Sequence[Row]) -> list[str]:
    """A line for each set and protocol: how many images, what was done, who was trained on such."""
    seen: dict[tuple[str, str], list[Row]] = {}
    for name in set_names(rows):
        for row in rows:
            if headline(row, name):
                seen.setdefault((name, row.accuracy[name].protocol), []).append(row)
    return [_protocol(name, protocol, scored) for (name, protocol), scored in seen.items()]


def _protocol(name: str, protocol: str, rows: Sequence[Row]) -> str:
    count = max(score.images for row in rows if (score := headline(row, name)))
    trained = ", ".join(dict.fromkeys(r.model for r in rows if r.accuracy[name].trained_on))
    note = f"; same camera as the training data of {trained}" if trained else ""
    return f"{name}: {count} image{'s' if count != 1 else ''}, {protocol}{note}"


def first_of_each_file(rows: Sequence[Row]) -> list[Row]:
    """One row a file: accuracy does not depend on the number of threads."""
    seen: dict[tuple[str, str], Row] = {}
    for row in rows:
        seen.setdefault((row.model, row.file), row)
    return list(seen.values())


def verdict(rows: Sequence[Row]) -> str:
    """The gate in one line: what a reader looks for first. Empty where it was not asked for."""
    judged = [row for row in first_of_each_file(rows) if row.gate != "none"]
    failed = [f"{row.model} {row.file}" for row in judged if row.gate == "fail"]
    if not judged:
        return ""
    if not failed:
        return f"Gate: passed ({len(judged)} file{'s' if len(judged) > 1 else ''})"
    return f"Gate: {len(failed)} of {len(judged)} failed: {', '.join(failed)}"
