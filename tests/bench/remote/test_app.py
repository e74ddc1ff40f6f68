"""The sample app as the tool: its protocol over adb, with a stand-in for `am` and the app."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import device
from bench.latency import DeviceError
from bench.plan import failures
from bench.remote import adb, app
from tests.bench.remote import fakes
from tests.bench.remote.phone import Phone, connect, disconnect, photos, server
from tests.bench.remote.test_adb import plan

AM = """#!{python}
import json, os, pathlib, sys
words = sys.argv[1:]
if words == ["force-stop", "plumb.app"]:
    sys.exit((pathlib.Path(os.environ["PHONE"]) / "app-alive").unlink(missing_ok=True))
assert words[:5] == ["start", "-W", "-S", "-n", {activity!r}], words
phone = pathlib.Path(os.environ["PHONE"])
fault = (phone / "app-fault").read_text()
if fault == "absent":
    sys.exit(print("Starting\\nError: Activity class does not exist."))
if fault == "crash":
    sys.exit()
if fault == "hang":
    sys.exit((phone / "app-alive").touch())
extras = dict(zip(words[6::3], words[7::3]))
delegate, bench = extras["delegate"], phone / {files!r} / "bench"
bench.mkdir(parents=True, exist_ok=True)
folder = phone / {files!r} / "models" / extras["model"]
entry = json.loads((folder / "model.json").read_text())["files"][extras["role"]]
file = folder / entry["path"]
(phone / "app-alive").touch()
row = {{"model": "tiny", "target": "tflite", "variant": extras["role"], "file": file.name, "size_bytes": 9,
       "device": "android-app", "delegate": delegate.lower(), "threads": int(extras["threads"]), "params": 1,
       "madds": 1, "latency_ms": {{"median": 4.0, "p90": 4.0, "p99": 4.0, "first": 9.5, "load": 5.0}},
       "samples_ms": [4.0] * int(extras["runs"]), "peak_memory_bytes": 1 << 20}}
result = {{"format": 1, "machine": {{}}, "rows": [row], "skipped": []}}
if fault == "error" or delegate == "NPU":
    result |= {{"rows": [], "skipped": [{{"what": delegate, "why": "OpenCL is\\nnot\\x1b[31m there"}}]}}
if fault == "other":
    row["delegate"] = "cpu" if delegate == "GPU" else "gpu"
if fault == "fewer":
    del row["samples_ms"][3:]
if fault == "huge":
    row["latency_ms"]["median"] = 10 ** 400
if fault == "wrong":
    row["latency_ms"]["median"] = "fast"
if "inputs" in extras:
    sys.path[:0] = {paths!r}
    import numpy as np
    from export.runners import litert
    runner = litert.load(file)
    out = bench / extras["out"]
    out.mkdir()
    for path in (bench / "inputs" / extras["inputs"]).glob("*.rgb"):
        image = np.frombuffer(path.read_bytes(), np.uint8).reshape(runner.height, runner.width, 3)
        output = runner.log_disparity(runner.predict(runner.tensor(image)))
        (out / (path.stem + ".f32")).write_bytes(output.astype("<f4").tobytes())
(bench / (extras["out"] + ".json")).write_text(json.dumps(result))
"""
PM = '#!/bin/sh\ntest -f "$PHONE/app-fault" && echo package:/data/app/base.apk\n'
PIDOF = '#!/bin/sh\ntest -f "$PHONE/app-alive"\n'


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server(tmp_path_factory.mktemp("adb")) as path:
        yield path


@pytest.fixture
def phone(program: str, tmp_path: Path) -> Iterator[Phone]:
    made = Phone(tmp_path / "phone")
    files = app.FILES.lstrip("/")
    script = AM.format(python=sys.executable, activity=app.ACTIVITY, files=files, paths=list(sys.path))
    fakes.write(made.root / "bin" / "am", script)
    fakes.write(made.root / "bin" / "pm", PM)
    fakes.write(made.root / "bin" / "pidof", PIDOF)
    (made.root / "app-fault").write_text("")
    connect(program, made)
    yield made
    disconnect(program, made)
    made.close()


def measure(folder: Path, images: int = 1, **remote: object) -> Any:
    made = plan(folder, None, **remote)
    return adb.measure(made, photos(images), lambda text: None)


def test_rows(phone: Phone, tmp_path: Path) -> None:
    found = measure(tmp_path)
    assert failures(found.skipped) == []
    assert [row.delegate for row in found.rows] == ["CPU", "GPU"] * 3
    told = [s.why.partition(" on NPU: ")[2] for s in found.skipped if "NPU" in s.what]
    assert told == ["OpenCL is not [31m there"] * 3
    for row in found.rows:
        assert row.timing is not None
        assert row.timing.samples_ms == (4.0,) * app.RUNS
        assert row.timing.latency_ms()["load"] == 5
        assert row.timing.peak_memory_bytes == 1 << 20
        assert row.agreement is not None
        assert (row.agreement["identical"], row.agreement["images"]) == (100, 1)
    files = phone.place(app.FILES)
    left = {path.name for path in files.rglob("*") if path.is_file()}
    assert left == {"model.json", "model_float32.tflite", "model_int8.tflite", "model_int8_full.tflite"}
    assert not (phone.root / "app-alive").exists()  # the screen stays on for no longer than it measures
    own = files / "models" / "mine"
    own.mkdir()
    assert device.main(["--device", "adb", "--clean"]) == 0
    assert list(files.rglob("*")) == [files / "models", own]


def test_sustained_runs_are_as_long_as_asked(phone: Phone, tmp_path: Path) -> None:
    found = measure(tmp_path, 0, delegates=("GPU",), sustained_minutes=0.02)
    assert all(row.sustained for row in found.rows)
    runs = [words.split("--ei runs ")[1].split()[0] for words in phone.commands if "--ei runs" in words]
    assert runs[:2] == ["50", "300"]  # 1.2 s at 4 ms


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("absent", "the app did not start (Error: Activity class does not exist.): install android_demo"),
        ("crash", "the app ended without a result: it crashed, or the delegate did"),
        ("hang", "no result in time"),
        ("other", "the app's result has no row for it"),
        ("fewer", "the app's result has no row for it"),
        ("huge", "'latency_ms' is not as it should be: the app's result is not such as it writes"),
        ("wrong", "'latency_ms' is not as it should be: the app's result is not such as it writes"),
    ],
)
def test_what_goes_wrong_is_one_line(
    monkeypatch: pytest.MonkeyPatch, phone: Phone, tmp_path: Path, fault: str, why: str
) -> None:
    monkeypatch.setattr(app, "WAIT", app.WAIT.replace("sleep 1", "sleep 0.1"))
    monkeypatch.setattr(app, "LIMIT_SECONDS", 3.0)
    (phone.root / "app-fault").write_text(fault)
    found = measure(tmp_path, 0, delegates=("GPU",))
    assert found.rows == ()
    assert len(failures(found.skipped)) == 3
    for line in failures(found.skipped):
        assert why in line
        assert line.isprintable()
    assert not list(phone.place(app.FILES).rglob("bench/*.json"))
    assert not (phone.root / "app-alive").exists()


def test_without_the_app(phone: Phone, tmp_path: Path) -> None:
    (phone.root / "app-fault").unlink()
    with pytest.raises(DeviceError, match=r"no --benchmark-binary, and no sample app on the phone"):
        measure(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 2}', '{"format": 1, "rows": [{}]}', "[" * 99999])
def test_what_is_no_result_is_refused(text: str) -> None:
    with pytest.raises(DeviceError, match=r"the app's result is not such as it writes$"):
        app.checked(text, app.Asked("tflite_int8", "GPU", 1, 50), "x")


QUANTIZED = {"dtype": "int8", "scale": 1.0, "zero_point": -128}


def test_pictures_and_outputs_come_back_as_they_were() -> None:
    bytes_of_all = np.arange(256, dtype=np.uint8)
    assert np.array_equal(app.picture(bytes_of_all.astype(np.float32), {"dtype": "float32"}), bytes_of_all)
    quantized = (bytes_of_all.astype(int) - 128).astype(np.int8)
    assert np.array_equal(app.picture(quantized, QUANTIZED), bytes_of_all)
    given = {"dtype": "int8", "scale": 0.0213, "zero_point": 7}
    floats = ((quantized.astype(np.float32) - 7) * np.float32(0.0213)).astype(np.float32)
    assert app.raw(floats, given) == quantized.tobytes()
    assert app.raw(floats, {"dtype": "float32"}) == floats.tobytes()
