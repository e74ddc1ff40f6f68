"""ONNX files through ONNX Runtime, on the CPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from export.runners import RunnerError
from export.runners.nchw import planes

INPUT, OUTPUT = "image", "log_disparity"


@dataclass(frozen=True)
class OnnxRunner:
    """One session; `image` 1×3×H×W → `log_disparity` 1×1×H×W."""

    session: Any
    height: int
    width: int
    delegate: str = "CPU"
    input: ClassVar[Mapping[str, Any]] = {"dtype": "float32"}
    output: ClassVar[Mapping[str, Any]] = {"dtype": "float32"}

    def tensor(self, image: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(planes(image, self.height, self.width))

    def predict(self, tensor: NDArray[Any]) -> NDArray[Any]:
        output: NDArray[Any] = self.session.run([OUTPUT], {INPUT: tensor})[0]
        return output

    def log_disparity(self, output: NDArray[Any]) -> NDArray[np.float32]:
        return np.asarray(output[0, 0], dtype=np.float32)


def load(path: Path, threads: int = 1) -> OnnxRunner:
    """A session of `threads` threads. RunnerError where `path` is no model that this kit exported."""
    made = session(path, threads)
    height, width = _size(made, path)
    return OnnxRunner(made, height, width)


def session(path: Path, threads: int) -> Any:
    """ONNX Runtime's session of any model. RunnerError where it does not run here."""
    try:
        import onnxruntime
    except ImportError as error:
        raise RunnerError(f"{path}: ONNX Runtime is not installed (pip install onnxruntime)") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors; a warning a run for each unused piece otherwise
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the binding's exceptions have no common base of their own
        reason = " ".join(str(error).split())
        raise RunnerError(f"{path}: not an ONNX model that runs here ({reason[:160]})") from error


def _size(session: Any, path: Path) -> tuple[int, int]:
    """Height and width that the file takes; RunnerError unless it has our input and our output."""
    found = [(v.name, v.type, v.shape) for v in (*session.get_inputs(), *session.get_outputs())]
    shape = found[0][2] if found else []
    height, width = shape[2:] if len(shape) == 4 else (0, 0)
    ours = [(INPUT, [1, 3, height, width]), (OUTPUT, [1, 1, height, width])]
    if found != [(name, "tensor(float)", expected) for name, expected in ours]:
        raise RunnerError(
            f"{path}: its tensors are {[(name, shape) for name, _, shape in found]}, "
            f"not float32 {INPUT} 1×3×H×W and {OUTPUT} 1×1×H×W"
        )
    return height, width
