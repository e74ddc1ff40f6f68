"""Figures as texts, the same in the terminal and on the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from bench.row import Row, Score
from bench.testsets import TESTSETS

NONE = "–"
TRAINED_ON = "†"
INSTRUCTIONS = (
    "instructions: millions of ARM instructions an inference, one thread, counted under emulation; "
    "an indicator that repeats on any machine, not a latency"
)
# Metric → its title. With "utss_" before it: after scale and shift of disparity, not scale alone.
METRICS = {
    "delta1": "δ1.25 error %",
    "delta2": "δ1.25² error %",
    "delta3": "δ1.25³ error %",
    "rel": "rel %",
    "log10": "log10",
    "rmse": "RMSE m",
    "whdr": "WHDR %",
    "disparity_rel": "disparity rel %",
    "correlation": "correlation",
}
UTSS = "utss_"
SMALL = ("log10", "rmse", "correlation")


@dataclass(frozen=True)
class Figure:
    """A column: what stands over it, and its text in a row (NONE where it was not measured).

    always: also shown where no row has it.
    """

    title: str
    of: Callable[[Row], str]
    always: bool = False


def ms(value: float | None) -> str:
    """Three digits: 9.87, 98.7, 987. The limits lie where rounding would give a fourth."""
    if value is None:
        return NONE
    return f"{value:.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def megabytes(value: int | None) -> str:
    return NONE if value is None else f"{value / 1e6:.2f}"


def billions(value: int | None) -> str:
    return NONE if value is None else f"{value / 1e9:.3f}"


def millions(value: int | None) -> str:
    return NONE if value is None else f"{value / 1e6:.2f}"


def instructions(row: Row) -> str:
    return NONE if row.instructions is None else f"{row.instructions / 1e6:.1f}"


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


def metric_value(metric: str, value: float | None) -> str:
    """A figure in the unit of its metric: those that are mostly below 1 with three decimals."""
    if value is None or not isfinite(value):
        return NONE
    return f"{value:.3f}" if metric.removeprefix(UTSS) in SMALL else f"{value:.2f}"


def fidelity(row: Row, key: str) -> str:
    """A figure against the float model; a dash where it was not measured."""
    return percent(row.fidelity.get(key) if row.fidelity else None)


def hot_pixels(row: Row) -> str:
    value = row.fidelity.get("hot_pixels_ppm") if row.fidelity else None
    return NONE if value is None or not isfinite(value) else f"{value:.0f}"


def broken(row: Row) -> str:
    """How many outputs are constant or not finite; a dash for none."""
    found = row.fidelity or {}
    count = found.get("constant_outputs", 0) + found.get("not_finite_outputs", 0)
    return f"{count:.0f}" if count else NONE


def residuals(row: Row) -> str:
    """Of planes: float → file."""
    before, after = (_plane(row, key) for key in ("residual_float", "residual"))
    return NONE if NONE in (before, after) else f"{before} → {after}"


def angle(row: Row) -> str:
    return _plane(row, "angle_deg")


def _plane(row: Row, key: str) -> str:
    value = row.planes.get(key) if row.planes else None
    return NONE if value is None or not isfinite(value) else f"{value:.2f}"


# What stands beside the float model, the same pixels in both.
COMPARED = (
    Figure("same\nbits %", lambda row: fidelity(row, "identical")),
    Figure("same bits\nas here %", lambda row: agreement(row, "identical")),
    Figure("within 1.05×\nof here %", lambda row: agreement(row, "within_1_05")),
    Figure("within 1.25×\nof float %", lambda row: fidelity(row, "within_1_25"), always=True),
    Figure("worst\nimage %", lambda row: fidelity(row, "within_1_25_worst"), always=True),
    Figure("within 1.05×\nof float %", lambda row: fidelity(row, "within_1_05"), always=True),
    Figure("shift\ndrift %", lambda row: fidelity(row, "shift_drift"), always=True),
    Figure("worst\ndrift %", lambda row: fidelity(row, "shift_drift_worst"), always=True),
    Figure("hot pixels\nppm", hot_pixels),
    Figure("broken\noutputs", broken),
    Figure("off planes %\nfloat → file", residuals),
    Figure("angles of\nplanes ±°", angle),
)


def beside_this_machine(rows: Sequence[Row]) -> bool:
    """Whether the rows compare another device with this machine, the same file on the same bytes."""
    return bool(rows) and all(row.fidelity is not None and "identical" in row.fidelity for row in rows)


def compared(rows: Sequence[Row]) -> list[Figure]:
    """Columns of COMPARED that some row fills, or that always stand there."""
    return [figure for figure in COMPARED if figure.always or any(figure.of(row) != NONE for row in rows)]


def headline(row: Row, name: str) -> Score | None:
    """The score that the paper reports for a set; after scale and shift where that alone is known."""
    accuracy = row.accuracy.get(name)
    if accuracy is None:
        return None
    metric = TESTSETS[name].metric
    return accuracy.scores.get(metric) or accuracy.scores.get(UTSS + metric)


def set_names(rows: Sequence[Row]) -> list[str]:
    """Sets with a score in any row, in the order of the table of sets."""
    return [name for name in TESTSETS if any(headline(row, name) for row in rows)]


def metric_title(name: str) -> str:
    """Of a set's headline."""
    return title_of(TESTSETS[name].metric)


def title_of(metric: str) -> str:
    known = METRICS.get(metric.removeprefix(UTSS), metric)
    return f"{known} UTSS" if metric.startswith(UTSS) else known


def metrics_of(rows: Sequence[Row], name: str) -> list[str]:
    """Every metric that some row has of a set, in the order of METRICS, UTSS ones last."""
    known = dict.fromkeys(m for row in rows if name in row.accuracy for m in row.accuracy[name].scores)
    order = [*METRICS, *(UTSS + metric for metric in METRICS)]
    return [m for m in order if m in known] + [m for m in known if m not in order]


def protocol_tags(rows: Sequence[Row]) -> dict[str, str]:
    """Protocol in full → as few of its first words as tell those apart that stand in one column."""
    by_set: dict[str, set[str]] = {}
    for row in rows:
        for name, accuracy in row.accuracy.items():
            by_set.setdefault(name, set()).add(accuracy.protocol)
    lengths = {len(protocol.split(", ")) for those in by_set.values() for protocol in those}
    tags: dict[str, str] = {}
    for parts in range(1, max(lengths, default=0) + 1):
        tags = {p: ", ".join(p.split(", ")[:parts]) for those in by_set.values() for p in those}
        if all(len({tags[p] for p in those}) == len(those) for those in by_set.values()):
            break
    return tags


def tag(row: Row, name: str, tags: Mapping[str, str]) -> str:
    """The protocol of a figure in few words; UTSS where the headline is after scale and shift."""
    accuracy, metric = row.accuracy[name], TESTSETS[name].metric
    utss_alone = metric not in accuracy.scores and UTSS + metric in accuracy.scores
    return tags[accuracy.protocol] + (" · UTSS" if utss_alone else "")


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
    note = f"; {TRAINED_ON} same camera as the training data of {trained}" if trained else ""
    return f"{name}: {count} image{'s' if count != 1 else ''}, {protocol}{note}"


def first_of_each_file(rows: Sequence[Row]) -> list[Row]:
    """One row a file, device and delegate: accuracy does not depend on the number of threads.

    Rows of one name whose accuracy differs (another protocol, another folder's file) all stay.
    """
    seen: dict[tuple[str, str, str, str], list[Row]] = {}
    kept = []
    for row in rows:
        those = seen.setdefault((row.model, row.file, row.device, row.delegate), [])
        if not those or (row.accuracy and all(row.accuracy != other.accuracy for other in those)):
            kept.append(row)
        those.append(row)
    return kept


def several_delegates(rows: Sequence[Row]) -> bool:
    """Whether a file ran through more than one on the same device, so that rows must name theirs."""
    ways = {(row.model, row.file, row.device, row.delegate) for row in rows}
    return len(ways) > len({way[:3] for way in ways})


def agreement(row: Row, key: str) -> str:
    """A figure against the same file's output on the machine that asked; a dash where there is none."""
    return percent(row.agreement.get(key) if row.agreement else None)


def verdict(rows: Sequence[Row]) -> str:
    """The gate in one line: what a reader looks for first. Empty where it was not asked for."""
    judged = [row for row in first_of_each_file(rows) if row.gate != "none"]
    failed = [f"{row.model} {row.file}{_on(row, judged)}" for row in judged if row.gate == "fail"]
    if not judged:
        return ""
    if not failed:
        return f"Gate: passed ({len(judged)} file{'s' if len(judged) > 1 else ''})"
    return f"Gate: {len(failed)} of {len(judged)} failed: {', '.join(failed)}"


def _on(row: Row, rows: Sequence[Row]) -> str:
    return f" on {row.delegate}" if several_delegates(rows) else ""
