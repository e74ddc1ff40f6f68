"""What to use where: sentences that a table's reader would otherwise have to find out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.row import Row
from bench.testsets import TESTSETS
from bench.writers import figures
from bench.writers.devices import slowdown

FRAME_MS = 1000 / 30
# What people call them.
NAMES = {
    "NNAPI": "NPU (NNAPI)", "XNNPACK": "CPU (XNNPACK)", "reference": "CPU (reference kernels)",
    "all": "all compute units", "ane": "the Neural Engine", "gpu": "the GPU", "cpu": "the processor",
}  # fmt: skip
# Nearer together than that, two medians may change places the next day.
ALIKE = 1.05


def sentences(rows: Sequence[Row]) -> list[str]:
    """For each device: the fastest way, how the delegates compare, the most accurate file in time, heat."""
    made: list[str] = []
    for device in dict.fromkeys(row.device for row in rows):
        those = [row for row in rows if row.device == device and row.timing and row.gate != "fail"]
        if those:
            made += _of_device(device, sorted(those, key=median_ms))
        elif any(row.device == device and row.timing for row in rows):
            made.append(f"{device}: no file passed the gate")
    return made


def median_ms(row: Row) -> float:
    assert row.timing is not None
    return row.timing.latency_ms()["median"]


def _of_device(device: str, rows: Sequence[Row]) -> Iterator[str]:
    best = rows[0]
    yield f"{device}: fastest is {_way(best)}, {_ms(best)}{_remarks(best)}"
    yield from _delegates(device, best, rows)
    yield from _accurate(device, best, rows)


def _delegates(device: str, best: Row, rows: Sequence[Row]) -> Iterator[str]:
    """The best model's fastest row of each delegate, side by side."""
    fastest: dict[str, Row] = {}
    for row in rows:
        if row.model == best.model:
            fastest.setdefault(row.delegate, row)
    order = list(fastest.values())
    for row in order[1:]:
        times = f"{_ms(best)} against {_ms(row)}"
        if median_ms(row) < ALIKE * median_ms(best):
            yield f"{device}: {_name(best)} and {_name(row)} are about as fast for {best.model} ({times})"
        else:
            ratio = median_ms(row) / median_ms(best)
            yield f"{device}: {_name(best)} beats {_name(row)} for {best.model}, {ratio:.1f}× ({times})"


def _accurate(device: str, best: Row, rows: Sequence[Row]) -> Iterator[str]:
    """Where another file is more right and still quick enough for video."""
    known = [row for row in rows if median_ms(row) <= FRAME_MS]
    for name in figures.set_names([best]):
        if TESTSETS[name].metric != "delta1":
            continue
        scored = [(score.value, row) for row in known if (score := figures.headline(row, name))]
        if not scored:
            return
        error, row = min(scored, key=lambda pair: pair[0])
        mine = figures.headline(best, name)
        if (row.model, row.file) != (best.model, best.file) and mine and error < mine.value:
            yield (
                f"{device}: more right at 30 frames a second is {_way(row)}, {_ms(row)}: "
                f"{figures.metric_title(name)} on {name} {error:.2f} against {mine.value:.2f}"
            )
        return


def _way(row: Row) -> str:
    threads = f", {row.threads} thread{'s' if row.threads != 1 else ''}" if "CPU" in _name(row) else ""
    return f"{row.model} {row.file} on {_name(row)}{threads}"


def _name(row: Row) -> str:
    return NAMES.get(row.delegate, row.delegate)


def _ms(row: Row) -> str:
    return f"{figures.ms(median_ms(row))} ms"


def _remarks(row: Row) -> str:
    said = []
    if row.whole_graph is False:
        said.append("though the delegate takes but a part of the file")
    ratio = slowdown(row)
    if ratio is not None and ratio > ALIKE:
        said.append(f"once warm {ratio:.2f}× that")
    return f" ({'; '.join(said)})" if said else ""
