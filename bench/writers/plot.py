"""What a file costs against how wrong it is: the places of everything in the plot, in its own pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from bench.row import Row, Score
from bench.writers import figures

WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 56, 90, 16, 52
LABEL_HEIGHT = 14
# Colours that differ in lightness too, for those who see no difference in hue.
COLOURS = {"float32": "#4477aa", "float16": "#66ccee", "int8": "#ee6677", "int8_full": "#aa3377"}
OTHER_COLOUR = "#228833"
# Marks about (0, 0), as SVG paths.
SHAPES = {
    "tflite": "M-6,0A6,6 0 1 1 6,0A6,6 0 1 1 -6,0Z",
    "onnx": "M-5.5,-5.5H5.5V5.5H-5.5Z",
    "coreml": "M0,-7.5L7.5,0L0,7.5L-7.5,0Z",
}
OTHER_SHAPE = "M0,-7L7,5.5H-7Z"


@dataclass(frozen=True)
class Mark:
    x: float
    y: float
    title: str
    colour: str
    shape: str


@dataclass(frozen=True)
class Trace:
    """The files of one model, by latency; the label stands right of the slowest."""

    label: str
    label_y: float
    marks: Sequence[Mark]


@dataclass(frozen=True)
class Plot:
    """ticks: (pixel, text). legend: (text, colour, shape) of each kind of file that is shown."""

    set_name: str
    metric: str
    threads: int
    traces: Sequence[Trace]
    x_ticks: Sequence[tuple[float, str]]
    y_ticks: Sequence[tuple[float, str]]
    legend: Sequence[tuple[str, str, str]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True)
class _Measured:
    row: Row
    median_ms: float
    score: Score


def tradeoff(rows: Sequence[Row]) -> Plot | None:
    """The first set that has scores, at the fewest threads measured; None with fewer than two files."""
    names = figures.set_names(rows)
    fewest = min((row.threads for row in rows if row.timing), default=0)
    found = [
        _Measured(row, row.timing.latency_ms()["median"], score)
        for row in rows
        if names and row.timing and row.threads == fewest and (score := figures.headline(row, names[0]))
    ]
    if len(found) < 2:
        return None
    x_ticks = _ticks(0.0, max(m.median_ms for m in found))
    errors = [m.score.value for m in found]
    room = 0.1 * (max(errors) - min(errors)) + 0.5
    y_ticks = _ticks(max(0.0, min(errors) - room), max(errors) + room)
    return Plot(
        names[0],
        figures.metric_title(names[0]),
        fewest,
        _traces(found, x_ticks, y_ticks),
        [(_x(tick, x_ticks), f"{tick:g}") for tick in x_ticks],
        [(_y(tick, y_ticks), f"{tick:g}") for tick in y_ticks],
        list(dict.fromkeys((f"{m.row.target} {m.row.variant}", *_look(m.row)) for m in found)),
    )


def _traces(found: Sequence[_Measured], x_ticks: Sequence[float], y_ticks: Sequence[float]) -> list[Trace]:
    traces = []
    for model in dict.fromkeys(m.row.model for m in found):
        those = sorted((m for m in found if m.row.model == model), key=lambda m: m.median_ms)
        marks = [_mark(m, x_ticks, y_ticks) for m in those]
        traces.append(Trace(model, marks[-1].y, marks))
    return _apart(traces)


def _mark(measured: _Measured, x_ticks: Sequence[float], y_ticks: Sequence[float]) -> Mark:
    row, score = measured.row, measured.score
    title = f"{row.model} {row.file}: {figures.ms(measured.median_ms)} ms, {figures.error(score)} %"
    return Mark(_x(measured.median_ms, x_ticks), _y(score.value, y_ticks), title, *_look(row))


def _look(row: Row) -> tuple[str, str]:
    return COLOURS.get(row.variant, OTHER_COLOUR), SHAPES.get(row.target, OTHER_SHAPE)


def _apart(traces: Sequence[Trace]) -> list[Trace]:
    """From the top down, a label that would lie on one above it moves below that."""
    placed: list[Trace] = []
    for trace in sorted(traces, key=lambda t: t.label_y):
        y, x = trace.label_y, trace.marks[-1].x
        for other in placed:
            wide = 8 * max(len(trace.label), len(other.label)) + 16
            if abs(other.marks[-1].x - x) < wide and abs(y - other.label_y) < LABEL_HEIGHT:
                y = other.label_y + LABEL_HEIGHT
        placed.append(Trace(trace.label, round(y, 1), trace.marks))
    return placed


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers, about five, that enclose low…high."""
    power = 10.0 ** floor(log10(max(high - low, 1e-9) / 4))
    step = next(power * f for f in (1, 2, 5, 10, 20) if (high - low) / (power * f) <= 6)
    return [round(i * step, 9) for i in range(floor(low / step), ceil(high / step) + 1)]


def _x(value: float, ticks: Sequence[float]) -> float:
    return _along(value, ticks, LEFT, WIDTH - RIGHT)


def _y(value: float, ticks: Sequence[float]) -> float:
    return _along(value, ticks, HEIGHT - BOTTOM, TOP)


def _along(value: float, ticks: Sequence[float], start: float, end: float) -> float:
    return round(start + (end - start) * (value - ticks[0]) / (ticks[-1] - ticks[0]), 1)
