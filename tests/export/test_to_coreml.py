from __future__ import annotations

import json
import logging
import shutil
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from export import runners, to_coreml
from export.manifest import ArtifactError, digest, size
from export.quantize import core_ml
from export.runners import RunnerError, mil, mil_kernels
from export.runners.quiet import quiet_coremltools
from export.target import KNOWN, TARGETS, VARIANTS
from tests.export import alive

MIL_INT8 = 21  # DataType.INT8 in coremltools' MIL.proto
ROLES = tuple(variant.role for variant in TARGETS["coreml"].variants)


@pytest.fixture(scope="module", params=["mn", "lite0", "b0"])
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[alive.Alive, Path]:
    network = alive.network(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    newest = ("coreml_ios26",) if request.param == "lite0" else ()
    to_coreml.convert(network.source, folder, (*ROLES, *newest))
    return network, folder


def spec(path: Path) -> Any:
    import coremltools

    with quiet_coremltools():
        return coremltools.models.MLModel(str(path), skip_model_load=True).get_spec()


def operations(path: Path) -> Any:
    """The operations as the file has them."""
    (block,) = spec(path).mlProgram.functions["main"].block_specializations.values()
    return block.operations


def shape(tensor: Any) -> tuple[int, ...]:
    return tuple(dimension.constant.size for dimension in tensor.dimensions)


def test_half_precision_agrees_with_pytorch(made: tuple[alive.Alive, Path]) -> None:
    network, folder = made
    output = runners.run(runners.load(folder / "model.mlpackage"), network.image)
    off = output - network.expected
    tolerance = VARIANTS["coreml"].tolerance
    assert tolerance.max_abs is not None
    assert tolerance.mean_abs is not None
    assert 0 < np.abs(off).max() < tolerance.max_abs  # half precision is really rounded
    assert np.abs(off).mean() < tolerance.mean_abs
    assert off.std() < 0.02 * network.expected.std()


def test_8_bit_weights_stay_close_and_halve_the_file(made: tuple[alive.Alive, Path]) -> None:
    network, folder = made
    output = runners.run(runners.load(folder / "model_int8.mlpackage"), network.image)
    off = output - network.expected
    assert off.std() < 0.1 * network.expected.std()
    assert size(folder / "model_int8.mlpackage") < 0.62 * size(folder / "model.mlpackage")


# The network and the two casts around it: no padding apart, no division, no batch norm.
DECODER = {"max_pool": 20, "upsample_bilinear": 5, "cast": 2, "sub": 1}
OPERATIONS = {
    "mn": DECODER | {"conv": 81, "add": 34, "clip": 34},
    "lite0": DECODER | {"conv": 78, "add": 33, "clip": 32},
    "b0": DECODER | {"conv": 110, "add": 33, "silu": 48, "sigmoid": 16, "mul": 16, "reduce_mean": 16},
}


def test_holds_nothing_but_the_network(
    made: tuple[alive.Alive, Path], request: pytest.FixtureRequest
) -> None:
    kinds = Counter(op.type for op in operations(made[1] / "model.mlpackage") if op.type != "const")
    assert kinds == OPERATIONS[request.node.callspec.params["made"]]


def test_larger_weights_are_8_bits_with_one_scale_an_output_channel(made: tuple[alive.Alive, Path]) -> None:
    values = {
        op.outputs[0].name: op.attributes["val"].type.tensorType
        for op in operations(made[1] / "model_int8.mlpackage")
        if op.type == "const"
    }
    unpacked = {}
    for op in operations(made[1] / "model_int8.mlpackage"):
        if op.type == "constexpr_affine_dequantize":
            weights, scale = (
                op.attributes["quantized_data"].type.tensorType,
                op.attributes["scale"].type.tensorType,
            )
            assert weights.dataType == MIL_INT8
            assert shape(scale) == shape(weights)[:1]
            unpacked[op.outputs[0].name] = int(np.prod(shape(weights)))
    kept = [int(np.prod(shape(value))) for value in values.values() if len(shape(value)) == 4]
    assert min(unpacked.values()) > core_ml.LEAST_VALUES >= max(kept)


@pytest.mark.parametrize("role", ROLES)
def test_takes_a_picture_on_ios_17(made: tuple[alive.Alive, Path], role: str) -> None:
    described = spec(made[1] / VARIANTS[role].file)
    assert described.specificationVersion == 8  # iOS 17
    (image,), (output,) = described.description.input, described.description.output
    assert image.name == "image"
    assert (image.type.imageType.height, image.type.imageType.width) == (alive.HEIGHT, alive.WIDTH)
    assert output.name == "log_disparity"
    metadata = described.description.metadata
    assert metadata.license == "Apache-2.0"
    assert metadata.userDefined["com.apple.coreml.model.preview.type"] == "depthEstimation"
    assert json.loads(metadata.userDefined["model.json"]) == dict(made[0].source.metadata)


@pytest.mark.parametrize("made", ["lite0"], indirect=True)
def test_the_newest_system_gets_the_same_network(made: tuple[alive.Alive, Path]) -> None:
    newest, oldest = (made[1] / KNOWN[role].file for role in ("coreml_ios26", "coreml"))
    assert spec(newest).specificationVersion == 10  # iOS 26
    expected = runners.run(runners.load(oldest), made[0].image)
    np.testing.assert_array_equal(runners.run(runners.load(newest), made[0].image), expected)


def test_every_variant_has_its_way() -> None:
    assert set(to_coreml.WAYS) == {variant.variant for variant in TARGETS["coreml"].every()}
    assert {KNOWN[role].variant for role in ROLES} == {"float16", "int8"}


def test_the_evaluator_names_an_operation_that_it_does_not_know(
    made: tuple[alive.Alive, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = made[1] / "model.mlpackage"
    monkeypatch.setattr(mil, "KERNELS", {k: v for k, v in mil_kernels.KERNELS.items() if k != "max_pool"})
    with pytest.raises(RunnerError, match="max_pool"):
        runners.load(package)
    copy = shutil.copytree(package, tmp_path / "model.mlpackage")
    with pytest.raises(ArtifactError, match=r"max_pool.*the file is not kept"):
        to_coreml.check(copy)
    assert not copy.exists()


def cut(package: Path) -> None:
    (weights,) = package.rglob("weight.bin")
    weights.write_bytes(weights.read_bytes()[:1000])


def without_model(package: Path) -> None:
    (model,) = package.rglob("model.mlmodel")
    model.unlink()


@pytest.mark.parametrize("damage", [cut, without_model])
def test_a_damaged_package_is_refused(
    made: tuple[alive.Alive, Path], tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    package = tmp_path / "model.mlpackage"
    shutil.copytree(made[1] / "model.mlpackage", package)
    damage(package)
    with pytest.raises(RunnerError, match=r"model\.mlpackage: ") as caught:
        runners.load(package)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("made", ["lite0"], indirect=True)
def test_conversion_leaves_nothing_behind_but_the_same_bytes(
    made: tuple[alive.Alive, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = made[0].source
    weights = {key: value.clone() for key, value in source.model.state_dict().items()}
    level, filters = logging.getLogger("coremltools").level, list(warnings.filters)
    to_coreml.convert(source, tmp_path, ROLES)
    assert capfd.readouterr() == ("", "")
    assert (logging.getLogger("coremltools").level, warnings.filters) == (level, filters)
    assert all(torch.equal(value, weights[key]) for key, value in source.model.state_dict().items())
    for role in ROLES:
        name = VARIANTS[role].file
        assert digest(tmp_path / name) == digest(made[1] / name)
