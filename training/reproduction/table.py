"""The table of a study in Markdown, with what was done and what it cannot tell."""

from __future__ import annotations

from training.reproduction import statistics
from training.reproduction.results import Plan, Results
from training.reproduction.statistics import Estimate, Row, Separation
from training.reproduction.studies import Study

SHORT = (
    "Not the paper's schedule: AdamW, 2·10⁻³ (a tenth of it for the encoder), one cycle, gradients clipped "
    "to norm 1, the same for every row. The rate is the best of three that were tried with `si_pairwise_l1` "
    "on held-out training images, which may favour that loss."
)
READING = (
    "Errors: the share of pixels off by more than 1.25×, after the scale (UTS) or scale and shift of "
    "disparity (UTSS) were fitted; lower is better. Brackets: 95 % intervals over test images, scenes "
    "resampled together. A difference is paired, image by image. Training images are those that the row "
    "uses: absolute losses only those of known scale."
)


def markdown(study: Study, results: Results) -> str:
    rows = statistics.rows(study, results)
    parts = [
        f"# {study.title}",
        f"Made by `python -m training.reproduce {study.name}`: {study.question}",
        _setting(results.plan, rows),
        "\n".join(_table(study, rows)),
        READING,
        separated(study, statistics.separation(study, results), results.plan),
        SHORT,
        study.source,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _setting(plan: Plan, rows: tuple[Row, ...]) -> str:
    sets = ", ".join(f"{name} ({count:,})" for name, count in plan.sets.items())
    seeds = sorted({len(row.seeds) for row in rows})
    many = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    return (
        f"Training images: {sets}. Every run: {plan.steps:,} steps of batch {plan.batch}, crops of "
        f"{plan.size} px; seeds of each row: {many}; encoder from {plan.encoder}. Scored on "
        f"{len(plan.tests)} NYU test images of {len(set(plan.scenes))} scenes, smaller side {plan.size} px, "
        "truth up to 10 m."
    )


def _table(study: Study, rows: tuple[Row, ...]) -> list[str]:
    titles = [
        "recipe", "training images", "δ1.25 error UTS, %", "each seed", "δ1.25 error UTSS, %",
        "UTS against the reference, points",
    ]  # fmt: skip
    published = any(row.recipe in study.published for row in rows)
    titles += ["paper, %"] if published else []
    lines = [_line(titles), _line(["---"] * len(titles))]
    for row in rows:
        seeds = " ".join(f"{seed:.2f}" for seed in row.seeds)
        cells = [f"`{row.recipe}`", f"{row.images:,}", _interval(row.delta1), seeds, _interval(row.utss)]
        cells.append(_against(row))
        if published:
            paper = study.published.get(row.recipe)
            cells.append("" if paper is None else f"{paper:.2f}")
        lines.append(_line(cells))
    return lines


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _interval(e: Estimate) -> str:
    return f"{e.value:.2f} [{e.low:.2f}, {e.high:.2f}]"


def _against(row: Row) -> str:
    if row.recipe == row.reference:
        return "reference"
    if row.against is None:
        return f"`{row.reference}` was not run"
    e = row.against
    return f"{e.value:+.2f} [{e.low:+.2f}, {e.high:+.2f}]"


def separated(study: Study, found: Separation | None, plan: Plan) -> str:
    """What so many test images cannot tell apart, as sentences."""
    if found is None:
        return ""
    pairs = "; ".join(f"{study.label(a)} and {study.label(b)}" for a, b in found.open)
    text = (
        f"**What {len(plan.tests)} test images cannot tell apart:** a paired difference is known to "
        f"±{found.half_width:.2f} points (median of {found.pairs} pairs). "
    )
    if not found.open:
        return text + "Every pair of rows differs by more than its interval, and all seeds agree."
    return (
        f"{text}{len(found.open)} of {found.pairs} pairs stay open, because their interval holds 0 or the "
        f"seeds disagree: {pairs}."
    )
