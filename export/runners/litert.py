"""TFLite files on the LiteRT interpreter: ai-edge-litert and NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.runners import RunnerError

DTYPES = (np.float32, np.int8)
XNNPACK, REFERENCE = "XNNPACK", "reference"


class LitertRunner:
    """One .tflite file: 1×H×W×3 → 1×H×W×1, each float32 or int8 with one scale and zero point.

    delegate: "XNNPACK", or "reference" for LiteRT's built-in kernels, which every phone has.
    """

    def __init__(self, interpreter: Any) -> None:
        (self._input,) = interpreter.get_input_details()
        (self._output,) = interpreter.get_output_details()
        self._interpreter = interpreter
        self.input = _description(self._input)
        self.output = _description(self._output)
        self.height, self.width = (int(side) for side in self._input["shape"][1:3])
        # The interpreter leaves operations to itself without a word where a delegate takes none.
        kinds = {op["op_name"] for op in interpreter._get_ops_details()}
        self.delegate = XNNPACK if "DELEGATE" in kinds else REFERENCE

    def tensor(self, image: NDArray[Any]) -> NDArray[Any]:
        """RGB H×W×3, 0…255, → 1×H×W×3 of the file's input type."""
        if image.shape != (self.height, self.width, 3):
            raise ValueError(f"image is {image.shape}, the file takes {(self.height, self.width, 3)}")
        values = image[None].astype(np.float32)
        scale, zero_point = self._input["quantization"]
        if not scale:
            return values
        limits = np.iinfo(self._input["dtype"])
        steps = np.clip(np.rint(values / scale) + zero_point, limits.min, limits.max)
        quantized: NDArray[Any] = steps.astype(self._input["dtype"])
        return quantized

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


def load(path: Path, threads: int = 1, reference: bool = False) -> LitertRunner:
    """`path` on `threads` threads; reference: without XNNPACK.

    Raises RunnerError for a file that LiteRT cannot read or prepare, or that is no depth network.
    """
    made = interpreter(path, threads, reference)
    _require_depth_network(made, path)
    return LitertRunner(made)


def interpreter(path: Path, threads: int, reference: bool = False) -> Any:
    """LiteRT's interpreter of any file, tensors allocated. RunnerError where it does not run here."""
    try:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType
    except ImportError as error:
        raise RunnerError(f"{path}: LiteRT is not installed (pip install ai-edge-litert)") from error
    kernels = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES if reference else OpResolverType.AUTO
    try:
        made = Interpreter(
            model_content=path.read_bytes(), num_threads=threads, experimental_op_resolver_type=kernels
        )
        made.allocate_tensors()
    except (OSError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RunnerError(f"{path}: not a TFLite file that runs here ({reason[:160]})") from error
    return made


def _require_depth_network(interpreter: Any, path: Path) -> None:
    """RunnerError unless there is one input 1×H×W×3 and one output 1×H×W×1, float32 or int8."""
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    shapes = [tuple(int(side) for side in tensor["shape"]) for tensor in (*inputs, *outputs)]
    _, height, width, _ = shapes[0] if shapes and len(shapes[0]) == 4 else (0, 0, 0, 0)
    known = all(tensor["dtype"] in DTYPES for tensor in (*inputs, *outputs))
    if len(inputs) != 1 or shapes != [(1, height, width, 3), (1, height, width, 1)] or not known:
        raise RunnerError(
            f"{path}: its tensors are {shapes}, not one image 1×H×W×3 and one map 1×H×W×1, float32 or int8"
        )


def _description(tensor: Mapping[str, Any]) -> dict[str, Any]:
    """dtype, and scale and zero point where it is quantized, as model.json has them."""
    scale, zero_point = tensor["quantization"]
    described: dict[str, Any] = {"dtype": np.dtype(tensor["dtype"]).name}
    return described | ({"scale": float(scale), "zero_point": int(zero_point)} if scale else {})
