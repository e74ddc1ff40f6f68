"""The report for a terminal: what it costs, then what quantization broke."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence

from bench.row import Report, Row
from bench.writers import figures

FEWEST_COLUMNS = 140


def table(report: Report) -> str:
    """Two tables and the notes below them; plain text without colour."""
    from rich import box
    from rich.console import Console

    out = io.StringIO()
    width = max(FEWEST_COLUMNS, shutil.get_terminal_size((FEWEST_COLUMNS, 24)).columns)
    console = Console(file=out, width=width, color_system=None, force_terminal=False, highlight=False)
    console.print(_machine(report))
    for title, head, lines in (_costs(report.rows), _accuracy(report.rows)):
        if lines:
            console.print(_rich_table(title, head, lines, box.SIMPLE))
    for note in _notes(report):
        console.print(note, soft_wrap=True, markup=False)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _rich_table(title: str, head: Sequence[str], lines: Sequence[Sequence[str]], box: object) -> object:
    from rich.table import Table

    made = Table(title=title, title_justify="left", box=box, pad_edge=False)  # type: ignore[arg-type]
    for i, name in enumerate(head):
        made.add_column(name, justify="left" if i < 2 else "right", no_wrap=True)
    for line in lines:
        made.add_row(*line)
    return made


def _machine(report: Report) -> str:
    machine = report.machine
    features = " ".join(machine.get("features", []))
    return f"{machine.get('processor')}, {machine.get('cores')} cores ({features or 'no vector extensions'})"


def _costs(rows: Sequence[Row]) -> tuple[str, list[str], list[list[str]]]:
    head = ["model", "file", "MB", "threads", "median ms", "p90", "p99", "first", "load",
            "prepare", "finish", "memory MB", "10⁹ madds", "delegate"]  # fmt: skip
    lines = []
    for row in rows:
        if row.timing is None:
            continue
        latency = row.timing.latency_ms()
        times = [latency[k] for k in ("median", "p90", "p99", "first", "load")]
        around = [row.timing.prepare_ms, row.timing.finish_ms]
        lines.append(
            [row.model, row.file, figures.megabytes(row.size_bytes), str(row.threads)]
            + [figures.ms(t) for t in (*times, *around)]
            + [figures.megabytes(row.timing.peak_memory_bytes), figures.billions(row.madds), row.delegate]
        )
    return "What it costs (latency: batch 1, from input tensor set to output tensor read)", head, lines


def _accuracy(rows: Sequence[Row]) -> tuple[str, list[str], list[list[str]]]:
    names = figures.set_names(rows)
    head = ["model", "file"]
    for name in names:
        head += [f"{name}\n{figures.metric_title(name)}", "drop [95 %]"]
    head += ["within 1.25×\nof float %", "within\n1.05× %", "shift drift %\nmean / worst", "gate"]
    lines = []
    for row in figures.first_of_each_file(rows):
        cells = [row.model, row.file]
        for name in names:
            score = figures.headline(row, name)
            cells += [figures.percent(score.value if score else None), figures.drop(score)]
        lines.append([*cells, *_fidelity(row), row.gate])
    return "What quantization broke (errors: lower is better; drop: points lost against float)", head, lines


def _fidelity(row: Row) -> list[str]:
    if row.fidelity is None:
        return [figures.NONE] * 3
    f = row.fidelity
    drift = f"{f['shift_drift']:.2f} / {f['shift_drift_worst']:.2f}"
    return [figures.percent(f["within_1_25"]), figures.percent(f["within_1_05"]), drift]


def _notes(report: Report) -> list[str]:
    rows = figures.first_of_each_file(report.rows)
    notes = []
    for name in figures.set_names(rows):
        row = next(r for r in rows if figures.headline(r, name))
        score, accuracy = figures.headline(row, name), row.accuracy[name]
        assert score is not None
        seen = sorted({r.model for r in rows if name in r.accuracy and r.accuracy[name].trained_on})
        trained = f"; same camera as the training data of {', '.join(seen)}" if seen else ""
        notes.append(f"{name}: {score.images} images, {accuracy.protocol}{trained}")
    notes += [f"gate: {r.model} {r.file}: {r.gate_reason}" for r in rows if r.gate_reason]
    return notes + [f"not measured: {s.what}: {s.why}" for s in report.skipped]
