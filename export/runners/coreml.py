"""Core ML packages: Apple's runtime on a Mac, the evaluator of export.runners.mil elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from export.runners import Runner, RunnerError
from export.runners.nchw import planes
from export.runners.quiet import quiet_coremltools

if TYPE_CHECKING:
    from export.runners.mil import Program

INPUT, OUTPUT = "image", "log_disparity"


@dataclass(frozen=True)
class EvaluatorRunner:
    """The package's own operations, computed in PyTorch. Its time says nothing about a phone's."""

    program: Program
    threads: int
    height: int
    width: int
    delegate: str = "MIL evaluator"
    input: ClassVar[Mapping[str, Any]] = {"dtype": "image"}
    output: ClassVar[Mapping[str, Any]] = {"dtype": "float32"}

    def tensor(self, image: NDArray[Any]) -> NDArray[Any]:
        return planes(image, self.height, self.width)

    def predict(self, tensor: NDArray[Any]) -> NDArray[Any]:
        import torch

        from export.runners.mil import evaluate

        if torch.get_num_threads() != self.threads:  # the process has one number; another runner may set it
            torch.set_num_threads(self.threads)
        return evaluate(self.program, tensor)

    def log_disparity(self, output: NDArray[Any]) -> NDArray[np.float32]:
        return np.asarray(output[0, 0], dtype=np.float32)


@dataclass(frozen=True)
class CoreMLRunner:
    """Apple's runtime, on the compute units that it chooses itself."""

    model: Any
    height: int
    width: int
    delegate: str = "Core ML"
    input: ClassVar[Mapping[str, Any]] = {"dtype": "image"}
    output: ClassVar[Mapping[str, Any]] = {"dtype": "float32"}

    def tensor(self, image: NDArray[Any]) -> NDArray[Any]:
        planes(image, self.height, self.width)  # for its check of the size: the model takes the picture
        return image

    def predict(self, tensor: NDArray[Any]) -> NDArray[Any]:
        from PIL import Image

        output: NDArray[Any] = self.model.predict({INPUT: Image.fromarray(tensor)})[OUTPUT]
        return output

    def log_disparity(self, output: NDArray[Any]) -> NDArray[np.float32]:
        return np.asarray(output[0, 0], dtype=np.float32)


def load(path: Path, threads: int = 1) -> Runner:
    """The runner for this system. threads: of the evaluator; Core ML takes no such number."""
    return _load_coreml(path) if sys.platform == "darwin" else _load_evaluator(path, threads)


def _load_evaluator(path: Path, threads: int) -> EvaluatorRunner:
    try:
        from export.runners import mil
    except ImportError as error:
        raise RunnerError(
            f"{path}: the evaluator needs PyTorch and coremltools (pip install 'plumb-depth[export]')"
        ) from error
    program = mil.load(path)
    return EvaluatorRunner(program, threads, program.height, program.width)


def _load_coreml(path: Path) -> CoreMLRunner:
    with quiet_coremltools():
        try:
            import coremltools

            model = coremltools.models.MLModel(str(path))
        except Exception as error:  # the framework's errors arrive as RuntimeError, OSError and others
            reason = " ".join(str(error).split())
            raise RunnerError(f"{path}: Core ML does not run it ({reason[:160]})") from error
    size = model.get_spec().description.input[0].type.imageType
    return CoreMLRunner(model, size.height, size.width)
