"""An artifact folder with files of one convolution: what the benchmark measures, in milliseconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench.plan import Plan
from export import manifest, runners
from export.manifest import Manifest
from export.target import TARGETS
from tests.export import handmade


def write(folder: Path, height: int = 64, width: int = 96, names: dict[str, str] | None = None) -> Manifest:
    """All .tflite files, a golden image and model.json. names: role → another file name."""
    folder.mkdir(parents=True)
    files = {}
    for variant in TARGETS["tflite"].variants:
        path = folder / (names or {}).get(variant.role, variant.file)
        int8 = variant.variant == "int8_full"
        path.write_bytes(handmade.convolution(height, width, int8))
        runner = runners.load(path)
        files[variant.role] = {
            "path": path.name, "sha256": manifest.digest(path), "size_bytes": manifest.size(path),
            "input": runner.input, "output": runner.output,
        }  # fmt: skip
    image = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    (folder / "golden").mkdir()
    Image.fromarray(image).save(folder / "golden" / "input.png")
    (folder / manifest.NAME).write_text(json.dumps(_values(height, width, files)), encoding="utf-8")
    return manifest.read(folder)


def write_packages(folder: Path, height: int = 64, width: int = 96) -> Manifest:
    """A folder whose .mlpackage files are not models: for devices that are stood in for."""
    files = {}
    for variant in (*TARGETS["coreml"].variants, TARGETS["coreml"].extras[0]):
        path = folder / variant.file
        weights = path / "Data" / "com.apple.CoreML" / "weights" / "weight.bin"
        weights.parent.mkdir(parents=True)
        weights.write_text(variant.role, encoding="utf-8")
        (path / "Manifest.json").write_text("{}", encoding="utf-8")
        files[variant.role] = {
            "path": path.name, "sha256": manifest.digest(path), "size_bytes": manifest.size(path),
            "input": {"dtype": "image"}, "output": {"dtype": "float32"},
        }  # fmt: skip
    (folder / manifest.NAME).write_text(json.dumps(_values(height, width, files)), encoding="utf-8")
    return manifest.read(folder)


def plan(*models: Manifest, targets: tuple[str, ...] = ("tflite",)) -> Plan:
    return Plan(models, targets, (1, 4), 1.0)


def _values(height: int, width: int, files: dict[str, Any]) -> dict[str, Any]:
    fit = {"mode": "stretch", "resample": "bilinear", "pad": [0, 0, 0]}
    return {
        "format": 1, "name": "tiny", "title": "Tiny", "version": "0" * 12,
        "input": {"height": height, "width": width, "channels": "RGB", "range": [0, 255], "fit": fit},
        "output": {"kind": "log_disparity", "height": height, "width": width},
        "files": files, "params": 4, "madds": 3 * height * width, "licence": "none", "trained_on": [],
        "exporter": {"versions": {}},
    }  # fmt: skip
