"""Smaller ML Programs: 8-bit weights, weights from a table, and, as an experiment, 8-bit activations."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.quantize import ranges
from export.quantize.ranges import Range, Seen
from export.runners.nchw import planes
from export.target import Source

Model = Any  # coremltools' MLModel; the package is not loaded before it is needed, and has no types

# Smaller tensors (biases, the 3×3 kernels of the first stages) stay half precision: fewer bits would
# save less than one percent of the file there, and those layers are the ones that suffer most.
LEAST_VALUES = 2048
PALETTE_BITS = 6
# Of the calibration images, evenly spaced: the evaluator takes most of a second for each.
RANGE_IMAGES = 16
PASSES = ("compression::insert_prefix_quantize_dequantize_pair",
          "compression::insert_suffix_quantize_dequantize_pair")  # fmt: skip


def keep(model: Model, source: Source) -> Model:
    """Half precision throughout."""
    return model


def weights(model: Model, source: Source) -> Model:
    """A copy of `model` whose larger weights are int8, symmetric, one scale an output channel."""
    from coremltools.optimize import coreml

    rule = coreml.OpLinearQuantizerConfig(
        mode="linear_symmetric", dtype="int8", granularity="per_channel", weight_threshold=LEAST_VALUES
    )
    return coreml.linear_quantize_weights(model, coreml.OptimizationConfig(global_config=rule))


def palette(model: Model, source: Source) -> Model:
    """A copy of `model` whose larger weights are numbers of 64 values, a table a tensor (k-means)."""
    from coremltools.optimize import coreml

    rule = coreml.OpPalettizerConfig(mode="kmeans", nbits=PALETTE_BITS, weight_threshold=LEAST_VALUES)
    return coreml.palettize_weights(model, coreml.OptimizationConfig(global_config=rule))


def activations(model: Model, source: Source) -> Model:
    """A copy of `model` with 8-bit weights, and 8-bit tensors between convolutions, additions and pools.

    coremltools measures ranges by predicting, which only a Mac can; its graph passes take them from anywhere:
    here from the evaluator, on calibration images.
    """
    from coremltools.converters.mil.mil.passes.graph_pass import PassOption
    from coremltools.converters.mil.mil.passes.pass_registry import PASS_REGISTRY
    from coremltools.models.utils import _apply_graph_pass
    from coremltools.optimize import coreml

    found = {name: ranges.best_range(seen) for name, seen in observe(model, source.calibration).items()}
    rule = coreml.OpLinearQuantizerConfig(mode="linear_symmetric", dtype="int8")
    options = [
        PassOption("config", coreml.OptimizationConfig(global_config=rule)),
        PassOption("activation_stats", as_statistics(found)),
    ]
    passes = [PASS_REGISTRY[name] for name in PASSES]
    for graph_pass in passes:
        graph_pass.set_options(options)
    passes.append(PASS_REGISTRY["common::dequantize_quantize_pair_elimination"])
    return weights(_apply_graph_pass(model, passes), source)


def observe(model: Model, images: Sequence[NDArray[np.uint8]]) -> dict[str, Seen]:
    """What each variable of `model` held over RANGE_IMAGES of `images`, by the evaluator."""
    from export.runners import mil

    with tempfile.TemporaryDirectory(prefix="plumb-coreml-") as folder:
        package = Path(folder) / "half.mlpackage"
        model.save(str(package))
        program = mil.load(package)
    count = min(RANGE_IMAGES, len(images))
    chosen = [images[place * len(images) // count] for place in range(count)]
    random, seen = np.random.default_rng(0), dict[str, Seen]()

    def see(name: str, values: NDArray[np.float32]) -> None:
        seen.setdefault(name, Seen()).add(values, ranges.SAMPLES // len(chosen), random)

    for image in chosen:
        mil.evaluate(program, planes(image, program.height, program.width), see)
    return seen


def as_statistics(found: Mapping[str, Range]) -> dict[str, dict[str, Any]]:
    """Ranges as the graph passes take them."""
    return {name: {"rmin": low, "rmax": high} for name, (low, high) in found.items()}
