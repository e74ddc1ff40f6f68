"""`python -m bench.report`: several machines on one page; files of others are checked first."""

from __future__ import annotations

import json
import math
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench import reading, report
from bench.row import Report, Skipped
from bench.writers import WRITERS
from tests.bench.writers import made, phones

HOSTILE = "<script>alert(1)</script>"


def written(folder: Path, name: str, of: Report) -> Path:
    path = folder / f"{name}.json"
    path.write_text(WRITERS["json"](of), encoding="utf-8")
    return path


@pytest.mark.parametrize("of", [made.REPORT, phones.REPORT])
def test_what_was_written_is_read_back(tmp_path: Path, of: Report) -> None:
    found = reading.read(written(tmp_path, "one", of))
    assert WRITERS["json"](found) == WRITERS["json"](of)


def test_two_devices_side_by_side(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    files = [written(tmp_path, "desk", made.REPORT), written(tmp_path, "phone", phones.REPORT)]
    out = tmp_path / "page.html"
    assert report.main([*map(str, files), "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[:2] == [
        "A Processor: fastest is lite0 model_float32.tflite on CPU (XNNPACK), 1 thread, 10.0 ms",
        f"{phones.PHONE}: fastest is lite0 model_int8.tflite on GPU, 8.00 ms "
        "(though the delegate takes but a part of the file; once warm 1.43× that)",
    ]
    page = out.read_text(encoding="utf-8")
    assert f"<li>{phones.PHONE}: GPU beats NPU (NNAPI) for lite0, 1.5×" in page
    assert "<h3>A Processor</h3>" in page
    assert "<dd>Android 16 (API 36)</dd>" in page
    assert f'<td class="text">{phones.PHONE}</td>' in page
    assert "A Processor: latency of model.mlpackage: needs a Mac" in page
    assert 'http-equiv="Content-Security-Policy" content="default-src \'none\'' in page
    assert 'src="http' not in page
    assert "<link" not in page


def test_the_same_device_twice_is_told_apart(tmp_path: Path) -> None:
    reports = {Path("before.json"): phones.REPORT, Path("after.json"): phones.REPORT}
    merged, machines = report.side_by_side(reports)
    titles = [f"{phones.PHONE} (before)", f"{phones.PHONE} (after)"]
    assert [title for title, _ in machines] == titles
    assert list(dict.fromkeys(row.device for row in merged.rows)) == titles


def test_nothing_from_a_file_becomes_markup(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = tuple(
        replace(row, device=HOSTILE, model=HOSTILE, delegate=HOSTILE, file=HOSTILE, gate_reason=HOSTILE)
        for row in phones.ROWS
    )
    machine = {"device": f"{HOSTILE}\x1b[2J", HOSTILE: [HOSTILE], "versions": {HOSTILE: HOSTILE}}
    of = Report(machine, rows, (Skipped(HOSTILE, HOSTILE),))
    out = tmp_path / "page.html"
    assert report.main([str(written(tmp_path, "one", of)), "--out", str(out)]) == 0
    assert "<script>alert" not in out.read_text(encoding="utf-8")
    assert "\x1b" not in capsys.readouterr().out


GOOD: dict[str, Any] = json.loads(WRITERS["json"](phones.REPORT))


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        (("format",), 2, "'format' is not 1"),
        (("rows",), {}, "'rows' is not as it should be"),
        (("rows", 0), [], "row 1: must be an object"),
        (("rows", 1, "model"), None, "row 2: 'model' is not as it should be"),
        (("rows", 1, "threads"), -1, "row 2: 'threads'"),
        (("rows", 1, "threads"), True, "row 2: 'threads'"),
        (("rows", 1, "size_bytes"), 1.5, "row 2: 'size_bytes'"),
        (("rows", 1, "gate"), "maybe", "row 2: 'gate'"),
        (("rows", 1, "latency_ms"), {"median": 0}, "row 2: 'latency_ms'"),
        (("rows", 1, "latency_ms"), {"median": "8"}, "row 2: 'latency_ms'"),
        (("rows", 1, "latency_ms"), {}, "row 2: 'latency_ms'"),
        (("rows", 1, "samples_ms"), [1, -1], "row 2: 'samples_ms'"),
        (("rows", 1, "sustained"), [{"at_s": 1}], "row 2: 'median_ms' is missing"),
        (("rows", 1, "sustained"), [3], "row 2: must be an object"),
        (("rows", 1, "energy_mj"), "much", "row 2: 'energy_mj'"),
        (("rows", 1, "whole_graph"), "yes", "row 2: 'whole_graph'"),
        (("rows", 1, "profile"), [{"kind": "CONV_2D", "count": 1}], "row 2: 'ms' is missing"),
        (("rows", 1, "accuracy", "nyu_dev", "delta1"), 3, "row 2, nyu_dev, delta1: must be an object"),
        (("rows", 1, "accuracy", "nyu_dev", "delta1", "ci95"), [1], "'ci95'"),
        (("skipped",), [{"what": "x"}], "'why' is missing"),
        (("machine", "load"), math.nan, "machine: 'load' is not as it should be"),
        (("machine", "cores"), "many", "machine: 'cores' is not as it should be"),
        pytest.param(("machine", "memory_bytes"), 10**400, "machine: 'memory_bytes'", id="endless"),
        (("machine", "features"), 5, "machine: 'features' is not as it should be"),
    ],
)
def test_what_is_no_report_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, place: tuple[Any, ...], value: object, told: str
) -> None:
    values = deepcopy(GOOD)
    inner = values
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    path, out = tmp_path / "bad.json", tmp_path / "page.html"
    path.write_text(json.dumps(values))
    assert report.main([str(path), "--out", str(out)]) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"error: {path}: ")
    assert told in line
    assert line.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize("text", ["", "[1, 2]", "{", "[" * 100_000, '{"format": NaN}'])
def test_what_is_no_json_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    assert report.main([str(path), "--out", str(tmp_path / "page.html")]) == 2
    assert capsys.readouterr().err.startswith(f"error: {path}: ")


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert report.main([str(tmp_path / "none.json"), "--out", str(tmp_path / "page.html")]) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'none.json'}: No such file or directory\n"
