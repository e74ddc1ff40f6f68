from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from export import runners, to_coreml
from export.manifest import ArtifactError, size
from export.runners import RunnerError, mil, mil_kernels
from export.runners.quiet import quiet_coremltools
from export.target import TARGETS, VARIANTS
from tests.export import alive

ROLES = tuple(variant.role for variant in TARGETS["coreml"].variants)


@pytest.fixture(scope="module", params=["mn", "lite0", "b0"])
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[alive.Alive, Path]:
    network = alive.network(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    to_coreml.convert(network.source, folder, ROLES)
    return network, folder


def spec(path: Path) -> Any:
    import coremltools

    with quiet_coremltools():
        return coremltools.models.MLModel(str(path), skip_model_load=True).get_spec()


def test_half_precision_agrees_with_pytorch(made: tuple[alive.Alive, Path]) -> None:
    network, folder = made
    output = runners.run(runners.load(folder / "model.mlpackage"), network.image)
    off = np.abs(output - network.expected)
    tolerance = VARIANTS["coreml"].tolerance
    assert tolerance.max_abs is not None
    assert tolerance.mean_abs is not None
    assert 0 < off.max() < tolerance.max_abs  # half precision is really rounded
    assert off.mean() < tolerance.mean_abs


def test_8_bit_weights_stay_close_and_halve_the_file(made: tuple[alive.Alive, Path]) -> None:
    network, folder = made
    output = runners.run(runners.load(folder / "model_int8.mlpackage"), network.image)
    off = output - network.expected
    assert np.mean(np.abs(off - np.median(off)) < np.log(1.25)) > 0.97
    assert size(folder / "model_int8.mlpackage") < 0.62 * size(folder / "model.mlpackage")


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


def test_the_evaluator_names_an_operation_that_it_does_not_know(
    made: tuple[alive.Alive, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    package = made[1] / "model.mlpackage"
    monkeypatch.setattr(mil, "KERNELS", {k: v for k, v in mil_kernels.KERNELS.items() if k != "max_pool"})
    with pytest.raises(RunnerError, match="max_pool"):
        runners.load(package)
    with pytest.raises(ArtifactError, match=r"max_pool.*the file is not kept"):
        to_coreml.check(package)


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


def test_conversion_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    to_coreml.convert(alive.network("mn").source, tmp_path, ROLES[:1])
    assert capfd.readouterr().out == ""
