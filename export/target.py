"""The table of targets: which files each gives, how far they may stray, what writes them.

Readers of the table (the benchmark, the tests) import no converter: `convert` is
the name of a module, imported by whoever converts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from training.models.lrn import LrnDepth


@dataclass(frozen=True)
class Tolerance:
    """How far a file's log-disparity may lie from PyTorch's on the golden images.

    max_abs, mean_abs: absolute difference, where the file is meant to be equal.
    within_1_25: else, least share (percent) of pixels whose median-aligned depths are within 1.25×.
    """

    max_abs: float | None = None
    mean_abs: float | None = None
    within_1_25: float | None = None


@dataclass(frozen=True)
class Variant:
    """One exported file. `role` is its key in model.json, `file` its name in the folder."""

    role: str
    target: str
    variant: str
    file: str
    tolerance: Tolerance


@dataclass(frozen=True)
class Target:
    """What `--target NAME` stands for. convert: the module that holds `convert`.

    extras: files that are made when they are asked for by name (`--variant`).
    """

    name: str
    title: str
    variants: tuple[Variant, ...]
    convert: str
    extras: tuple[Variant, ...] = ()

    def every(self) -> tuple[Variant, ...]:
        return (*self.variants, *self.extras)


@dataclass(frozen=True)
class Source:
    """What a converter starts from.

    model: in eval mode, on the CPU. metadata: the model.json object without `files`.
    calibration: RGB uint8 height×width×3 images, already of network size.
    """

    model: LrnDepth
    height: int
    width: int
    metadata: Mapping[str, object]
    calibration: Sequence[NDArray[np.uint8]]


class Converter(Protocol):
    """`convert(source, folder, roles)` writes the files of `roles` into `folder`.

    Raises export.manifest.ArtifactError for a file that would not run everywhere.
    """

    def __call__(self, source: Source, folder: Path, roles: Sequence[str]) -> None: ...


_FLOAT = Tolerance(max_abs=1e-3, mean_abs=1e-4)
_HALF = Tolerance(max_abs=5e-2, mean_abs=5e-3)
_INT8 = Tolerance(within_1_25=99.0)

TARGETS: dict[str, Target] = {
    "onnx": Target(
        "onnx",
        "ONNX",
        (Variant("onnx", "onnx", "float32", "model.onnx", _FLOAT),),
        convert="export.to_onnx",
    ),
    "tflite": Target(
        "tflite",
        "TFLite (LiteRT)",
        (
            Variant("tflite_float32", "tflite", "float32", "model_float32.tflite", _FLOAT),
            Variant("tflite_int8", "tflite", "int8", "model_int8.tflite", _INT8),
            Variant("tflite_int8_full", "tflite", "int8_full", "model_int8_full.tflite", _INT8),
        ),
        convert="export.to_tflite",
    ),
    "coreml": Target(
        "coreml",
        "Core ML",
        (
            Variant("coreml", "coreml", "float16", "model.mlpackage", _HALF),
            Variant("coreml_int8", "coreml", "int8", "model_int8.mlpackage", _INT8),
        ),
        convert="export.to_coreml",
        extras=(
            Variant("coreml_palette6", "coreml", "palette6", "model_palette6.mlpackage", _INT8),
            Variant("coreml_ios26", "coreml", "ios26", "model_ios26.mlpackage", _HALF),
            # An experiment: how a phone's runtime rounds was never seen.
            Variant(
                "coreml_int8_activations",
                "coreml",
                "int8_activations",
                "model_int8_activations.mlpackage",
                _INT8,
            ),
        ),
    ),
}

# Role → those that are always made; name → those that are asked for; role → all.
VARIANTS: dict[str, Variant] = {v.role: v for t in TARGETS.values() for v in t.variants}
EXTRAS: dict[str, Variant] = {v.variant: v for t in TARGETS.values() for v in t.extras}
KNOWN: dict[str, Variant] = {v.role: v for t in TARGETS.values() for v in t.every()}
