"""Made-up rows of a phone: three delegates, one of them measured for minutes."""

from __future__ import annotations

from dataclasses import replace

from bench.row import Moment, Operation, Report, Row, Skipped, Timing
from tests.bench.writers import made

PHONE = "Maker Phone 3"
MOMENTS = tuple(Moment(10.0 * n, 8.0 + 0.4 * n, 2400.0 - 100 * n, 30.0 + n) for n in range(1, 11))


def row(delegate: str, median_ms: float, **values: object) -> Row:
    """As LiteRT's tool tells it: no single runs."""
    summary = {"median": median_ms, "p5": median_ms - 1, "p95": median_ms + 1}
    timing = Timing((), load_ms=20.0, first_ms=30.0, peak_memory_bytes=50_000_000, summary_ms=summary)
    facts = {"device": PHONE, "delegate": delegate, "timing": timing, "temperature_c": 31.5, **values}
    return replace(made.row(), **facts)  # type: ignore[arg-type]


ROWS = (
    row("XNNPACK", 20.0, threads=4, whole_graph=True, agreement={"identical": 100.0, "within_1_05": 100.0}),
    row(
        "GPU", 8.0, whole_graph=False, sustained=MOMENTS, energy_mj=41.5,
        profile=(Operation("CONV_2D", 13, 6.5), Operation("ADD", 4, 0.5)),
        agreement={"identical": 3.5, "within_1_05": 99.75},
    ),
    row("NNAPI", 12.0, whole_graph=True),
)  # fmt: skip
REPORT = Report(
    {"device": PHONE, "processor": "Maker S3", "cores": 8, "system": "Android 16 (API 36)"},
    ROWS,
    (Skipped("energy", "no fuel gauge"),),
)
