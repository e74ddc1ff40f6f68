"""The report for a terminal: what it costs, then what quantization broke."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bench.row import Report, Row
from bench.writers import devices, figures

# Where the output is no terminal, nothing is split: a log or a file is read with its own tools.
UNLIMITED = 1000
GAP = 2
DROP = "drop: points of error lost against the float model on the same images ± half of the 95 % interval"
LATENCIES = ("median", "p90", "p99", "first", "load")


@dataclass(frozen=True)
class Column:
    """Texts under a head of one or more lines. key: says what a line is about, so that it is repeated."""

    head: str
    cells: Sequence[str]
    left: bool = False
    key: bool = False

    @property
    def width(self) -> int:
        from rich.cells import cell_len

        return max(cell_len(line) for text in (self.head, *self.cells) for line in text.split("\n"))


@dataclass(frozen=True)
class Grid:
    """A table; those that it was split into after the first have no title."""

    title: str
    columns: Sequence[Column]


def table(report: Report) -> str:
    """For each model a table of costs, then one of accuracy for each, and notes; plain text, no colour."""
    return text(_machine(report), list(_grids(report.rows)), _notes(report))


def text(first: str, grids: Sequence[Grid], notes: Sequence[str]) -> str:
    """A line, tables and notes as plain text.

    A table wider than the terminal goes on below itself, with its key columns again; a figure is never
    cut or wrapped.
    """
    from rich.console import Console

    out = io.StringIO()
    console = Console(file=out, width=UNLIMITED, color_system=None, force_terminal=False, highlight=False)
    width = shutil.get_terminal_size((UNLIMITED, 24)).columns
    console.print(first, markup=False)
    for grid in grids:
        for part in _fitting(grid, width):
            console.print(f"\n{part.title}" if part.title else "", markup=False)
            console.print(_rich_table(part))
    console.print()
    for note in notes:
        console.print(note, markup=False)
    return "\n".join(printable(line).rstrip() for line in out.getvalue().splitlines())


def printable(line: str) -> str:
    """Without what would steer the terminal: names come from outside."""
    return "".join(character for character in line if character.isprintable())


def _grids(rows: Sequence[Row]) -> Iterator[Grid]:
    models = {row.model: [r for r in rows if r.model == row.model] for row in rows}
    for model, those in models.items():
        if costs := [row for row in those if row.timing or row.instructions is not None]:
            yield _costs(model, costs)
    tags = figures.protocol_tags(rows)
    for model, those in models.items():
        yield _accuracy(model, figures.first_of_each_file(those), tags)


def _machine(report: Report) -> str:
    machine = report.machine
    features = " ".join(machine.get("features", []))
    cores = f", {machine['cores']} cores" if "cores" in machine else ""
    return f"{machine.get('processor', 'unknown processor')}{cores} ({features or 'no vector extensions'})"


def _costs(model: str, rows: Sequence[Row]) -> Grid:
    timings, named = [row.timing for row in rows], figures.several_delegates(rows)
    latency = [timing.latency_ms() if timing else {} for timing in timings]
    columns = [
        Column("file", [row.file for row in rows], left=True, key=True),
        *_devices(rows),
        *([_delegate(rows)] if named else []),
        Column("threads", [str(row.threads) for row in rows], key=True),
        *(Column(f"{name}\nms", [figures.ms(t.get(name)) for t in latency]) for name in LATENCIES),
        *_where_known("10⁶ instruc-\ntions", [figures.instructions(row) for row in rows]),
        Column("size\nMB", [figures.megabytes(row.size_bytes) for row in rows]),
        Column("memory\nMB", [figures.megabytes(t.peak_memory_bytes if t else None) for t in timings]),
        Column("prepare\nms", [figures.ms(t.prepare_ms if t else None) for t in timings]),
        Column("finish\nms", [figures.ms(t.finish_ms if t else None) for t in timings]),
        *(Column(figure.title, [figure.of(row) for row in rows]) for figure in devices.of_devices(rows)),
        *([] if named else [_delegate(rows)]),
    ]
    return Grid(f"{model}: what it costs{_size(rows[0])}", columns)


def _size(row: Row) -> str:
    """Parameters and multiply-adds, as far as they are known."""
    known = []
    if row.params is not None:
        known.append(f"{figures.millions(row.params)} million parameters")
    if row.madds is not None:
        known.append(f"{figures.billions(row.madds)}·10⁹ multiply-adds")
    return f" ({', '.join(known)})" if known else ""


def _where_known(head: str, cells: Sequence[str]) -> list[Column]:
    """A column, unless no row has it."""
    return [Column(head, cells)] if any(cell != figures.NONE for cell in cells) else []


def _devices(rows: Sequence[Row]) -> list[Column]:
    """Where the rows come from, unless all come from one device."""
    devices = [row.device for row in rows]
    return [Column("device", devices, left=True, key=True)] if len(set(devices)) > 1 else []


def _delegate(rows: Sequence[Row]) -> Column:
    return Column("delegate", [row.delegate for row in rows], left=True, key=figures.several_delegates(rows))


def _accuracy(model: str, rows: Sequence[Row], tags: Mapping[str, str]) -> Grid:
    columns = [Column("file", [row.file for row in rows], left=True, key=True), *_devices(rows)]
    if figures.several_delegates(rows):
        columns.append(_delegate(rows))
    if any(row.gate != "none" for row in rows):
        gates = [row.gate.upper() if row.gate == "fail" else row.gate for row in rows]
        columns.append(Column("gate", gates, left=True))
    if names := figures.set_names(rows):
        columns.append(Column("protocol", [_protocol(row, tags) for row in rows], left=True, key=True))
    for name in names:
        cells = [_score(row, name) for row in rows]
        columns.append(Column(f"{name}\n{figures.metric_title(name)} (drop)", cells, left=True))
    columns += [Column(figure.title, [figure.of(row) for row in rows]) for figure in figures.compared(rows)]
    if figures.beside_this_machine(rows):
        columns = [replace(c, head=c.head.replace("of float", "of here")) for c in columns]
        return Grid(
            f"{model}: {rows[0].device} against this machine (the same file on the same bytes)", columns
        )
    return Grid(f"{model}: what quantization broke (errors: lower is better)", columns)


def _protocol(row: Row, tags: Mapping[str, str]) -> str:
    """In short; the notes below have the full words."""
    return " / ".join(dict.fromkeys(figures.tag(row, name, tags) for name in row.accuracy)) or figures.NONE


def _score(row: Row, name: str) -> str:
    """` 12.90† (+0.40 ±0.30)`: the error, whether such images were trained on, the points lost against
    float, half of the paired interval.
    """
    score = figures.headline(row, name)
    text = f"{figures.error(score):>6}"
    if score and row.accuracy[name].trained_on:
        text += figures.TRAINED_ON
    if score is None or score.drop is None:
        return text
    if score.drop_ci95 is None:
        return f"{text} ({figures.drop(score)})"
    return f"{text} ({figures.drop(score)} ±{(score.drop_ci95[1] - score.drop_ci95[0]) / 2:.2f})"


def _fitting(grid: Grid, width: int) -> Iterator[Grid]:
    """The grid in as few parts as fit `width`, each with the key columns and at least one more."""
    keys = [column for column in grid.columns if column.key]
    parts: list[list[Column]] = [[]]
    for column in grid.columns:
        if column.key:
            continue
        if parts[-1] and sum(c.width + GAP for c in (*keys, *parts[-1], column)) - GAP > width:
            parts.append([])
        parts[-1].append(column)
    for number, part in enumerate(parts):
        yield Grid(grid.title if number == 0 else "", [*keys, *part])


def _rich_table(grid: Grid) -> object:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    # The box itself puts one space between columns.
    made = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, GAP - 1, 0, 0), pad_edge=False)
    for column in grid.columns:
        side: Literal["left", "right"] = "left" if column.left else "right"
        made.add_column(Text(column.head), justify=side, no_wrap=True, vertical="bottom")
    for cells in zip(*(column.cells for column in grid.columns), strict=True):
        made.add_row(*(Text(cell) for cell in cells))
    return made


def _notes(report: Report) -> list[str]:
    files = figures.first_of_each_file(report.rows)
    notes = figures.protocols(files)
    if notes:
        notes.append(DROP)
    if any(row.instructions is not None for row in report.rows):
        notes.append(figures.INSTRUCTIONS)
    notes += [f"not measured: {s.what}: {s.why}" for s in report.skipped]
    notes += [f"gate: {r.model} {r.file}: {r.gate_reason}" for r in files if r.gate_reason]
    verdict = figures.verdict(files)
    return notes + ([verdict] if verdict else [])
