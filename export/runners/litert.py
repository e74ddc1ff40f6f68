"""TFLite files on the LiteRT interpreter: ai-edge-litert and NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.runners import RunnerError


class LitertRunner:
    """One .tflite file: 1×H×W×3 → 1×H×W×1, each float32 or int8 with one scale and zero point.

    delegate: "XNNPACK", or "reference" for LiteRT's built-in kernels, which every phone has.
    """

    def __init__(self, interpreter: Any, delegate: str) -> None:
        (self._input,) = interpreter.get_input_details()
        (self._output,) = interpreter.get_output_details()
        self._interpreter = interpreter
        self.delegate = delegate
        _, self.height, self.width, _ = (int(side) for side in self._input["shape"])

    @property
    def input(self) -> Mapping[str, Any]:
        return _described(self._input)

    @property
    def output(self) -> Mapping[str, Any]:
        return _described(self._output)

    def tensor(self, image: NDArray[np.uint8]) -> NDArray[Any]:
        """RGB uint8 H×W×3 → 1×H×W×3 of the file's input type."""
        if image.shape != (self.height, self.width, 3):
            raise ValueError(f"image is {image.shape}, the file takes {(self.height, self.width, 3)}")
        values = image[None].astype(np.float32)
        scale, zero_point = self._input["quantization"]
        if not scale:
            return values
        info = np.iinfo(self._input["dtype"])
        return np.clip(np.rint(values / scale) + zero_point, info.min, info.max).astype(info.dtype)

    def predict(self, tensor: NDArray[Any]) -> NDArray[Any]:
        """Input tensor → output tensor, a copy: the interpreter's own memory changes with the next run."""
        self._interpreter.set_tensor(self._input["index"], tensor)
        self._interpreter.invoke()
        return np.array(self._interpreter.get_tensor(self._output["index"]), copy=True)

    def log_disparity(self, output: NDArray[Any]) -> NDArray[np.float32]:
        """1×H×W×1 → H×W, dequantized where it is int8."""
        scale, zero_point = self._output["quantization"]
        values = output[0, :, :, 0].astype(np.float32)
        return (values - np.float32(zero_point)) * np.float32(scale) if scale else values


def _described(tensor: Mapping[str, Any]) -> dict[str, Any]:
    """dtype, and scale and zero point where it is quantized, as model.json has them."""
    described: dict[str, Any] = {"dtype": np.dtype(tensor["dtype"]).name}
    scale, zero_point = tensor["quantization"]
    return described | ({"scale": float(scale), "zero_point": int(zero_point)} if scale else {})


def load(path: Path, threads: int = 1, reference: bool = False) -> LitertRunner:
    """`path` on `threads` threads; reference: without XNNPACK.

    Raises RunnerError for a file that LiteRT cannot read or prepare, or that is no depth network.
    """
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    kernels = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES if reference else OpResolverType.AUTO
    try:
        content = path.read_bytes()
        check(content)
        interpreter = Interpreter(
            model_content=content, num_threads=threads, experimental_op_resolver_type=kernels
        )
        interpreter.allocate_tensors()
        return LitertRunner(interpreter, "reference" if reference else "XNNPACK")
    except (OSError, RuntimeError, ValueError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise RunnerError(f"{path}: LiteRT cannot run this file ({reason[:160]})") from error
