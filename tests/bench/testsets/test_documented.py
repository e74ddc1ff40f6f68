"""docs/testsets.md lists every set of the table, as the table has it."""

from __future__ import annotations

from pathlib import Path

from bench.testsets import TESTSETS
from bench.testsets.table import TestSet

DOCUMENT = Path(__file__).parents[3] / "docs" / "testsets.md"
METRICS = {
    "delta1": "δ1.25 error", "rel": "rel", "whdr": "WHDR", "disparity_rel": "disparity rel",
    "": "fidelity alone",
}  # fmt: skip


def row(test_set: TestSet) -> str:
    cap = f"{test_set.cap_m:g} m" if test_set.cap_m else "–"
    where = "built in" if test_set.built_in else test_set.layout
    source = test_set.published_at or "–"
    return (
        f"| `{test_set.name}` | {test_set.title} | {METRICS[test_set.metric]} | {cap} | {where} | {source} |"
    )


def table() -> str:
    head = (
        "| set | what | metric of the gate | cap | looked for as | published at |\n|---|---|---|---|---|---|"
    )
    return "\n".join([head, *map(row, TESTSETS.values())])


def test_the_document_has_the_table() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    shown = text[text.index("-->") + 3 : text.index("<!-- end -->")].strip()
    assert shown == table()
