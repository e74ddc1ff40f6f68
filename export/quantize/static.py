"""A float TFLite file as static int8: weights a scale per output channel, activations one a tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.quantize.ranges import Range, as_statistics, best_range, full_range, observe
from export.rewrite import flatbuffer

IMAGE: Range = (0.0, 255.0)  # scale 1, zero point −128: every camera byte has its own step
OUTPUT_MARGIN = 0.1  # log-disparities beyond those seen in calibration are not cut off
# Below this span 6 / scale, the bound of a ReLU6, no longer fits 32 bits, and kernels refuse to start.
SMALLEST_SPAN = 1e-4


def activation_ranges(content: bytes, images: Sequence[NDArray[np.uint8]]) -> dict[str, Range]:
    """The range of every activation of a float file, by tensor name, from calibration `images`."""
    model = flatbuffer.read(content)
    seen = observe(content, images)
    shapes = {op.outputs[0].name.decode(): op.outputs[0].shape for op in flatbuffer.operations(model)}
    ranges = {
        name: full_range(values, OUTPUT_MARGIN) if shapes[name][-1] == 1 else best_range(values)
        for name, values in seen.items()
    }
    ranges |= _from_image(model)
    return {name: _wide_enough(ends) for name, ends in ranges.items()}


def quantize(content: bytes, ranges: Mapping[str, Range], whole: bool) -> bytes:
    """The int8 file of a float one; whole: input and output are int8 too, else they stay float32."""
    from litert_quantizer import quantizer

    job = quantizer.Quantizer(bytearray(content), _recipe(whole))
    result = job.quantize(as_statistics(ranges), enable_progress_bar=False, enable_progress_report=False)
    assert result.quantized_model is not None
    return bytes(result.quantized_model)


def _recipe(whole: bool) -> Any:
    from litert_quantizer import qtyping
    from litert_quantizer.algorithm_manager import AlgorithmName
    from litert_quantizer.recipe_manager import RecipeManager

    recipe, kinds = RecipeManager(), qtyping.TFLOperationName
    recipe.add_static_config(
        regex=".*", operation_name=kinds.ALL_SUPPORTED, activation_num_bits=8, weight_num_bits=8
    )
    for end in () if whole else (kinds.INPUT, kinds.OUTPUT):
        recipe.add_quantization_config(".*", end, algorithm_key=AlgorithmName.NO_QUANTIZE)
    return recipe.get_quantization_recipe()


def _from_image(model: Any) -> dict[str, Range]:
    """The ranges that the image's own fixes: the image, and the image less the normalisation's mean."""
    (graph,) = model.subgraphs
    image = graph.tensors[graph.inputs[0]]
    ranges = {image.name.decode(): IMAGE}
    for op in flatbuffer.operations(model):
        if op.kind == "SUB" and op.inputs[0] is image:
            mean = flatbuffer.constant(model, op.inputs[1], np.float32)
            ranges[op.outputs[0].name.decode()] = (IMAGE[0] - float(mean.max()), IMAGE[1] - float(mean.min()))
    return ranges


def _wide_enough(ends: Range) -> Range:
    """`ends` with 0 between them, SMALLEST_SPAN apart or more."""
    low, high = min(ends[0], 0.0), max(ends[1], 0.0)
    return (low, high) if high - low >= SMALLEST_SPAN else (low, low + SMALLEST_SPAN)
