"""`--device qemu`: rows of what an emulated machine gave; the emulator is a stand-in, LiteRT is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.plan import UsageError, failures
from bench.remote import arm, qemu
from bench.row import Row, Skipped
from export.manifest import ArtifactError, Manifest
from tests.bench.remote import artifacts, fakes

SIDES = (64, 96)
FLOAT_INPUT_BYTES = SIDES[0] * SIDES[1] * 3 * 4


@pytest.fixture(autouse=True)
def _emulated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLUMB_CACHE", str(tmp_path / "cache"))
    machine = fakes.machine(tmp_path / "machine", FLOAT_INPUT_BYTES // 4)
    monkeypatch.setattr(arm, "ready", lambda say: machine)


def measure(*models: Manifest, targets: tuple[str, ...] = ("tflite",)) -> tuple[list[Row], list[Skipped]]:
    found = qemu.measure(artifacts.plan(*models, targets=targets), {}, lambda text: None)
    return list(found.rows), list(found.skipped)


def test_a_row_for_every_file(tmp_path: Path) -> None:
    rows, skipped = measure(artifacts.write(tmp_path / "tiny"))
    assert skipped == []
    assert [row.variant for row in rows] == ["float32", "int8", "int8_full"]
    for row in rows:
        assert (row.model, row.target, row.device, row.threads, row.timing) == (
            "tiny",
            "tflite",
            "qemu",
            1,
            None,
        )
        assert row.fidelity is not None
        assert row.fidelity["identical"] == 100
        assert row.fidelity["images"] == 3
        assert row.gate == "none"
    # The stand-in counts 500 instructions for each FLOAT_INPUT_BYTES / 4 bytes of input.
    assert [row.instructions for row in rows] == [2000, 2000, 500]
    assert "max_steps" in (rows[2].fidelity or {})


def test_a_file_that_fails_costs_its_row_alone(tmp_path: Path) -> None:
    names = {"tflite_float32": "crash.tflite", "tflite_int8": "short.tflite"}
    rows, skipped = measure(artifacts.write(tmp_path / "tiny", names=names))
    assert [row.variant for row in rows] == ["int8_full"]
    assert [line.split(": ")[1][:16] for line in failures(skipped)] == [
        "the run under qe",
        "24575 bytes came",
    ]


def test_a_dead_output_on_arm_fails_the_gate(tmp_path: Path) -> None:
    rows, _ = measure(artifacts.write(tmp_path / "tiny", names={"tflite_float32": "drift.tflite"}))
    assert [row.gate for row in rows] == ["fail", "none", "none"]
    assert rows[0].gate_reason == "3 outputs on ARM are constant or not finite"


def test_what_is_not_there_is_skipped(tmp_path: Path) -> None:
    model = artifacts.write(tmp_path / "tiny")
    files = {role: file for role, file in model.files.items() if role != "tflite_int8"}
    rows, skipped = measure(replace(model, files=files), targets=("onnx", "tflite", "torch"))
    assert len(rows) == 2
    assert [s.what for s in skipped] == ["onnx", "torch", "tiny: model_int8.tflite"]
    assert failures(skipped) == []


def test_other_targets_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"runs \.tflite files alone: --target tflite"):
        measure(artifacts.write(tmp_path / "tiny"), targets=("onnx",))


def test_a_golden_image_of_another_size_is_refused(tmp_path: Path) -> None:
    model = artifacts.write(tmp_path / "tiny")
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(model.folder / "golden" / "input.png")
    with pytest.raises(ArtifactError, match=r"input\.png: is \(8, 8\), not \(64, 96\)"):
        measure(model)


def test_without_photos_the_golden_image_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("bench.testsets.photos.photos", lambda: None)
    model = artifacts.write(tmp_path / "tiny")
    rows, _ = measure(model)
    assert [(row.fidelity or {})["images"] for row in rows] == [1, 1, 1]
    (model.folder / "golden" / "input.png").unlink()
    with pytest.raises(ArtifactError, match="no photos are built in"):
        measure(model)


def test_big_models_have_more_time() -> None:
    assert qemu.limit_s(1, 0) == 90
    assert qemu.limit_s(3, 10**9) == 60 + 3 * 130
