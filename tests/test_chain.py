"""The whole chain through real subprocesses: weights → files → figures, at a small size."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from export import manifest, runners
from export.target import KNOWN, TARGETS, VARIANTS
from tests.training.data import small
from training import checkpoint, models

ROOT = Path(__file__).parents[1]
SIZE = "96x128"


def run(module: str, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "DEPTH_DATA"}
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=cwd,
        env={**environment, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with artifacts of the shipped `mn`."""
    folder = tmp_path_factory.mktemp("chain")
    done = run("export.all", "--model", "mn", "--size", SIZE, "--json", "export.json", cwd=folder)
    assert done.returncode == 0, done.stderr
    (folder / "export.log").write_text(done.stderr)
    (folder / "export.txt").write_text(done.stdout)
    return folder


@pytest.fixture(scope="module")
def artifact(work: Path) -> Path:
    return work / "artifacts" / f"mn@{SIZE}"


def test_every_file_is_there_and_listed(artifact: Path) -> None:
    read = manifest.read(artifact)
    assert set(read.files) == set(VARIANTS)
    for role in read.files:
        assert read.file(role).exists()
    names = {path.name for path in artifact.iterdir()}
    assert names == {v.file for v in VARIANTS.values()} | {"model.json", "calibration.json", "golden"}


def test_stdout_holds_the_table_alone(work: Path) -> None:
    lines = (work / "export.txt").read_text().splitlines()
    assert len(lines) == 1 + len(VARIANTS)
    assert all("artifacts/mn@" in line and line.endswith("ok") for line in lines[1:])


def test_json_of_the_export(work: Path) -> None:
    files = json.loads((work / "export.json").read_text())["files"]
    assert {f["role"] for f in files} == set(VARIANTS)
    assert all(f["problem"] is None for f in files)


@pytest.mark.parametrize("role", VARIANTS)
def test_each_file_gives_the_golden_output_within_its_tolerance(artifact: Path, role: str) -> None:
    image = np.asarray(Image.open(artifact / "golden" / "input.png"))
    golden = np.fromfile(artifact / "golden" / "log_disparity.f32", "<f4").reshape(image.shape[:2])
    output = runners.run(runners.load(artifact / VARIANTS[role].file), image)
    tolerance = VARIANTS[role].tolerance
    off = np.abs(output - golden)
    if tolerance.max_abs is not None:
        assert off.max() <= tolerance.max_abs
        assert off.mean() <= (tolerance.mean_abs or 0)
    else:
        aligned = np.abs(output - golden - np.median(output - golden))
        assert np.mean(aligned <= np.log(1.25)) >= 0.99


def test_bench_gives_rows_for_every_file(work: Path) -> None:
    data = small.nyu(work / "data_dev", images=4, part="dev")
    done = run(
        "bench.device", "--target", "tflite", "onnx", "--threads", "1", "--data", data,
        "--json", "bench.json", "--report", "report.html", "--max-drop", "50", cwd=work,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads((work / "bench.json").read_text())
    rows = {(row["target"], row["variant"]): row for row in report["rows"]}
    assert set(rows) == {
        ("tflite", "float32"),
        ("tflite", "int8"),
        ("tflite", "int8_full"),
        ("onnx", "float32"),
    }
    for row in rows.values():
        assert row["latency_ms"]["p90"] >= row["latency_ms"]["median"] > 0
        assert row["peak_memory_bytes"] > 0
        assert row["madds"] > 1e6
        assert {"nyu_dev", "motorcycle"} <= set(row["accuracy"])
        assert "as deployed, 96×128" in row["accuracy"]["nyu_dev"]["protocol"]
    assert "drop" in rows["tflite", "int8"]["accuracy"]["nyu_dev"]["delta1"]
    assert rows["tflite", "int8"]["fidelity"]["within_1_25"] > 90
    assert "model_int8.tflite" in done.stdout
    page = (work / "report.html").read_text()
    assert "data:image/jpeg;base64," in page
    assert 'src="http' not in page


def test_a_drop_past_the_gate_is_exit_status_1(work: Path) -> None:
    done = run("bench.device", "--threads", "1", "--max-drop", "-1000", "--json", "-", cwd=work)
    assert done.returncode == 1, done.stderr
    assert any(row["gate"] == "fail" for row in json.loads(done.stdout)["rows"])


def test_core_ml_says_that_latency_needs_a_mac(work: Path) -> None:
    done = run("bench.device", "--target", "coreml", "--json", "-", cwd=work)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    if sys.platform != "darwin":
        assert "a Mac or an iPhone" in report["skipped"][0]["why"]
        assert all("latency_ms" not in row for row in report["rows"])
    assert report["rows"][0]["fidelity"]["within_1_25"] > 99


def test_a_target_exported_again_keeps_the_other_files(work: Path, artifact: Path, tmp_path: Path) -> None:
    copy = tmp_path / "artifacts" / artifact.name
    shutil.copytree(artifact, copy)
    done = run("export.all", "--model", "mn", "--size", SIZE, "--target", "onnx", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert set(manifest.read(copy).files) == set(VARIANTS)
    assert not [p for p in copy.parent.iterdir() if p.name.endswith(".tmp")]


@pytest.mark.slow
def test_extra_variants_are_made_measured_and_kept(work: Path, tmp_path: Path) -> None:
    shutil.copytree(work / "artifacts", tmp_path / "artifacts")
    names = [variant.variant for variant in TARGETS["coreml"].extras]
    common = ("--model", "mn", "--size", SIZE, "--target")
    done = run("export.all", *common, "coreml", "--variant", *names, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = run("export.all", *common, "onnx", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    read = manifest.read(tmp_path / "artifacts" / f"mn@{SIZE}")
    assert set(read.files) == set(KNOWN)
    judged = ("--target", "coreml", "--set", "motorcycle", "--max-drop", "100", "--json", "-")
    done = run("bench.device", *judged, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {row["variant"] for row in json.loads(done.stdout)["rows"]} == {"float16", "int8", *names}


def test_a_changed_file_is_refused(artifact: Path, tmp_path: Path) -> None:
    copy = tmp_path / "artifacts" / "mn"
    shutil.copytree(artifact, copy)
    with (copy / "model_int8.tflite").open("r+b") as file:
        file.seek(5000)
        file.write(b"\x00\x01\x02\x03")
    done = run("bench.device", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: artifacts/mn/model_int8.tflite: is not the file")


def test_a_network_that_is_not_finite_gives_no_files(tmp_path: Path) -> None:
    model = models.build("mn")
    with torch.no_grad():
        model.decoder.head.bias.fill_(float("inf"))  # type: ignore[union-attr]
    checkpoint.write_weights(tmp_path / "inf.safetensors", model.state_dict(), "mn", {})
    done = run("export.all", "--weights", "inf.safetensors", cwd=tmp_path)
    assert done.returncode == 2
    assert "holds values that are not finite" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "artifacts").exists()


BAD_EXPORTS = {
    "unknown model": (["--model", "resnet"], "--model resnet: unknown; choose from mn, lite0"),
    "no weights shipped": (["--model", "b5"], "b5: no weights are shipped"),
    "size": (["--size", "100x100"], "--size 100x100: both sides must be multiples of 32"),
    "target": (["--target", "paper"], "argument --target: invalid choice: 'paper'"),
    "variant": (["--variant", "palette2"], "argument --variant: invalid choice: 'palette2'"),
    "variant of another target": (
        ["--target", "onnx", "--variant", "palette6"],
        "--variant palette6: is of --target coreml",
    ),
    "size text": (["--size", "big"], "--size big: HEIGHTxWIDTH"),
    "absent weights": (["--weights", "absent.pth"], "absent.pth: no such file"),
    "truncated weights": (["--weights", "cut.safetensors"], "cut.safetensors: not a .safetensors file"),
    "another model": (
        ["--weights", "mn.safetensors", "--model", "lite0"],
        "--model lite0: mn.safetensors holds a mn",
    ),
    "no picture": (["--model", "mn", "--calibration", "empty"], "--calibration empty: holds no picture"),
    "no folder": (["--model", "mn", "--calibration", "none"], "--calibration none: no such folder"),
}


@pytest.mark.parametrize("case", BAD_EXPORTS)
def test_bad_input_to_the_export_is_one_line(case: str, tmp_path: Path) -> None:
    arguments, message = BAD_EXPORTS[case]
    shutil.copy(models.SHIPPED_DIR / "mn.safetensors", tmp_path)
    (tmp_path / "cut.safetensors").write_bytes((tmp_path / "mn.safetensors").read_bytes()[:1000])
    (tmp_path / "empty").mkdir()
    done = run("export.all", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "usage:" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"error: {message}")
    assert not list(tmp_path.glob("artifacts/*"))


BAD_BENCHES = {
    "no artifacts": ([], "artifacts: no artifacts; python -m export.all writes them"),
    "unknown model": (["--model", "b3"], "artifacts/b3/model.json: no such file; python -m export.all"),
    "device": (["--device", "toaster"], "--device toaster: one of host, qemu"),
    "option": (["--colour"], "unrecognized arguments: --colour"),
    "threads": (["--threads", "0"], "--threads 0: at least 1"),
}


@pytest.mark.parametrize("case", BAD_BENCHES)
def test_bad_input_to_the_benchmark_is_one_line(case: str, tmp_path: Path) -> None:
    arguments, message = BAD_BENCHES[case]
    done = run("bench.device", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "usage:" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"error: {message}")


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=("SIGINT", "SIGTERM")
)
def test_an_interrupted_export_leaves_nothing_half_written(
    tmp_path: Path, number: signal.Signals, status: int
) -> None:
    command = [sys.executable, "-m", "export.all", "--model", "mn", "--size", SIZE]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "TFLite" in line:
            break
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == status, errors
    assert "Traceback" not in errors
    assert not list((tmp_path / "artifacts").iterdir())
