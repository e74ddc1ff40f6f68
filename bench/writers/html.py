"""The report as one self-contained page: nothing is loaded from elsewhere."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.row import Report, Row
from bench.writers import figures

TEMPLATE = Path(__file__).with_name("report.html.jinja")
PLOT_WIDTH, PLOT_HEIGHT, PLOT_MARGIN = 640, 360, 56
# Colours that differ in lightness too, for those who see no difference in hue.
VARIANT_COLOURS = {"float32": "#4477aa", "float16": "#66ccee", "int8": "#ee6677", "int8_full": "#aa3377"}


@dataclass(frozen=True)
class Point:
    """A file in the trade-off plot, in pixels of the plot."""

    x: float
    y: float
    label: str
    colour: str


@dataclass(frozen=True)
class Plot:
    """Latency against error: axis ticks as (pixel, text)."""

    set_name: str
    metric: str
    points: Sequence[Point]
    x_ticks: Sequence[tuple[float, str]]
    y_ticks: Sequence[tuple[float, str]]
    width: int = PLOT_WIDTH
    height: int = PLOT_HEIGHT
    margin: int = PLOT_MARGIN


def html(report: Report) -> str:
    """The page; every text that came from outside is escaped."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    files = figures.first_of_each_file(report.rows)
    return template.render(
        report=report,
        machine=_machine(report.machine),
        costs=[row for row in report.rows if row.timing is not None],
        files=files,
        set_names=figures.set_names(files),
        f=figures,
        plot=_plot(report.rows),
        models=_pictures(report),
    )


def _machine(machine: Mapping[str, Any]) -> list[tuple[str, str]]:
    shown = []
    for key, value in machine.items():
        if isinstance(value, Mapping):
            shown.append((key, ", ".join(f"{k} {v}" for k, v in value.items())))
        elif isinstance(value, list):
            shown.append((key, " ".join(map(str, value))))
        elif key == "memory_bytes":
            shown.append(("memory", f"{value / 2**30:.1f} GiB"))
        else:
            shown.append((key, str(value)))
    return shown


def _pictures(report: Report) -> list[dict[str, Any]]:
    """The pictures of each photo and model: the photo once, then depth and cloud of every file."""
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for p in report.pictures:
        start = {"title": p.title, "model": p.model, "input": _inline(p.input), "files": []}
        group = groups.setdefault((p.model, p.title), start)
        group["files"].append({"variant": p.variant, "depth": _inline(p.depth), "cloud": _inline(p.cloud)})
    return list(groups.values())


def _inline(pixels: NDArray[np.uint8]) -> str:
    """The picture inside the page: JPEG, a tenth of the size of PNG."""
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode("ascii")


def _plot(rows: Sequence[Row]) -> Plot | None:
    """The first set with an error, one thread: error over latency."""
    names = figures.set_names(rows)
    if not names:
        return None
    fewest = min((r.threads for r in rows if r.timing), default=0)
    found = [
        (r, r.timing.latency_ms()["median"], score.value)
        for r in rows
        if r.timing and r.threads == fewest and (score := figures.headline(r, names[0]))
    ]
    if len(found) < 2:
        return None
    x_ticks = _ticks(0.0, 1.08 * max(ms for _, ms, _ in found))
    errors = [value for _, _, value in found]
    room = 0.15 * (max(errors) - min(errors)) + 0.5
    y_ticks = _ticks(max(0.0, min(errors) - room), max(errors) + room)
    points = [
        Point(
            _along(ms, x_ticks, PLOT_MARGIN, PLOT_WIDTH - 16),
            _along(value, y_ticks, PLOT_HEIGHT - PLOT_MARGIN, 16),
            f"{r.model} {r.target} {r.variant}",
            VARIANT_COLOURS.get(r.variant, "#228833"),
        )
        for r, ms, value in found
    ]
    return Plot(
        names[0],
        figures.metric_title(names[0]),
        points,
        [(_along(t, x_ticks, PLOT_MARGIN, PLOT_WIDTH - 16), f"{t:g}") for t in x_ticks],
        [(_along(t, y_ticks, PLOT_HEIGHT - PLOT_MARGIN, 16), f"{t:g}") for t in y_ticks],
    )


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers, about five, that enclose low…high."""
    step = 10.0 ** np.floor(np.log10((high - low) / 4))
    for factor in (1, 2, 5, 10):
        if (high - low) / (step * factor) <= 6:
            step *= factor
            break
    first, last = np.floor(low / step), np.ceil(high / step)
    return [round(float(i * step), 6) for i in np.arange(first, last + 1)]


def _along(value: float, ticks: Sequence[float], start: float, end: float) -> float:
    return round(start + (end - start) * (value - ticks[0]) / (ticks[-1] - ticks[0]), 1)
