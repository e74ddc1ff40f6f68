"""The report for a terminal: what it costs, then what quantization broke."""

from __future__ import annotations

import io
from collections.abc import Sequence

from bench.row import Report, Row, Score
from bench.writers import figures

# Columns keep their natural width whatever the terminal's: a cut figure is worse than a wrapped line.
WIDTH = 1000


def table(report: Report) -> str:
    """A table of costs, one of accuracy for each model, and the notes below; plain text, no colour."""
    from rich.console import Console

    out = io.StringIO()
    console = Console(file=out, width=WIDTH, color_system=None, force_terminal=False, highlight=False)
    console.print(_machine(report), markup=False)
    files = figures.first_of_each_file(report.rows)
    tables = [_costs(report.rows)]
    tables += [_accuracy([r for r in files if r.model == m]) for m in dict.fromkeys(r.model for r in files)]
    for title, head, lines in tables:
        if lines:
            console.print(_rich_table(title, head, lines))
    for note in _notes(report):
        console.print(note, markup=False)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _rich_table(title: str, head: Sequence[str], lines: Sequence[Sequence[str]]) -> object:
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    made = Table(title=title, title_justify="left", box=SIMPLE, pad_edge=False)
    for name in head:
        made.add_column(Text(name), justify="left" if name in ("model", "file") else "right", no_wrap=True)
    for line in lines:
        made.add_row(*(Text(cell) for cell in line))
    return made


def _machine(report: Report) -> str:
    machine = report.machine
    features = " ".join(machine.get("features", []))
    return f"{machine.get('processor')}, {machine.get('cores')} cores ({features or 'no vector extensions'})"


def _costs(rows: Sequence[Row]) -> tuple[str, list[str], list[list[str]]]:
    head = ["model", "file", "MB", "threads", "median", "p90", "p99", "first", "load", "prepare", "finish",
            "memory MB", "10⁹ madds"]  # fmt: skip
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
            + [figures.megabytes(row.timing.peak_memory_bytes), figures.billions(row.madds)]
        )
    return "What it costs: milliseconds, batch 1, from input tensor set to output tensor read", head, lines


def _accuracy(rows: Sequence[Row]) -> tuple[str, list[str], list[list[str]]]:
    names = figures.set_names(rows)
    head = ["file", *(f"{name}\n{figures.metric_title(name)}\n(drop ± 95 %)" for name in names)]
    head += ["within 1.25×\nof float %", "within 1.05×\nof float %", "shift drift %\n(worst)", "gate"]
    lines = []
    for row in rows:
        scores = [_score(figures.headline(row, name)) for name in names]
        lines.append([row.file, *scores, *_fidelity(row), row.gate])
    return f"What quantization broke: {rows[0].model if rows else ''} (errors; lower is better)", head, lines


def _score(score: Score | None) -> str:
    """`27.19 (−0.40 ±0.25)`: the error, the points lost against float, half of the paired interval."""
    if score is None:
        return figures.NONE
    if score.drop is None:
        return f"{score.value:.2f}"
    if score.drop_ci95 is None:
        return f"{score.value:.2f} ({score.drop:+.2f})"
    half = (score.drop_ci95[1] - score.drop_ci95[0]) / 2
    return f"{score.value:.2f} ({score.drop:+.2f} ±{half:.2f})"


def _fidelity(row: Row) -> list[str]:
    if row.fidelity is None:
        return [figures.NONE] * 3
    f = row.fidelity
    drift = f"{f['shift_drift']:.2f} ({f['shift_drift_worst']:.2f})"
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
