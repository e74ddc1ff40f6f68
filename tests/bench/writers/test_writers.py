from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from bench.row import Accuracy, Picture, Report, Row, Score, Skipped, Timing
from bench.writers import WRITERS

PIXELS = np.zeros((4, 4, 3), np.uint8)
HOSTILE = "<script>alert(1)</script>"


def row(variant: str = "int8", threads: int = 1, gate: str = "pass", model: str = "lite0") -> Row:
    floats = variant == "float32"
    score = (
        Score(12.5, 120, (10.0, 15.0)) if floats else Score(12.9, 120, (10.4, 15.4), 12.5, 0.4, (0.1, 0.7))
    )
    return Row(
        model=model,
        target="tflite",
        variant=variant,
        file=f"model_{variant}.tflite",
        size_bytes=3_650_000,
        device="host",
        delegate="XNNPACK",
        threads=threads,
        params=3_550_129,
        madds=1_265_425_920,
        timing=Timing((9.0, 10.0, 30.0), load_ms=24.5, first_ms=11.0, peak_memory_bytes=58_000_000),
        accuracy={"nyu_dev": Accuracy("as deployed, 384×384, stretch, cap 10 m", {"delta1": score})},
        fidelity=None if floats else {
            "within_1_25": 99.9, "within_1_05": 98.0, "within_1_25_worst": 99.0,
            "shift_drift": 2.5, "shift_drift_worst": 5.6,
        },
        gate=gate,
        gate_reason="nyu_dev: +1.40 points, more than 1" if gate == "fail" else None,
    )  # fmt: skip


REPORT = Report(
    machine={"processor": "A Processor", "cores": 2, "features": ["avx2"], "memory_bytes": 2**34},
    rows=(row("float32"), row("int8"), row("int8", threads=2)),
    skipped=(Skipped("latency of model.mlpackage", "needs a Mac"),),
    pictures=(Picture("motorcycle", "lite0", "tflite int8", PIXELS, PIXELS, PIXELS),),
)


def test_json_leaves_out_what_was_not_measured() -> None:
    values = json.loads(WRITERS["json"](REPORT))
    assert values["format"] == 1
    exact, int8, _ = values["rows"]
    assert "fidelity" not in exact
    assert "prepare_ms" not in exact
    assert "drop" not in exact["accuracy"]["nyu_dev"]["delta1"]
    assert int8["accuracy"]["nyu_dev"]["delta1"] == {
        "value": 12.9, "float": 12.5, "drop": 0.4, "images": 120,
        "ci95": [10.4, 15.4], "drop_ci95": [0.1, 0.7],
    }  # fmt: skip
    assert int8["latency_ms"]["median"] == 10.0
    assert int8["samples_ms"] == [9.0, 10.0, 30.0]
    assert "null" not in WRITERS["json"](REPORT)


def test_json_has_no_infinity() -> None:
    dead = replace(row(), fidelity={"within_1_25": 0.0, "shift_drift": float("inf")})
    values = json.loads(WRITERS["json"](Report({"processor": "x"}, (dead,))))
    assert values["rows"][0]["fidelity"] == {"within_1_25": 0.0}


def test_table_shows_cost_and_drop_without_colour() -> None:
    text = WRITERS["table"](REPORT)
    assert "\x1b" not in text
    assert "12.90 (+0.40 ±0.30)" in text
    assert "2.50 (5.60)" in text
    assert "nyu_dev: 120 images, as deployed, 384×384, stretch, cap 10 m" in text
    assert "not measured: latency of model.mlpackage: needs a Mac" in text
    assert "…" not in text
    assert text.count("model_int8.tflite") == 3  # two threads in the costs, once in the accuracy


def test_a_failed_gate_says_why() -> None:
    report = Report(REPORT.machine, (row(gate="fail"),))
    assert "gate: lite0 model_int8.tflite: nyu_dev: +1.40 points, more than 1" in WRITERS["table"](report)
    assert re.search(r'class="text fail">fail: nyu_dev: \+1\.40', WRITERS["html"](report))


def test_page_is_self_contained() -> None:
    page = WRITERS["html"](REPORT)
    assert page.count("data:image/jpeg;base64,") == 3
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert "@import" not in page
    assert "<svg" in page


@pytest.mark.parametrize("place", ["model", "machine", "skipped", "title"])
def test_page_escapes_what_comes_from_outside(place: str) -> None:
    report = Report(
        machine={"processor": HOSTILE if place == "machine" else "x"},
        rows=(row(model=HOSTILE if place == "model" else "m"), row("float32")),
        skipped=(Skipped(HOSTILE if place == "skipped" else "x", "y"),),
        pictures=(Picture(HOSTILE if place == "title" else "x", "m", "v", PIXELS, PIXELS, PIXELS),),
    )
    assert HOSTILE not in WRITERS["html"](report)


def test_a_report_of_nothing_is_still_a_report() -> None:
    nothing = Report({"processor": "x"}, ())
    for write in WRITERS.values():
        assert write(nothing)
