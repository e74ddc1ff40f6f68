"""The evaluator of ML Programs: each kernel against its definition, and what a package stores."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from export import runners
from export.runners import RunnerError, mil
from export.runners.mil_kernels import KERNELS, LIMITS, Arguments
from export.runners.quiet import quiet_coremltools
from tests.export.handmade import ml_program

not_a_mac = pytest.mark.skipif(sys.platform == "darwin", reason="Core ML itself runs packages on a Mac")

with quiet_coremltools():
    from coremltools.converters.mil import Builder


def row(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)[None, None, None]


def run(operation: str, **arguments: Any) -> list[float]:
    result: list[float] = KERNELS[operation](arguments).flatten().tolist()
    return result


STRIDE_1 = {"strides": [1, 1], "pad_type": "custom"}
STRIDE_2 = {"strides": [1, 2], "pad_type": "custom"}
CASES: list[tuple[str, Arguments, list[float]]] = [
    ("add", {"x": 1.0, "y": row(1, 2)}, [2, 3]),
    ("sub", {"x": row(1, 2), "y": 0.5}, [0.5, 1.5]),
    ("mul", {"x": row(1, -2), "y": row(3, 4)}, [3, -8]),
    ("real_div", {"x": row(1, -2), "y": 4.0}, [0.25, -0.5]),
    ("cast", {"x": row(1.5), "dtype": "fp32"}, [1.5]),
    ("clip", {"x": row(-3, 2, 9), "alpha": -1.0, "beta": 4.0}, [-1, 2, 4]),
    ("relu", {"x": row(-3, 2, 9)}, [0, 2, 9]),
    ("relu6", {"x": row(-3, 2, 9)}, [0, 2, 6]),
    ("sigmoid", {"x": row(0, np.log(3))}, [0.5, 0.75]),
    ("silu", {"x": row(0, np.log(3))}, [0, 0.75 * np.log(3)]),
    ("reduce_mean", {"x": row(1, 2, 6), "axes": [3], "keep_dims": True}, [3]),
    ("reduce_mean", {"x": row(1, 2, 6)}, [3]),
    ("reshape", {"x": row(1, 2), "shape": [2, 1]}, [1, 2]),
    # Half-pixel centres: 0, 1 sampled at -0.25, 0.25, 0.75, 1.25.
    (
        "upsample_bilinear",
        {"x": row(0, 1), "scale_factor_height": 1.0, "scale_factor_width": 2.0, "align_corners": False},
        [0, 0.25, 0.75, 1],
    ),
    # [begin, end] of height, then of width: one row above, two columns to the right.
    ("pad", {"x": row(5), "pad": [1, 0, 0, 2], "constant_val": 7.0}, [7, 7, 7, 5, 7, 7]),
    # Nothing beyond the border wins: -∞, not 0.
    (
        "max_pool",
        {"x": row(-4, -5, -6), "kernel_sizes": [1, 3], **STRIDE_1, "pad": [0, 0, 1, 1]},
        [-4, -4, -5],
    ),
    (
        "max_pool",
        {"x": row(-4, -5, -6), "kernel_sizes": [1, 3], **STRIDE_2, "pad": [0, 0, 0, 2]},
        [-4, -6],
    ),
    # TensorFlow's SAME of stride 2: nothing before, one zero after.
    (
        "conv",
        {
            "x": row(1, 2, 3, 4),
            "weight": row(1, 10, 100),
            "bias": torch.tensor([0.5]),
            **STRIDE_2,
            "pad": [0, 0, 0, 1],
        },
        [321.5, 43.5],
    ),
    # "valid" ignores the numbers in `pad`.
    ("conv", {"x": row(1, 2, 3), "weight": row(1, 1), "pad_type": "valid", "pad": [0, 0, 1, 1]}, [3, 5]),
    # Halves go to the even step; what lies beyond int8 is cut off.
    ("quantize", {"input": row(1.25, -0.25, 99), "scale": 0.5, "output_dtype": "int8"}, [2, 0, 127]),
    (
        "quantize",
        {"input": row(1, -9), "scale": 0.5, "zero_point": 4, "output_dtype": "uint8"},
        [6, 0],
    ),
    ("dequantize", {"input": row(6, 0), "scale": 0.5, "zero_point": 4}, [1, -2]),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "arguments", "expected"), CASES)
def test_kernel_computes_its_definition(operation: str, arguments: Arguments, expected: list[float]) -> None:
    assert run(operation, **arguments) == pytest.approx(expected, abs=1e-6)


def test_every_kernel_has_a_case() -> None:
    assert {operation for operation, _, _ in CASES} == set(KERNELS) == set(LIMITS)


@pytest.mark.parametrize(
    ("operation", "constants"),
    [
        ("conv", {"weight": row(1), "pad_type": "same"}),
        ("max_pool", {"pad_type": "custom", "ceil_mode": True}),
        ("pad", {"pad": [1, 1], "mode": "reflect"}),
        ("upsample_bilinear", {"align_corners": True}),
        ("upsample_bilinear", {}),  # whose default is to align corners
        ("cast", {"dtype": "int32"}),
        ("quantize", {"scale": row(1, 2), "output_dtype": "int8"}),
        ("dequantize", {"scale": 0.5, "zero_point": [1, 2]}),
    ],
)
def test_variants_that_a_kernel_would_get_wrong_are_not_known(operation: str, constants: Arguments) -> None:
    assert not LIMITS[operation](constants)


def evaluate(path: Path, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    runner = runners.load(path)
    assert runner.delegate == "MIL evaluator"
    return runner.predict(runner.tensor(image))


@not_a_mac
def test_results_are_rounded_where_the_program_says_half(tmp_path: Path) -> None:
    def body(image: Any) -> Any:
        half = Builder.add(x=Builder.cast(x=image, dtype="fp16"), y=np.float16(2048.0))
        return Builder.cast(x=half, dtype="fp32", name="log_disparity")

    image = np.full((32, 32, 3), 3, np.uint8)  # 2051 lies between two halves, 2050 and 2052
    assert np.unique(evaluate(ml_program(tmp_path / "half.mlpackage", body), image)) == [2052.0]

    single = ml_program(
        tmp_path / "single.mlpackage", lambda image: Builder.add(x=image, y=np.float32(2048.0))
    )
    assert np.unique(evaluate(single, image)) == [2051.0]


@not_a_mac
def test_8_bit_constants_are_unpacked_channel_by_channel(tmp_path: Path) -> None:
    quantized = np.array([[-128, 0, 127], [1, 2, 3]], np.int8).reshape(2, 3, 1, 1)
    scale, zero = np.array([0.5, 0.25], np.float16), np.array([0, 1], np.int8)

    def body(image: Any) -> Any:
        weight = Builder.constexpr_affine_dequantize(
            quantized_data=quantized, scale=scale, zero_point=zero, axis=0
        )
        half = Builder.conv(x=Builder.cast(x=image, dtype="fp16"), weight=weight)
        return Builder.cast(x=half, dtype="fp32", name="log_disparity")

    image = np.tile(np.array([2, 100, 4], np.uint8), (32, 32, 1))
    output = evaluate(ml_program(tmp_path / "int8.mlpackage", body), image)
    expected = [0.5 * (-128 * 2 + 127 * 4), 0.25 * (0 * 2 + 1 * 100 + 2 * 4)]
    np.testing.assert_array_equal(output[0, :, 5, 5], expected)


@not_a_mac
def test_constants_from_a_table(tmp_path: Path) -> None:
    table = np.array([-2.0, 0.0, 0.5, 3.0], np.float16)
    two_bits = [[0, 0], [1, 0], [0, 1], [1, 1], [1, 1], [0, 0]]  # 0, 1, 2, 3, 3, 0, low bit first
    packed = np.packbits(np.array(two_bits, np.uint8).ravel(), bitorder="little")

    def body(image: Any) -> Any:
        weight = Builder.constexpr_lut_to_dense(
            indices=packed, lut=table, shape=np.array([2, 3, 1, 1], np.uint32)
        )
        half = Builder.conv(x=Builder.cast(x=image, dtype="fp16"), weight=weight)
        return Builder.cast(x=half, dtype="fp32", name="log_disparity")

    image = np.tile(np.array([2, 100, 4], np.uint8), (32, 32, 1))
    output = evaluate(ml_program(tmp_path / "palette.mlpackage", body), image)
    np.testing.assert_array_equal(output[0, :, 5, 5], [-2 * 2 + 0.5 * 4, 3 * 2 + 3 * 100 - 2 * 4])


@not_a_mac
def test_the_values_of_each_step_can_be_seen(tmp_path: Path) -> None:
    def body(image: Any) -> Any:
        return Builder.add(x=Builder.mul(x=image, y=2.0, name="twice"), y=1.0, name="log_disparity")

    seen: dict[str, float] = {}
    program = mil.load(ml_program(tmp_path / "seen.mlpackage", body))
    image = np.full((1, 3, 32, 32), 4, np.float32)
    mil.evaluate(program, image, lambda name, values: seen.update({name: float(values.max())}))
    assert seen == {"image": 4, "twice": 8, "log_disparity": 9}


def test_compute_units_are_a_macs(tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(b"")
    with pytest.raises(RunnerError, match=r"only \.mlpackage files run on compute units of choice"):
        runners.load(path, units="ane")


@not_a_mac
def test_elsewhere_there_are_no_compute_units(tmp_path: Path) -> None:
    path = tmp_path / "x.mlpackage"
    path.mkdir()
    with pytest.raises(RunnerError, match="compute units are Core ML's, on a Mac"):
        runners.load(path, units="ane")


@not_a_mac
def test_an_unknown_operation_is_named(tmp_path: Path) -> None:
    path = ml_program(tmp_path / "x.mlpackage", lambda image: Builder.erf(x=image, name="log_disparity"))
    with pytest.raises(
        RunnerError, match=r"x\.mlpackage: operation 'erf' \(log_disparity\) is not one of add, "
    ):
        runners.load(path)


@not_a_mac
def test_a_known_operation_in_an_unknown_variant_is_named(tmp_path: Path) -> None:
    def body(image: Any) -> Any:
        return Builder.pad(x=image, pad=[1, 1], mode="reflect", name="log_disparity")

    with pytest.raises(RunnerError, match=r"operation 'pad' \(log_disparity\) is not known with .*reflect"):
        runners.load(ml_program(tmp_path / "x.mlpackage", body))


@pytest.mark.parametrize("content", [None, b"junk"])
def test_junk_is_refused_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.mlpackage"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(RunnerError, match=r"x\.mlpackage: ") as caught:
        runners.load(path)
    assert "\n" not in str(caught.value)
