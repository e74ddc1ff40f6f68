"""The walk-throughs of CONTRIBUTING.md, run: they match the interfaces, or this fails."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from bench.testsets.shot import DataError, checked_size
from export import verify
from export.runners import RunnerError
from export.target import VARIANTS, Source
from training import models
from training.data.sample import DataError as SampleError

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"```python\n# (?P<file>\S+\.py)[^\n]*\n(?P<code>.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def shown() -> Iterator[dict[str, dict[str, Any]]]:
    """File → the names in it after its block ran. A block of a file that exists runs among that file's
    names and the new modules shown before it; one of a new file is a module of its own.
    """
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    made: dict[str, ModuleType] = {}
    results: dict[str, dict[str, Any]] = {}
    for block in BLOCK.finditer(text):
        path = Path(block["file"])
        name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        if (ROOT / path).exists():
            names = {**vars(import_module(name)), **{m.split(".")[-1]: made[m] for m in made}}
        else:
            made[name] = sys.modules[name] = ModuleType(name)  # where dataclasses look annotations up
            names = vars(made[name])
        exec(compile("from __future__ import annotations\n" + block["code"], str(path), "exec"), names)
        results[block["file"]] = names
    yield results
    for name in made:
        del sys.modules[name]


def test_every_walk_through_is_shown(shown: dict[str, dict[str, Any]]) -> None:
    assert list(shown) == [
        "training/models/encoders.py",
        "training/data/diode.py",
        "training/data/readers.py",
        "bench/testsets/diode.py",
        "bench/testsets/table.py",
        "export/to_ort.py",
        "export/runners/ort.py",
        "export/runners/__init__.py",
        "export/target.py",
    ]


def test_the_model_can_be_built(shown: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    ((name, row),) = shown["training/models/encoders.py"]["ENCODERS"].items()
    monkeypatch.setitem(models.ENCODERS, name, row)
    with torch.no_grad():
        output = models.build(name).eval()(torch.zeros(1, 3, 64, 96))
    assert output.shape == (1, 1, 64, 96)


@pytest.fixture
def diode(tmp_path: Path) -> Path:
    """Two scans of two photos each, in both parts; one pixel in four is not valid."""
    for part in ("train", "val"):
        for scan in range(2):
            folder = tmp_path / "diode" / part / "indoors" / f"scan_{scan:05d}"
            folder.mkdir(parents=True)
            for i in range(2):
                Image.fromarray(np.full((4, 6, 3), 50, np.uint8)).save(folder / f"{i}.png")
                np.save(folder / f"{i}_depth.npy", np.full((4, 6, 1), 2, np.float64))
                np.save(folder / f"{i}_depth_mask.npy", np.repeat([[0.0], [1], [1], [1]], 6, axis=1))
    return tmp_path


def test_the_training_set_is_found_and_read(shown: dict[str, dict[str, Any]], diode: Path) -> None:
    row = shown["training/data/readers.py"]["READERS"]["diode"]
    train, held_out = row.find(diode, False), row.find(diode, True)
    assert (len(train), len(held_out)) == (2, 2)
    assert not set(train.photos) & set(held_out.photos)
    sample = train[0]
    assert sample.valid.sum() == 18
    assert (sample.disparity[sample.valid] == 0.5).all()
    (train.photos[1].with_name("1_depth.npy")).unlink()
    with pytest.raises(SampleError, match=r"1\.png: no depth beside it"):
        train[1]
    assert row.find(diode / "diode", False) is None


def test_the_test_set_is_found_and_read(shown: dict[str, dict[str, Any]], diode: Path) -> None:
    row = shown["bench/testsets/table.py"]["TESTSETS"]["diode_val"]
    shots = row.find(diode)
    assert shots.names[0] == "indoors/scan_00000/0.png"
    assert shots.groups == ("scan_00000", "scan_00000", "scan_00001", "scan_00001")
    truth = checked_size(shots.names[0], shots.truth(0), *shots.photo(0).shape[:2])
    assert truth is not None
    assert np.count_nonzero(truth.depth == 2) == 18
    assert row.find(diode / "diode") is None
    (shots.where / "indoors" / "scan_00000" / "1_depth.npy").unlink()
    with pytest.raises(DataError, match=r"1\.png: no depth beside it"):
        shots.truth(1)


def test_the_target_converts_and_runs(
    shown: dict[str, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = shown["export/target.py"]["TARGETS"]["ort"]
    monkeypatch.setitem(VARIANTS, "ort", target.variants[0])
    model = models.build("mn").eval()
    shown["export/to_ort.py"]["convert"](Source(model, 64, 96, {}, ()), tmp_path, ["ort"])
    runner = shown["export/runners/ort.py"]["load"](tmp_path / target.variants[0].file)
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    with torch.no_grad():
        reference = model(torch.from_numpy(image).permute(2, 0, 1)[None].float())[0, 0].numpy()
    assert verify.judge(runner, [image], [reference], target.variants[0].tolerance).problem is None
    (tmp_path / "broken.ort").write_bytes(b"not a flatbuffer")
    with pytest.raises(RunnerError, match=r"broken\.ort: not a file that ONNX Runtime runs"):
        shown["export/runners/ort.py"]["load"](tmp_path / "broken.ort")


def test_the_rows_name_the_modules_shown(shown: dict[str, dict[str, Any]]) -> None:
    target = shown["export/target.py"]["TARGETS"]["ort"]
    runners = shown["export/runners/__init__.py"]["RUNNERS"]
    for module in (target.convert, runners[Path(target.variants[0].file).suffix]):
        assert f"{module.replace('.', '/')}.py" in shown
