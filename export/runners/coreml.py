"""Core ML packages: Apple's runtime on a Mac, the evaluator of export.runners.mil elsewhere."""

from __future__ import annotations

import platform
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
ON_A_MAC = platform.system() == "Darwin"
# Where Core ML may run a network, by the names that the iOS app has for it → coremltools' ComputeUnit.
UNITS = {"all": "ALL", "ane": "CPU_AND_NE", "gpu": "CPU_AND_GPU", "cpu": "CPU_ONLY"}


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
    """Apple's runtime. delegate: of UNITS, on which it may run."""

    model: Any
    height: int
    width: int
    delegate: str = "all"
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


def load(path: Path, threads: int = 1, units: str = "") -> Runner:
    """The runner for this system. threads: of the evaluator · units: of UNITS, for Core ML, which takes no
    number of threads.

    RunnerError where the file cannot be run, or units are asked for elsewhere than on a Mac.
    """
    if ON_A_MAC:
        return _load_coreml(path, units or "all")
    if units:
        raise RunnerError(f"{path}: compute units are Core ML's, on a Mac; here a program is evaluated")
    return load_evaluator(path, threads)


def load_evaluator(path: Path, threads: int) -> EvaluatorRunner:
    try:
        from export.runners import mil
    except ImportError as error:
        raise RunnerError(
            f"{path}: the evaluator needs PyTorch and coremltools (pip install 'plumb-depth[export]')"
        ) from error
    program = mil.load(path)
    return EvaluatorRunner(program, threads, program.height, program.width)


def _load_coreml(path: Path, units: str) -> CoreMLRunner:
    if units not in UNITS:
        raise RunnerError(f"{path}: compute units '{units}': one of {', '.join(UNITS)}")
    with quiet_coremltools():
        try:
            import coremltools

            unit = getattr(coremltools.ComputeUnit, UNITS[units])
            model = coremltools.models.MLModel(str(path), compute_units=unit)
            model.get_compiled_model_path()  # fails where this system is too old; the constructor does not
        except Exception as error:  # the framework's errors arrive as RuntimeError, OSError and others
            reason = " ".join(str(error).split())
            raise RunnerError(f"{path}: Core ML does not run it ({reason[:160]})") from error
    size = model.get_spec().description.input[0].type.imageType
    return CoreMLRunner(model, size.height, size.width, units)
