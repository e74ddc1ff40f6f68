"""`python -m bench.accuracy` through real subprocesses, on small sets."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path

import pytest

from bench import accuracy
from tests.export.test_foreign import network
from tests.test_chain import run as run_module
from tests.training.data import small

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / "training" / "weights" / "mn.safetensors"


def run(cwd: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run_module("bench.accuracy", *arguments, cwd=cwd)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small test set, and one run over it."""
    folder = tmp_path_factory.mktemp("accuracy")
    small.nyu(folder / "data", images=3, part="dev")
    other = network(folder / "other.onnx", (1, 3, 96, 128))
    done = run(
        folder, WEIGHTS, other, "--predicts", "disparity", "--size", "96x128", "--set", "nyu_dev",
        "--against", WEIGHTS, "--json", "scores.json", "--csv", "images.csv", "--report", "report.html",
    )  # fmt: skip
    (folder / "stdout").write_text(done.stdout)
    (folder / "stderr").write_text(done.stderr)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_table_shows_figures_and_protocol(work: Path) -> None:
    shown = (work / "stdout").read_text()
    assert "nyu_dev" in shown
    assert "as deployed, 96×128, stretch, cap 10 m" in shown
    assert "TRAINED ON" in shown
    assert "predicts disparity, input imagenet" in shown
    assert "worst of nyu_dev" in shown


def test_json_holds_both_alignments_and_the_paired_difference(work: Path) -> None:
    rows = json.loads((work / "scores.json").read_text())["rows"]
    ours, other = (row["accuracy"]["nyu_dev"] for row in rows)
    assert {"delta1", "rel", "utss_delta1", "correlation"} <= set(ours)
    assert "delta1" not in other, "disparity up to a shift has no figures up to scale alone"
    score = other["utss_delta1"]
    assert score["images"] == 3
    assert score["drop"] == pytest.approx(score["value"] - ours["utss_delta1"]["value"], abs=1e-3)
    assert "drop" not in ours["utss_delta1"]
    assert ours["trained_on"] is True


def test_csv_has_a_line_an_image_and_file(work: Path) -> None:
    with (work / "images.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [(row["file"], row["image"]) for row in lines] == [
        (name, image) for name in ("mn.safetensors", "other.onnx") for image in ("00000", "00010", "00020")
    ]
    assert float(lines[0]["delta1"]) >= 0
    assert lines[3]["delta1"] == ""


def test_the_report_shows_the_worst_images(work: Path) -> None:
    page = (work / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg") >= 3
    assert "nyu_dev" in page


def test_a_second_run_predicts_nothing(work: Path) -> None:
    done = run(work, WEIGHTS, "--size", "96x128", "--set", "nyu_dev")
    assert done.returncode == 0
    assert "3 images, all predicted before" in done.stderr


def test_the_published_protocol_is_the_default(work: Path) -> None:
    done = run(work, WEIGHTS, "--set", "nyu_dev", "--json", "-")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["rows"]
    assert row["accuracy"]["nyu_dev"]["protocol"] == "published protocol, smaller side 384, cap 10 m"


def test_another_smaller_side_is_another_protocol(work: Path) -> None:
    done = run(work, WEIGHTS, "--set", "nyu_dev", "--side", "64", "--json", "-")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["rows"]
    assert row["accuracy"]["nyu_dev"]["protocol"] == "published protocol, smaller side 64, cap 10 m"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.safetensors"], "absent.safetensors: no such file"),
        (["other.onnx"], "other.onnx: does not say what it predicts"),
        ([WEIGHTS, "--size", "12"], "--size 12: height x width"),
        ([WEIGHTS, "--side", "100"], "--side 100: a multiple of 32"),
        ([WEIGHTS, "--side", "64", "--size", "64x64"], "--side goes without --size"),
        ([WEIGHTS, "--set", "moon"], "--set moon: unknown (known: "),
        ([WEIGHTS, "--set", "diw"], "--set diw: not found"),
        ([WEIGHTS, "--against", "x.onnx"], "--against x.onnx: is none of the files given"),
        ([WEIGHTS, "--batch", "0"], "--batch 0: more than 0"),
        ([WEIGHTS, "--data", "nowhere"], "--data nowhere: no such folder"),
        (["other.onnx", "--predicts", "depth", "--size", "64x64"], "takes 96×128, not the 64×64"),
        (["text.json", "--set", "nyu_dev"], "text.json: "),
        ([], "the following arguments are required: FILE"),
    ],
)
def test_bad_input_is_one_line(
    work: Path,
    arguments: list[str | Path],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(work)
    monkeypatch.delenv("DEPTH_DATA", raising=False)
    (work / "text.json").write_text("{}")
    try:
        status = accuracy.main([str(argument) for argument in arguments])
    except SystemExit as ended:
        status = int(str(ended.code))
    assert status == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert message in line


def test_no_traceback_reaches_the_user(work: Path) -> None:
    done = run(work, "absent.safetensors")
    assert done.returncode == 2
    assert done.stderr.startswith("error: absent.safetensors: no such file")
    assert len(done.stderr.splitlines()) == 1
