"""Depth networks of other kits: `.onnx` and `.tflite` files whose conventions the user states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.runners import RunnerError

Triple = tuple[float, float, float]
SUFFIXES = (".onnx", ".tflite")
# What a network predicts → log-disparity up to a constant. `disparity` is up to scale and shift: zero
# or less is no fault there, and the shift (which is fitted anyway) makes it positive.
PREDICTS: dict[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]] = {
    "log_disparity": lambda x: x,
    "log_depth": lambda x: -x,
    "depth": lambda x: -np.log(np.maximum(x, 1e-6)),
    "uts_disparity": lambda x: np.log(np.maximum(x, 1e-6)),
    "disparity": lambda x: np.log(x - x.min() + max(float(np.ptp(x)), 1e-6) / 64),
}
# Of a prediction that is right up to scale and shift only, figures up to scale mean nothing.
UTSS_ALONE = ("disparity",)
# (RGB/255 − mean)/std.
NORMALISATIONS: dict[str, tuple[Triple, Triple]] = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "0..1": ((0, 0, 0), (1, 1, 1)),
    "-1..1": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "0..255": ((0, 0, 0), (1 / 255, 1 / 255, 1 / 255)),
}


@dataclass(frozen=True)
class Foreign:
    """predicts: a key of PREDICTS. normalisation: a key of NORMALISATIONS."""

    predicts: str
    normalisation: str = "imagenet"


@dataclass(frozen=True)
class ForeignRunner:
    """One file of another kit. channels_last: 1×H×W×3 goes in, else 1×3×H×W.

    quantization: scale and zero point of an integer input, of the normalised values; (0, 0) for floats.
    """

    how: Foreign
    call: Callable[[NDArray[Any]], NDArray[Any]]
    channels_last: bool
    height: int
    width: int
    input: Mapping[str, Any]
    quantization: tuple[float, int]
    out_quantization: tuple[float, int]
    output: Mapping[str, Any]
    delegate: str = "CPU"

    def tensor(self, image: NDArray[Any]) -> NDArray[Any]:
        mean, std = (np.array(v, np.float32) for v in NORMALISATIONS[self.how.normalisation])
        values = (image.astype(np.float32) / np.float32(255) - mean) / std
        scale, zero_point = self.quantization
        if self.input["dtype"] != "float32":
            limits = np.iinfo(self.input["dtype"])
            values = np.clip(np.rint(values / (scale or 1)) + zero_point, limits.min, limits.max)
        values = values if self.channels_last else values.transpose(2, 0, 1)
        return np.ascontiguousarray(values[None], dtype=self.input["dtype"])

    def predict(self, tensor: NDArray[Any]) -> NDArray[Any]:
        return self.call(tensor)

    def log_disparity(self, output: NDArray[Any]) -> NDArray[np.float32]:
        scale, zero_point = self.out_quantization
        values = output.astype(np.float32)
        values = (values - np.float32(zero_point)) * np.float32(scale) if scale else values
        flat = values.reshape([side for side in values.shape if side != 1])
        if flat.ndim != 2:
            raise RunnerError(f"the output is {output.shape}, not one map")
        return PREDICTS[self.how.predicts](flat).astype(np.float32, copy=False)


def load(path: Path, how: Foreign, threads: int = 1) -> ForeignRunner:
    """The runner of another kit's file. RunnerError where it is none with one image in."""
    if path.suffix not in SUFFIXES:
        raise RunnerError(f"{path}: another kit's file is one of {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise RunnerError(f"{path}: no such file")
    return _onnx(path, how, threads) if path.suffix == ".onnx" else _tflite(path, how, threads)


def says_its_kind(path: Path) -> bool:
    """Whether a file carries this kit's description of itself (the copy of model.json)."""
    if path.suffix not in SUFFIXES or not path.is_file():
        return True
    return b'"log_disparity"' in path.read_bytes()


def _onnx(path: Path, how: Foreign, threads: int) -> ForeignRunner:
    from export.runners.onnx import session as opened

    session = opened(path, threads)
    inputs = session.get_inputs()
    kind = {"tensor(float)": "float32", "tensor(uint8)": "uint8"}.get(inputs[0].type) if inputs else None
    if len(inputs) != 1 or kind is None:
        raise RunnerError(f"{path}: takes {[(v.name, v.type) for v in inputs]}, not one image")
    name, output = inputs[0].name, session.get_outputs()[0].name
    channels_last, height, width = _layout(path, inputs[0].shape)
    return ForeignRunner(
        how, lambda x: session.run([output], {name: x})[0], channels_last, height, width,
        {"dtype": kind}, (0, 0), (0, 0), {"dtype": "float32"},
    )  # fmt: skip


def _tflite(path: Path, how: Foreign, threads: int) -> ForeignRunner:
    from export.runners.litert import interpreter as opened

    interpreter = opened(path, threads)
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    if len(inputs) != 1:
        raise RunnerError(f"{path}: takes {[v['name'] for v in inputs]}, not one image")
    channels_last, height, width = _layout(path, [int(side) for side in inputs[0]["shape"]])

    def call(tensor: NDArray[Any]) -> NDArray[Any]:
        interpreter.set_tensor(inputs[0]["index"], tensor)
        interpreter.invoke()
        return np.array(interpreter.get_tensor(outputs[0]["index"]), copy=True)

    scales = (inputs[0]["quantization"], outputs[0]["quantization"])
    kinds = [{"dtype": np.dtype(tensor["dtype"]).name} for tensor in (inputs[0], outputs[0])]
    return ForeignRunner(how, call, channels_last, height, width, kinds[0], *scales, kinds[1])


def _layout(path: Path, shape: list[Any]) -> tuple[bool, int, int]:
    """Whether channels come last, and height and width; 0 where the file takes any."""
    if len(shape) == 4 and 3 in (shape[1], shape[3]):
        last = shape[3] == 3
        height, width = (shape[1], shape[2]) if last else (shape[2], shape[3])
        sides = [side if isinstance(side, int) and side > 0 else 0 for side in (height, width)]
        return last, *((sides[0], sides[1]) if all(sides) else (0, 0))
    raise RunnerError(f"{path}: takes {shape}, not one image 1×3×H×W or 1×H×W×3")
