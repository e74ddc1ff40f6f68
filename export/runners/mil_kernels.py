"""What each MIL operation computes: the table of the evaluator.

Parameters carry MIL's names. Arithmetic is float32; the evaluator rounds the result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

Arguments = dict[str, Any]
Kernel = Callable[[Arguments], Tensor]


def conv(a: Arguments) -> Tensor:
    """Convolution of N×C×H×W maps; `pad` is [top, bottom, left, right], and may be one-sided."""
    x, padding = _padded(a, 0.0)
    bias, groups = a.get("bias"), a.get("groups", 1)
    return F.conv2d(x, a["weight"], bias, a.get("strides", 1), padding, a.get("dilations", 1), groups)


def max_pool(a: Arguments) -> Tensor:
    x, padding = _padded(a, -torch.inf)
    return F.max_pool2d(x, a["kernel_sizes"], a.get("strides", 1), padding)


def pad(a: Arguments) -> Tensor:
    """`pad` lists [begin, end] of the last axes, first of them first; torch wants the last first."""
    pairs = list(zip(a["pad"][::2], a["pad"][1::2], strict=True))
    return F.pad(a["x"], [n for pair in reversed(pairs) for n in pair], value=a.get("constant_val", 0.0))


def upsample_bilinear(a: Arguments) -> Tensor:
    """Half-pixel centres, as MIL's align_corners=False says of itself."""
    factors = (a.get("scale_factor_height", 1), a.get("scale_factor_width", 1))
    size = [int(n * factor) for n, factor in zip(a["x"].shape[-2:], factors, strict=True)]
    return F.interpolate(a["x"], size=size, mode="bilinear", align_corners=False)


def reduce_mean(a: Arguments) -> Tensor:
    x: Tensor = a["x"]
    return x.mean(a.get("axes") or list(range(x.ndim)), keepdim=a.get("keep_dims", False))


def cast(a: Arguments) -> Tensor:
    """Between half and single precision: the rounding of the result is all there is to do."""
    x: Tensor = a["x"]
    return x


def quantize(a: Arguments) -> Tensor:
    """Steps of `scale` from `zero_point`, as float32: what int8 and uint8 hold, it holds too."""
    low, high = STEPS[a["output_dtype"]]
    steps: Tensor = torch.round(a["input"] / a["scale"]) + a.get("zero_point", 0)
    return torch.clamp(steps, low, high)


def dequantize(a: Arguments) -> Tensor:
    values: Tensor = (a["input"] - a.get("zero_point", 0)) * a["scale"]
    return values


STEPS = {"int8": (-128, 127), "uint8": (0, 255)}
KERNELS: dict[str, Kernel] = {
    "add": lambda a: torch.add(_operand(a["x"]), a["y"]),
    "cast": cast,
    "clip": lambda a: torch.clamp(a["x"], a["alpha"], a["beta"]),
    "conv": conv,
    "dequantize": dequantize,
    "max_pool": max_pool,
    "mul": lambda a: torch.mul(_operand(a["x"]), a["y"]),
    "pad": pad,
    "quantize": quantize,
    "real_div": lambda a: torch.div(_operand(a["x"]), a["y"]),
    "reduce_mean": reduce_mean,
    "relu": lambda a: torch.relu(a["x"]),
    "relu6": lambda a: torch.clamp(a["x"], 0.0, 6.0),
    "reshape": lambda a: torch.reshape(a["x"], a["shape"]),
    "sigmoid": lambda a: torch.sigmoid(a["x"]),
    "silu": lambda a: F.silu(a["x"]),
    "sub": lambda a: torch.sub(_operand(a["x"]), a["y"]),
    "upsample_bilinear": upsample_bilinear,
}


def _anything(_: Arguments) -> bool:
    return True


def _explicit_padding(a: Arguments) -> bool:
    """Not "same": whether its odd pixel goes before or after differs between frameworks."""
    return a.get("pad_type", "valid") in {"valid", "custom"} and len(a.get("strides", [1, 1])) == 2


def _one_scale(a: Arguments) -> bool:
    """Of the whole tensor, known beforehand."""
    return isinstance(a.get("scale"), float) and isinstance(a.get("zero_point", 0), int)


# Which settings of an operation its kernel takes, by the parameters that are constant.
LIMITS: dict[str, Callable[[Arguments], bool]] = dict.fromkeys(KERNELS, _anything) | {
    "cast": lambda a: a["dtype"] in {"fp16", "fp32"},
    "conv": lambda a: _explicit_padding(a) and "weight" in a,
    "dequantize": _one_scale,
    "max_pool": lambda a: _explicit_padding(a) and not a.get("ceil_mode", False),
    "pad": lambda a: a.get("mode", "constant") == "constant" and "pad" in a,
    "quantize": lambda a: _one_scale(a) and a["output_dtype"] in STEPS,
    "upsample_bilinear": lambda a: (
        not a.get("align_corners", True) and a.get("half_pixel_centers") in {None, True}
    ),
}


def _operand(value: Tensor | float) -> Tensor:
    return value if isinstance(value, Tensor) else torch.tensor(value)


def _padded(a: Arguments, fill: float) -> tuple[Tensor, tuple[int, int]]:
    """`x` and the symmetric padding left to the operation; one-sided padding is put into `x`."""
    x: Tensor = a["x"]
    top, bottom, left, right = a.get("pad", (0, 0, 0, 0)) if a.get("pad_type") == "custom" else (0, 0, 0, 0)
    if (top, left) == (bottom, right):
        return x, (top, left)
    return F.pad(x, (left, right, top, bottom), value=fill), (0, 0)
