"""Core ML's intermediate language (MIL), evaluated without a Mac.

A `.mlpackage` is read back into its ML Program, and its operations are computed one by one with
PyTorch: each in float32, its result rounded to half precision wherever the program says so, with
constants as they are stored (half precision, or 8 bits and a scale). Apple's runtimes may keep more
or fewer bits inside an operation, so this re-checks a file's accuracy; it does not promise its bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from export.runners import RunnerError
from export.runners.mil_kernels import KERNELS, LIMITS, Arguments, Kernel
from export.runners.quiet import quiet_coremltools

# Stored constants: as they are, 8-bit with a scale, or numbers of a table's entries; the last two become half
# precision when unpacked.
CONSTANTS = frozenset({"const", "constexpr_affine_dequantize", "constexpr_lut_to_dense"})


@dataclass(frozen=True)
class Step:
    """One operation. constants: parameters known beforehand; variables: parameter → variable's name."""

    name: str
    kernel: Kernel
    constants: Arguments
    variables: dict[str, str]
    half: bool


@dataclass(frozen=True)
class Program:
    """What a package computes. last_use: variable → index of the step after which it is dropped."""

    input: str
    output: str
    height: int
    width: int
    steps: tuple[Step, ...]
    last_use: dict[str, int]


def load(package: Path) -> Program:
    """The ML Program in `package`.

    RunnerError: not a package, cut short, an operation or a variant of one that KERNELS lacks.
    """
    spec, block = _read(package)
    size = spec.description.input[0].type.imageType
    steps = tuple(_step(op, package) for op in block.operations if not _is_constant(op))
    if len(block.inputs) != 1 or len(block.outputs) != 1 or not size.height:
        raise RunnerError(
            f"{package}: takes {len(block.inputs)} inputs, not one image, or has no single output"
        )
    last_use = {name: index for index, step in enumerate(steps) for name in step.variables.values()}
    (image,) = block.inputs
    return Program(image, block.outputs[0].name, size.height, size.width, steps, last_use)


def evaluate(
    program: Program,
    image: NDArray[np.float32],
    see: Callable[[str, NDArray[np.float32]], None] = lambda name, values: None,
) -> NDArray[np.float32]:
    """`image` float32 1×3×H×W, 0…255 → the output, as the program's own types would give it.

    see: is shown the value of each variable, the image's too, as it is computed.
    """
    values = {program.input: torch.from_numpy(image)}
    see(program.input, image)
    with torch.inference_mode():
        for index, step in enumerate(program.steps):
            arguments = {parameter: values[name] for parameter, name in step.variables.items()}
            values[step.name] = _rounded(step.kernel(step.constants | arguments), step.half)
            see(step.name, values[step.name].numpy())
            for name in step.variables.values():
                if program.last_use[name] == index:
                    values.pop(name, None)
    result: NDArray[np.float32] = values[program.output].numpy()
    return result


def _rounded(x: Tensor, half: bool) -> Tensor:
    return x.half().float() if half else x


def _read(package: Path) -> tuple[Any, Any]:
    """The package's description and the block of operations of its only function."""
    with quiet_coremltools():
        try:
            import coremltools
            from coremltools.converters.mil.frontend.milproto.load import load as load_mil
        except ImportError as error:
            raise RunnerError(f"{package}: coremltools is not installed (pip install coremltools)") from error
        weights = package / "Data" / "com.apple.CoreML" / "weights"
        try:
            spec = coremltools.utils.load_spec(str(package))
            block = load_mil(spec, spec.specificationVersion, str(weights)).functions["main"]
        except Exception as error:  # protobuf's, the C++ readers' and coremltools' own have no common base
            reason = " ".join(str(error).split()) or type(error).__name__
            raise RunnerError(f"{package}: not an ML Program that can be read ({reason[:160]})") from error
    return spec, block


def _step(op: Any, package: Path) -> Step:
    if op.op_type not in KERNELS:
        known = ", ".join(sorted(CONSTANTS.union(KERNELS)))
        raise RunnerError(f"{package}: operation '{op.op_type}' ({op.name}) is not one of {known}")
    inputs = {parameter: var for parameter, var in op.inputs.items() if var is not None}
    constants = {p: _constant(var) for p, var in inputs.items() if _is_constant(var.op)}
    if not LIMITS[op.op_type](constants):
        settings = {p: value for p, value in constants.items() if not isinstance(value, Tensor)}
        raise RunnerError(f"{package}: operation '{op.op_type}' ({op.name}) is not known with {settings}")
    variables = {p: var.name for p, var in inputs.items() if p not in constants}
    return Step(op.outputs[0].name, KERNELS[op.op_type], constants, variables, _is_half(op.outputs[0]))


def _is_constant(op: Any) -> bool:
    return op is not None and op.op_type in CONSTANTS


def _constant(var: Any) -> Any:
    """Text, a number, a list of integers, or a float32 tensor (of values that half precision has)."""
    value = var.val if var.op.op_type == "const" else var.op.materialized_val_inference()
    if not isinstance(value, np.ndarray):
        return value.item() if isinstance(value, np.generic) else value
    if value.dtype.kind != "f":
        return value.tolist()
    tensor = torch.from_numpy(value.astype(np.float32))
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor


def _is_half(var: Any) -> bool:
    from coremltools.converters.mil.mil import types

    return bool(var.dtype == types.fp16)
