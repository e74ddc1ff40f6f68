"""What rows of phones add to the reports, and the sentences on what to use where."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bench.row import Accuracy, Row, Score
from bench.writers import WRITERS, devices
from bench.writers.advice import sentences
from tests.bench.writers import made
from tests.bench.writers.phones import MOMENTS, PHONE, REPORT, ROWS, row


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "1000")


def test_the_table_has_columns_for_what_phones_tell() -> None:
    lines = WRITERS["table"](REPORT).splitlines()
    gpu = next(line for line in lines if "GPU" in line and "8.00" in line)
    for shown in ("9.00", "1.43×", "41.5", "31.5", "a part"):
        assert shown in gpu
    compared = [line for line in lines if "99.75" in line]
    assert len(compared) == 1
    assert "GPU" in compared[0]


def test_rows_of_this_machine_have_none_of_them() -> None:
    text = WRITERS["table"](made.REPORT)
    for absent in ("energy", "°C", "once", "took of", "p95", "as here"):
        assert absent not in text


def test_the_page_has_the_profile_and_the_minutes_in_a_row() -> None:
    page = WRITERS["html"](REPORT)
    assert "Where the time goes" in page
    assert '<th scope="row" class="text">CONV_2D</th><td>13</td><td>6.50</td>' in page
    assert page.count('id="overtime"') == 1
    assert "Minutes in a row" not in WRITERS["html"](made.REPORT)


def test_the_plot_over_time() -> None:
    (choice,) = devices.over_time(ROWS)
    assert (choice.group, choice.label) == (PHONE, "lite0 model_int8.tflite · GPU")
    latency, temperature, clock = choice.figure["data"]
    assert latency["y"] == [moment.median_ms for moment in MOMENTS]
    assert latency["x"][-1] == pytest.approx(100 / 60, abs=1e-3)
    assert temperature["y"][0] == 31.0
    assert clock["y"][0] == 23.0
    bare = tuple(replace(moment, clock_mhz=None, temperature_c=None) for moment in MOMENTS)
    (choice,) = devices.over_time([replace(ROWS[1], sustained=bare)])
    assert len(choice.figure["data"]) == 1


def test_slower_once_warm() -> None:
    assert devices.slowdown(ROWS[1]) == pytest.approx(12.0 / 8.4)
    assert devices.slowdown(ROWS[0]) is None


def test_json_has_what_was_measured_alone() -> None:
    rows = json.loads(WRITERS["json"](REPORT))["rows"]
    assert "samples_ms" not in rows[0]
    assert rows[0]["latency_ms"] == {"median": 20.0, "p5": 19.0, "p95": 21.0, "first": 30.0, "load": 20.0}
    assert rows[1]["profile"] == [
        {"kind": "CONV_2D", "count": 13, "ms": 6.5}, {"kind": "ADD", "count": 4, "ms": 0.5},
    ]  # fmt: skip
    assert rows[1]["sustained"][0] == {
        "at_s": 10.0, "median_ms": 8.4, "clock_mhz": 2300.0, "temperature_c": 31.0,
    }  # fmt: skip
    assert (rows[1]["energy_mj"], rows[1]["whole_graph"]) == (41.5, False)
    for absent in ("energy_mj", "sustained", "profile"):
        assert absent not in rows[0]


def test_what_to_use_on_a_phone() -> None:
    assert sentences(ROWS) == [
        f"{PHONE}: fastest is lite0 model_int8.tflite on GPU, 8.00 ms "
        "(though the delegate takes but a part of the file; once warm 1.43× that)",
        f"{PHONE}: GPU beats NPU (NNAPI) for lite0, 1.5× (8.00 ms against 12.0 ms)",
        f"{PHONE}: GPU beats CPU (XNNPACK) for lite0, 2.5× (8.00 ms against 20.0 ms)",
    ]


def test_core_mls_compute_units_have_names() -> None:
    found = sentences([row("ane", 2.0), row("cpu", 8.0)])
    assert found[0].startswith(f"{PHONE}: fastest is lite0 model_int8.tflite on the Neural Engine, 2.00 ms")
    assert (
        found[1]
        == f"{PHONE}: the Neural Engine beats the processor for lite0, 4.0× (2.00 ms against 8.00 ms)"
    )


def test_what_is_about_as_fast_does_not_win() -> None:
    found = sentences([row("GPU", 10.0), row("NNAPI", 10.2)])
    assert found[1] == f"{PHONE}: GPU and NPU (NNAPI) are about as fast for lite0 (10.0 ms against 10.2 ms)"


def scored(of: Row, error: float) -> Row:
    return replace(of, accuracy={"nyu_dev": Accuracy("as deployed", {"delta1": Score(error, 100)})})


def test_the_more_accurate_one_that_keeps_up_is_named() -> None:
    quick = scored(row("GPU", 8.0), 15.0)
    better = scored(replace(row("GPU", 30.0), model="mn"), 12.0)
    too_slow = scored(replace(row("GPU", 50.0), model="b5"), 10.0)
    assert sentences([too_slow, better, quick])[1:] == [
        f"{PHONE}: more right at 30 frames a second is mn model_int8.tflite on GPU, 30.0 ms: "
        "δ1.25 error % on nyu_dev 12.00 against 15.00"
    ]


def test_what_failed_the_gate_is_not_advised() -> None:
    bad = replace(row("NNAPI", 2.0), gate="fail")
    assert "GPU, 8.00 ms" in sentences([bad, *ROWS])[0]
    assert sentences([bad]) == [f"{PHONE}: no file passed the gate"]
    assert sentences([]) == []
