"""What a file costs against how wrong it is: a plot for each set, device and number of threads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from bench.row import Row, Score
from bench.writers import figures
from bench.writers.chooser import Choice

# Colours that differ in lightness too, and show on white as on black.
COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#ee8866", "#999999")
SHAPES = {"tflite": "circle", "onnx": "square", "coreml": "diamond", "torch": "triangle-up"}
OTHER_SHAPE = "star"
GREY = "#8a8f98"
WIDE = 8  # from this ratio of slowest to fastest on, the axis of latency is logarithmic


@dataclass(frozen=True)
class Measured:
    row: Row
    median_ms: float
    score: Score


def tradeoff(rows: Sequence[Row]) -> list[Choice]:
    """Plots with two files or more; the first is of the first set at the fewest threads."""
    measured = dict.fromkeys((row.device, row.threads) for row in rows if row.timing)
    ways = sorted(measured, key=lambda way: way[1])
    devices = {device for device, _ in ways}
    made = []
    for name in figures.set_names(rows):
        for device, threads in ways:
            found = list(_measured(rows, name, device, threads))
            if len(found) > 1:
                where = f"{device}, " if len(devices) > 1 else ""
                label = f"{where}{threads} thread{'s' if threads != 1 else ''}"
                made.append(Choice(name, label, _figure(found, name)))
    return made


def _measured(rows: Sequence[Row], name: str, device: str, threads: int) -> Iterator[Measured]:
    for row in rows:
        score = figures.headline(row, name)
        if score and row.timing and (row.device, row.threads) == (device, threads):
            yield Measured(row, row.timing.latency_ms()["median"], score)


def _figure(found: Sequence[Measured], name: str) -> dict[str, Any]:
    """A trace for each model, the frontier, and one without points for each kind of file in the legend."""
    models = list(dict.fromkeys(m.row.model for m in found))
    traces = [_frontier(found)]
    for number, model in enumerate(models):
        those = sorted((m for m in found if m.row.model == model), key=lambda m: m.median_ms)
        traces.append(_trace(model, those, COLOURS[number % len(COLOURS)]))
    kinds = dict.fromkeys((f"{m.row.target} {m.row.variant}", _symbol(m.row)) for m in found)
    traces += [_kind(title, symbol) for title, symbol in kinds]
    times = [m.median_ms for m in found]
    scale = "log" if max(times) > WIDE * min(times) > 0 else "linear"
    axis = {"title": {"text": "median latency, ms"}, "type": scale}
    layout = {
        "xaxis": axis | ({"dtick": "D2"} if scale == "log" else {"rangemode": "tozero"}),
        "yaxis": {"title": {"text": f"{figures.metric_title(name)} on {name}"}},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        # At the bottom of the figure, however high that is; a click there would hide nothing.
        "legend2": {"orientation": "h", "x": 0, "y": 0, "yref": "container", "itemclick": False},
        "margin": {"l": 56, "r": 12, "t": 40, "b": 104},
        "hovermode": "closest",
    }
    return {"data": traces, "layout": layout}


def _trace(model: str, those: Sequence[Measured], colour: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": escape(model, quote=False),
        "x": [m.median_ms for m in those],
        "y": [m.score.value for m in those],
        "hovertext": [_hover(m) for m in those],
        "hoverinfo": "text",
        "line": {"color": colour, "width": 1, "dash": "dot"},
        "marker": {
            "symbol": [_symbol(m.row) for m in those], "color": colour, "size": 12,
            "line": {"width": 2, "color": colour},
        },
    }  # fmt: skip


def _hover(measured: Measured) -> str:
    """Plotly reads a few tags in its texts: names from outside are escaped once more."""
    row, score = measured.row, measured.score
    lines = [
        f"{row.model} {row.file}",
        f"{figures.ms(measured.median_ms)} ms · {figures.error(score)} %",
    ]
    if interval := figures.error_interval(score):
        lines.append(f"95 % interval {interval}")
    if score.drop is not None:
        lines.append(f"{figures.drop(score)} points against float")
    lines.append(f"{figures.megabytes(row.size_bytes)} MB · {row.delegate}")
    return "<br>".join(escape(line, quote=False) for line in lines)


def _frontier(found: Sequence[Measured]) -> dict[str, Any]:
    """Files that no other beats in both: a line of steps through them."""
    best: list[Measured] = []
    for m in sorted(found, key=lambda m: (m.median_ms, m.score.value)):
        if not best or m.score.value < best[-1].score.value:
            best.append(m)
    return {
        "type": "scatter", "mode": "lines", "name": "beaten by none in both",
        "x": [m.median_ms for m in best], "y": [m.score.value for m in best],
        "line": {"color": GREY, "width": 5, "shape": "hv"}, "opacity": 0.3, "hoverinfo": "skip",
    }  # fmt: skip


def _kind(title: str, symbol: str) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "markers", "name": escape(title, quote=False), "legend": "legend2",
        "x": [None], "y": [None], "hoverinfo": "skip",
        "marker": {"symbol": symbol, "color": GREY, "size": 10, "line": {"width": 2, "color": GREY}},
    }  # fmt: skip


def _symbol(row: Row) -> str:
    """The shape says the target; hollow: floats, with a dot: integers from input to output."""
    kind = "-open" if row.variant.startswith("float") else "-dot" if row.variant.endswith("_full") else ""
    return SHAPES.get(row.target, OTHER_SHAPE) + kind
