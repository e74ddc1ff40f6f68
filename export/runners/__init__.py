"""How a file is run on this machine: one runtime a module, all behind `Runner`.

A module of the table has `load(path, threads) -> Runner`; it is imported when it is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

PACKAGE = ".mlpackage"
RUNNERS: dict[str, str] = {
    ".onnx": "export.runners.onnx",
    ".tflite": "export.runners.litert",
    ".mlpackage": "export.runners.coreml",
    ".safetensors": "export.runners.torch",
    ".ckpt": "export.runners.torch",
    ".pth": "export.runners.torch",
}


class RunnerError(RuntimeError):
    """A file that this machine cannot run; the message is one line for the user."""


class Runner(Protocol):
    """One loaded file. The three steps are apart, so that only `predict` is timed.

    height, width: the size the file takes; 0 for any multiple of 32 (torch).
    delegate: what executes it, as reports name it ("XNNPACK", "reference", "CPU", …).
    input, output: as model.json has them: dtype, and scale and zero_point where it is quantized.
    """

    @property
    def height(self) -> int: ...

    @property
    def width(self) -> int: ...

    @property
    def delegate(self) -> str: ...

    @property
    def input(self) -> Mapping[str, Any]: ...

    @property
    def output(self) -> Mapping[str, Any]: ...

    def tensor(self, image: NDArray[Any]) -> NDArray[Any]:
        """RGB height×width×3, 0…255, uint8 or float32 → the input tensor in the file's layout and type."""
        ...

    def predict(self, tensor: NDArray[Any]) -> NDArray[Any]:
        """Input tensor set → output tensor read, batch 1."""
        ...

    def log_disparity(self, output: NDArray[Any]) -> NDArray[np.float32]:
        """Raw output → log-disparity height×width float32 (dequantized where it is int8)."""
        ...


def load(path: Path, threads: int = 1, units: str = "") -> Runner:
    """The runner of the file `path`. RunnerError where its kind is unknown or it cannot be run.

    units: where a Mac runs a .mlpackage, of export.runners.coreml.UNITS; "" leaves it to the runtime.
    """
    if path.suffix not in RUNNERS:
        raise RunnerError(f"{path}: nothing here runs '{path.suffix}' (known: {', '.join(RUNNERS)})")
    if not path.exists():
        raise RunnerError(f"{path}: no such file")
    if units and path.suffix != PACKAGE:
        raise RunnerError(f"{path}: only {PACKAGE} files run on compute units of choice")
    chosen = (units,) if units else ()
    runner: Runner = import_module(RUNNERS[path.suffix]).load(path, threads, *chosen)
    return runner


def run(runner: Runner, image: NDArray[Any]) -> NDArray[np.float32]:
    """RGB of network size → log-disparity height×width."""
    return runner.log_disparity(runner.predict(runner.tensor(image)))
