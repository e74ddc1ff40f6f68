"""Files without a network: a .tflite of one convolution, built field by field; any ML Program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from export.rewrite import flatbuffer

WEIGHTS = np.array([0.5, 0.25, -0.5], np.float32)
BIAS = np.float32(2.0)
RELU6 = schema.ActivationFunctionType.RELU6


def convolution(
    height: int, width: int, int8: bool, output_scale: float = 1.0, activation: int = 0, channels: int = 3
) -> bytes:
    """1×H×W×`channels` → 1×H×W×1, a weighted sum of the channels; int8: input scale 1, zero point −128."""
    weights = np.resize(WEIGHTS, channels)
    stored, bias = weights, np.array([BIAS])
    quantization: list[tuple[float, int] | None] = [None] * 4
    if int8:
        quantization = [(1.0, -128), (1 / 128, 0), (1 / 128, 0), (output_scale, 0)]
        stored, bias = (weights * 128).astype(np.int8), np.array([BIAS * 128], np.int32)
    shapes = ((1, height, width, channels), (1, 1, 1, channels), (1,), (1, height, width, 1))
    names = ("image", "weights", "bias", "log_disparity")
    model = schema.ModelT()
    model.version = 3
    model.buffers = [_buffer(None), _buffer(stored), _buffer(bias)]
    graph = schema.SubGraphT()
    graph.tensors = [
        _tensor(name, shape, buffer, _type(int8, name == "bias"), scaling)
        for name, shape, buffer, scaling in zip(names, shapes, (0, 1, 2, 0), quantization, strict=True)
    ]
    graph.inputs, graph.outputs, graph.operators = [0], [3], [_operator(activation)]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CONV_2D
    code.version = 3
    model.operatorCodes, model.subgraphs = [code], [graph]
    return flatbuffer.write(model)


def ml_program(path: Path, body: Callable[[Any], Any]) -> Path:
    """A .mlpackage for iOS 17: an image of 32×32 in, written as it is: no pass touches its arithmetic."""
    from export.runners.quiet import quiet_coremltools

    shape = (1, 3, 32, 32)
    with quiet_coremltools():
        import coremltools as ct
        from coremltools.converters.mil import Builder

        @Builder.program(  # type: ignore[untyped-decorator]
            input_specs=[Builder.TensorSpec(shape=shape)], opset_version=ct.target.iOS17
        )
        def program(image: Any) -> Any:
            return body(image)

        model = ct.convert(
            program,
            inputs=[ct.ImageType(name="image", shape=shape)],
            convert_to="mlprogram",
            pass_pipeline=ct.PassPipeline.EMPTY,
            compute_precision=ct.precision.FLOAT32,
            minimum_deployment_target=ct.target.iOS17,
            skip_model_load=True,
        )
        model.save(str(path))
    return path


def _type(int8: bool, bias: bool) -> int:
    kinds = schema.TensorType
    if not int8:
        return int(kinds.FLOAT32)
    return int(kinds.INT32 if bias else kinds.INT8)


def _operator(activation: int) -> Any:
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0, 1, 2], [3]
    operator.builtinOptionsType = schema.BuiltinOptions.Conv2DOptions
    options = schema.Conv2DOptionsT()
    options.strideH = options.strideW = options.dilationHFactor = options.dilationWFactor = 1
    options.fusedActivationFunction = activation
    operator.builtinOptions = options
    return operator


def _tensor(
    name: str, shape: tuple[int, ...], buffer: int, kind: int, scaling: tuple[float, int] | None
) -> Any:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.buffer, tensor.type = name, list(shape), buffer, kind
    if scaling is not None:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [scaling[0]], [scaling[1]]
    return tensor


def _buffer(values: Any) -> Any:
    buffer = schema.BufferT()
    buffer.data = None if values is None else np.frombuffer(values.tobytes(), np.uint8)
    return buffer
