"""The shipped weights can be made again: the first losses of their last stage repeat."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.training.launched import ROOT, environment
from training.models import SHIPPED_DIR
from training.recipes import RECIPES

DATA = ROOT.parent / "shared" / "data"
LOSSES = json.loads((ROOT / "tests/data/starter_losses.json").read_text(encoding="utf-8"))
PAIRS = ("eth3d_two_view", "zed_street")
# As training/weights/README.md says.
EXTRACTION = ("--matcher", "sgbm", "--min-valid", "0.6", "--min-range", "4")

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the reference data is not on this machine")


@pytest.fixture(scope="module")
def stereo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stereo")
    pairs = [word for name in PAIRS for word in ("--pairs", str(DATA / name))]
    module = [sys.executable, "-m", "training.stereo.extract", *pairs, "--out", str(folder / "movies")]
    subprocess.run([*module, *EXTRACTION], cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("model", LOSSES)
def test_the_first_losses_repeat(model: str, stereo: Path, tmp_path: Path) -> None:
    recipe = RECIPES[f"{model}-starter"]
    interim = SHIPPED_DIR / f"interim/{model}.safetensors"
    arguments = [
        recipe.name, "--data", DATA, "--data", stereo, "--weights", interim,
        "--workers", "0", "--device", "cpu", "--out", tmp_path,
    ]  # fmt: skip
    module = [sys.executable, "-m", "training.run", *map(str, arguments)]
    expected, log, until = LOSSES[model], tmp_path / "log.jsonl", time.monotonic() + 600
    with subprocess.Popen(module, cwd=ROOT, env=environment(), stderr=subprocess.PIPE, text=True) as running:
        lines: list[str] = []
        while len(lines) <= len(expected) and running.poll() is None and time.monotonic() < until:
            time.sleep(0.5)
            lines = log.read_text().splitlines() if log.exists() else []
        running.kill()
        said = running.stderr.read() if running.stderr else ""
    losses = [json.loads(line)["loss"] for line in lines[: len(expected)]]
    assert losses == pytest.approx(expected, abs=1e-3), said
