"""Smaller ML Programs, made of one of two convolutions."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from export import runners
from export.manifest import size
from export.quantize import core_ml, ranges
from export.runners import mil
from export.runners.quiet import quiet_coremltools
from export.target import Source
from tests.export.handmade import ml_program

with quiet_coremltools():
    import coremltools as ct
    from coremltools.converters.mil import Builder

RANDOM = np.random.default_rng(0)
IMAGES = [RANDOM.integers(0, 256, (32, 32, 3), dtype=np.uint8) for _ in range(40)]
LARGE = RANDOM.normal(size=(40, 3, 5, 5)).astype(np.float16)  # 3000 values
SMALL = RANDOM.normal(size=(1, 40, 1, 1)).astype(np.float16)
# No converter runs, so that no network is needed.
SOURCE = Source(None, 32, 32, {}, IMAGES)  # type: ignore[arg-type]


def network(image: Any) -> Any:
    half = Builder.mul(x=Builder.cast(x=image, dtype="fp16"), y=np.float16(0.01), name="scaled")
    x = Builder.conv(x=half, weight=LARGE, pad_type="custom", pad=[2, 2, 2, 2], name="first")
    x = Builder.conv(x=Builder.relu(x=x, name="positive"), weight=SMALL, name="second")
    return Builder.cast(x=x, dtype="fp32", name="log_disparity")


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ml_program(tmp_path_factory.mktemp("half") / "half.mlpackage", network)


def compressed(half: Path, folder: Path, way: Any) -> Path:
    with quiet_coremltools():
        model = ct.models.MLModel(str(half), skip_model_load=True)
        way(model, SOURCE).save(str(folder / "made.mlpackage"))
    return folder / "made.mlpackage"


def outputs(package: Path) -> NDArray[np.float32]:
    return np.stack([runners.run(runners.load(package), image) for image in IMAGES[:3]])


def operations(package: Path) -> list[Any]:
    spec = ct.utils.load_spec(str(package))
    (block,) = spec.mlProgram.functions["main"].block_specializations.values()
    return list(block.operations)


def off(half: Path, package: Path) -> float:
    """Of what the half-precision outputs vary by."""
    expected = outputs(half)
    return float((outputs(package) - expected).std() / expected.std())


@pytest.mark.parametrize(
    ("way", "smaller", "most"), [(core_ml.weights, 2500, 0.01), (core_ml.palette, 3000, 0.05)]
)
def test_large_weights_shrink_and_small_ones_stay(
    half: Path, tmp_path: Path, way: Any, smaller: int, most: float
) -> None:
    package = compressed(half, tmp_path, way)
    assert size(half) - size(package) > smaller
    assert 0 < off(half, package) < most
    kinds = Counter(op.type for op in operations(package))
    assert kinds["constexpr_affine_dequantize"] + kinds["constexpr_lut_to_dense"] == 1


def test_a_palette_has_64_values_and_is_the_same_each_time(half: Path, tmp_path: Path) -> None:
    (lookup,) = (
        op for op in operations(compressed(half, tmp_path, core_ml.palette)) if "constexpr" in op.type
    )
    (tmp_path / "again").mkdir()
    again = compressed(half, tmp_path / "again", core_ml.palette)
    (dimension,) = lookup.attributes["lut"].type.tensorType.dimensions
    assert dimension.constant.size == 1 << core_ml.PALETTE_BITS
    weights = [next(path.rglob("weight.bin")).read_bytes() for path in (tmp_path / "made.mlpackage", again)]
    assert weights[0] == weights[1]


def test_tensors_between_layers_get_8_bits(half: Path, tmp_path: Path) -> None:
    package = compressed(half, tmp_path, core_ml.activations)
    assert 0 < off(half, package) < 0.05
    kinds = Counter(op.type for op in operations(package))
    assert kinds["quantize"] == kinds["dequantize"] >= 2
    assert kinds["constexpr_affine_dequantize"] == 1


def test_ranges_are_those_of_the_evaluator(half: Path) -> None:
    with quiet_coremltools():
        seen = core_ml.observe(ct.models.MLModel(str(half), skip_model_load=True), IMAGES)
    assert {"image", "scaled", "first", "positive", "second", "log_disparity"} <= set(seen)
    assert (seen["image"].low, seen["image"].high) == (0, 255)
    assert seen["positive"].low == 0
    assert seen["positive"].high == pytest.approx(seen["first"].high)
    low, high = ranges.best_range(seen["first"])
    assert seen["first"].low <= low < 0 < high <= seen["first"].high
    assert core_ml.as_statistics({"x": (low, high)}) == {"x": {"rmin": low, "rmax": high}}


@pytest.mark.parametrize("count", [1, 16, 20, 40])
def test_ranges_are_of_images_evenly_spaced(half: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    used: list[int] = []
    monkeypatch.setattr(mil, "evaluate", lambda program, image, see: used.append(int(image.flat[0])))
    with quiet_coremltools():
        model = ct.models.MLModel(str(half), skip_model_load=True)
    core_ml.observe(model, [np.full((32, 32, 3), place, np.uint8) for place in range(count)])
    assert len(used) == min(count, core_ml.RANGE_IMAGES)
    assert {later - place for place, later in pairwise(used)} <= {1, 2, 3}
    assert count - used[-1] <= 3
