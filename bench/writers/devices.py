"""What rows of phones and boards have beside the others: energy, heat, what is delegated."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from bench.row import Moment, Row
from bench.writers import figures
from bench.writers.chooser import Choice


def whole_graph(row: Row) -> str:
    """Whether the delegate took all of the file: what it leaves goes back to the CPU, and over again."""
    return figures.NONE if row.whole_graph is None else "all" if row.whole_graph else "a part"


def celsius(row: Row) -> str:
    return figures.NONE if row.temperature_c is None else f"{row.temperature_c:.1f}"


def millijoules(row: Row) -> str:
    return figures.NONE if row.energy_mj is None else figures.ms(row.energy_mj)


def slowdown(row: Row) -> float | None:
    """Of a sustained run: latency of its last tenth over that of its first piece; None for a short one."""
    if len(row.sustained) < 2:
        return None
    tail = [moment.median_ms for moment in row.sustained[-max(1, len(row.sustained) // 10) :]]
    return sum(tail) / len(tail) / row.sustained[0].median_ms


def sustained(row: Row) -> str:
    """`1.31×`: how much slower the device is once it is warm."""
    ratio = slowdown(row)
    return figures.NONE if ratio is None else f"{ratio:.2f}×"


def placed(row: Row) -> str:
    """`ane 78 (99 %), cpu 2 (1 %)`: operations, and their share of the cost."""
    shown = (f"{p.where} {sum(p.kinds.values())}{_share(p.cost)}" for p in row.placements)
    return ", ".join(shown) or figures.NONE


def _share(cost: float | None) -> str:
    return "" if cost is None else f" ({cost:.0f} %)"


def heat(row: Row) -> str:
    """`nominal → fair`: before and after."""
    return " → ".join(dict.fromkeys(HEAT[level] for level in row.heat)) or figures.NONE


HEAT = ("nominal", "fair", "serious", "critical")
# Of rows from phones and boards, beside what every row costs; shown where some row has them.
OF_DEVICES = (
    figures.Figure(
        "p95\nms", lambda row: figures.ms(row.timing.latency_ms().get("p95") if row.timing else None)
    ),
    figures.Figure("once\nwarm", sustained),
    figures.Figure("energy\nmJ", millijoules),
    figures.Figure("at\n°C", celsius),
    figures.Figure("heat", heat),
    figures.Figure("took of\nthe file", whole_graph),
    figures.Figure("operations\nrun on", placed),
)


def of_devices(rows: Sequence[Row]) -> list[figures.Figure]:
    """Columns of OF_DEVICES that some row fills."""
    return [figure for figure in OF_DEVICES if any(figure.of(row) != figures.NONE for row in rows)]


def over_time(rows: Sequence[Row]) -> list[Choice]:
    """A plot for each sustained run: latency, and temperature and clock where they are known."""
    return [
        Choice(row.device, f"{row.model} {row.file} · {row.delegate}", _figure(row.sustained))
        for row in rows
        if row.sustained
    ]


# Name, attribute of Moment, axis, colour, factor; what no moment has is left out.
LINES = (
    ("latency, ms", "median_ms", "y", "#4477aa", 1.0),
    ("temperature, °C", "temperature_c", "y2", "#ee6677", 1.0),
    ("clock, 100 MHz", "clock_mhz", "y2", "#999999", 0.01),
)


def _figure(moments: Sequence[Moment]) -> dict[str, Any]:
    minutes = [round(moment.at_s / 60, 3) for moment in moments]
    data = []
    for name, attribute, axis, colour, factor in LINES:
        values = [getattr(moment, attribute) for moment in moments]
        if all(value is None for value in values):
            continue
        scaled = [None if value is None else round(factor * value, 3) for value in values]
        line = {"color": colour, "width": 2 if axis == "y" else 1}
        title = escape(name, quote=False)
        data.append({"type": "scatter", "mode": "lines", "name": title, "x": minutes, "y": scaled,
                     "yaxis": axis, "line": line})  # fmt: skip
    layout = {
        "xaxis": {"title": {"text": "minutes in a row"}, "rangemode": "tozero"},
        "yaxis": {"title": {"text": "latency, ms"}, "rangemode": "tozero"},
        "yaxis2": {"overlaying": "y", "side": "right", "rangemode": "tozero", "showgrid": False},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 56, "r": 40, "t": 40, "b": 56},
    }
    return {"data": data, "layout": layout}
