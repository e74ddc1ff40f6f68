"""The report for a terminal: what it costs, then what quantization broke."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.row import Report, Row, Score, Timing
from bench.writers import figures

# Where the output is no terminal, nothing is split: a log or a file is read with its own tools.
UNLIMITED = 1000
GAP = 2
DROP = "drop: points of error lost against the float model on the same images ± half of the 95 % interval"
LATENCIES = ("median", "p90", "p99", "first", "load")
FIDELITY = {
    "within_1_25": "within 1.25×\nof float %",
    "within_1_05": "within 1.05×\nof float %",
    "shift_drift": "shift\ndrift %",
    "shift_drift_worst": "worst\ndrift %",
}


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
    """For each model a table of costs, then one of accuracy for each, and notes; plain text, no colour.

    A table wider than the terminal goes on below itself, with its key columns again; a figure is never
    cut or wrapped.
    """
    from rich.console import Console

    out = io.StringIO()
    console = Console(file=out, width=UNLIMITED, color_system=None, force_terminal=False, highlight=False)
    width = shutil.get_terminal_size((UNLIMITED, 24)).columns
    console.print(_machine(report), markup=False)
    for grid in _grids(report.rows):
        for part in _fitting(grid, width):
            console.print(f"\n{part.title}" if part.title else "", markup=False)
            console.print(_rich_table(part))
    console.print()
    for note in _notes(report):
        console.print(note, markup=False)
    return "\n".join(_printable(line).rstrip() for line in out.getvalue().splitlines())


def _printable(line: str) -> str:
    """Without what would steer the terminal: names come from outside."""
    return "".join(character for character in line if character.isprintable())


def _grids(rows: Sequence[Row]) -> Iterator[Grid]:
    models = {row.model: [r for r in rows if r.model == row.model] for row in rows}
    for model, those in models.items():
        if timed := [(row, row.timing) for row in those if row.timing]:
            yield _costs(model, timed)
    for model, those in models.items():
        yield _accuracy(model, figures.first_of_each_file(those))


def _machine(report: Report) -> str:
    machine = report.machine
    features = " ".join(machine.get("features", []))
    cores = f", {machine['cores']} cores" if "cores" in machine else ""
    return f"{machine.get('processor', 'unknown processor')}{cores} ({features or 'no vector extensions'})"


def _costs(model: str, rows: Sequence[tuple[Row, Timing]]) -> Grid:
    latency = [timing.latency_ms() for _, timing in rows]
    columns = [
        Column("file", [row.file for row, _ in rows], left=True, key=True),
        Column("threads", [str(row.threads) for row, _ in rows], key=True),
        *(Column(f"{name}\nms", [figures.ms(t[name]) for t in latency]) for name in LATENCIES),
        Column("size\nMB", [figures.megabytes(row.size_bytes) for row, _ in rows]),
        Column("memory\nMB", [figures.megabytes(timing.peak_memory_bytes) for _, timing in rows]),
        Column("prepare\nms", [figures.ms(timing.prepare_ms) for _, timing in rows]),
        Column("finish\nms", [figures.ms(timing.finish_ms) for _, timing in rows]),
        Column("delegate", [row.delegate for row, _ in rows], left=True),
    ]
    first, _ = rows[0]
    size = f"{first.params / 1e6:.2f} million parameters, {figures.billions(first.madds)}·10⁹ multiply-adds"
    return Grid(f"{model}: what it costs ({size})", columns)


def _accuracy(model: str, rows: Sequence[Row]) -> Grid:
    columns = [
        Column("file", [row.file for row in rows], left=True, key=True),
        Column("gate", [row.gate.upper() if row.gate == "fail" else row.gate for row in rows], left=True),
    ]
    for name in figures.set_names(rows):
        cells = [_score(figures.headline(row, name)) for row in rows]
        columns.append(Column(f"{name}\n{figures.metric_title(name)} (drop)", cells, left=True))
    for key, head in FIDELITY.items():
        columns.append(Column(head, [figures.fidelity(row, key) for row in rows]))
    return Grid(f"{model}: what quantization broke (errors: lower is better)", columns)


def _score(score: Score | None) -> str:
    """` 12.90 (+0.40 ±0.30)`: the error, the points lost against float, half of the paired interval."""
    text = f"{figures.error(score):>6}"
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
    notes += [f"not measured: {s.what}: {s.why}" for s in report.skipped]
    notes += [f"gate: {r.model} {r.file}: {r.gate_reason}" for r in files if r.gate_reason]
    verdict = figures.verdict(files)
    return notes + ([verdict] if verdict else [])
