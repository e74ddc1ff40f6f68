from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from plotly.offline import get_plotlyjs

from bench.row import Accuracy, Picture, Report, Score, Skipped
from bench.writers import WRITERS
from tests.bench.writers.made import HOSTILE, PIXELS, PLANES, REPORT, row, scored


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


def test_json_leaves_out_figures_that_are_no_numbers() -> None:
    nothing = Score(12.5, 1, float_value=float("nan"), drop=float("nan"), drop_ci95=(float("nan"), 1.0))
    scored = replace(row(), accuracy={"nyu_dev": Accuracy("p", {"delta1": nothing})})
    values = json.loads(WRITERS["json"](Report({"processor": "x"}, (scored,))))
    assert values["rows"][0]["accuracy"]["nyu_dev"]["delta1"] == {"value": 12.5, "images": 1}


def test_json_holds_planes_and_instructions() -> None:
    measured = replace(row(), planes=PLANES | {"angle_deg": float("nan")}, instructions=312_300_000)
    values = json.loads(WRITERS["json"](Report({"processor": "x"}, (measured, row()))))
    assert values["rows"][0]["instructions"] == 312_300_000
    assert values["rows"][0]["planes"] == {k: v for k, v in PLANES.items() if k != "angle_deg"}
    assert not {"instructions", "planes"} & set(values["rows"][1])


def test_json_of_a_row_that_knows_nothing() -> None:
    nothing = replace(scored("p"), accuracy={})
    values = json.loads(WRITERS["json"](Report({"processor": "x"}, (nothing,))))
    assert set(values["rows"][0]) == {
        "model", "target", "variant", "file", "size_bytes", "device", "delegate", "threads", "gate",
    }  # fmt: skip


def test_page_is_self_contained() -> None:
    page = WRITERS["html"](REPORT)
    assert page.count("data:image/jpeg;base64,") == 3
    own = page.replace(get_plotlyjs(), "")  # what that does is seen in a browser
    assert len(own) < 50_000 < len(page)
    assert not re.search(r'(src|href)="(?!data:|#)', own)
    assert "@import" not in own
    assert "default-src 'none'" in own


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
