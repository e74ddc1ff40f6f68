from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from export import runners, to_onnx
from export.manifest import ArtifactError
from export.runners import RunnerError
from export.target import VARIANTS
from tests.export import alive

TOLERANCE = VARIANTS["onnx"].tolerance


@pytest.fixture(scope="module", params=["mn", "lite0", "b0"])
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[alive.Alive, Path]:
    network = alive.network(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    to_onnx.convert(network.source, folder, ["onnx"])
    return network, folder / "model.onnx"


def test_agrees_with_pytorch(made: tuple[alive.Alive, Path]) -> None:
    network, path = made
    output = runners.run(runners.load(path), network.image)
    off = np.abs(output - network.expected)
    assert TOLERANCE.max_abs is not None
    assert TOLERANCE.mean_abs is not None
    assert off.max() < TOLERANCE.max_abs
    assert off.mean() < TOLERANCE.mean_abs


# The network alone: no padding apart, no division, no batch norm, no shape arithmetic.
DECODER = {"MaxPool": 20, "Resize": 5, "Sub": 1}
OPERATIONS = {
    "mn": DECODER | {"Conv": 81, "Add": 34, "Clip": 34},
    "lite0": DECODER | {"Conv": 78, "Add": 33, "Clip": 32},
    "b0": DECODER | {"Conv": 110, "Add": 33, "Sigmoid": 64, "Mul": 64, "ReduceMean": 16},
}


def test_holds_nothing_but_the_network(
    made: tuple[alive.Alive, Path], request: pytest.FixtureRequest
) -> None:
    _, path = made
    graph = onnx.load(path).graph
    kinds = Counter(node.op_type for node in graph.node)
    assert kinds == OPERATIONS[request.node.callspec.params["made"]]
    assert [i.name for i in graph.input] == ["image"]
    assert [o.name for o in graph.output] == ["log_disparity"]
    assert sorted(p.name for p in path.parent.iterdir()) == ["model.onnx"]  # no data beside it


def test_carries_its_metadata_and_no_path_of_this_machine(made: tuple[alive.Alive, Path]) -> None:
    network, path = made
    properties = {p.key: p.value for p in onnx.load(path).metadata_props}
    assert properties["licence"] == "Apache-2.0"
    assert json.loads(properties["model.json"]) == dict(network.source.metadata)
    assert str(Path(__file__).parents[2]).encode() not in path.read_bytes()


def test_an_operation_that_phones_lack_is_refused(tmp_path: Path) -> None:
    node = onnx.helper.make_node("Einsum", ["image"], ["log_disparity"], equation="abcd->abcd")
    shape = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [node],
        "x",
        [shape("image", onnx.TensorProto.FLOAT, [1, 3, 32, 32])],
        [shape("log_disparity", onnx.TensorProto.FLOAT, [1, 3, 32, 32])],
    )
    with pytest.raises(ArtifactError, match=r"model\.onnx: the exporter left Einsum"):
        to_onnx.check(onnx.helper.make_model(graph), tmp_path / "model.onnx")


@pytest.mark.parametrize("content", [b"", b"junk", b"\x08\x08\x12\x07pytorch" * 20])
def test_junk_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(RunnerError, match=r"model\.onnx: ") as caught:
        runners.load(path)
    assert "\n" not in str(caught.value)


def test_a_truncated_file_is_refused(made: tuple[alive.Alive, Path], tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(made[1].read_bytes()[:-5000])
    with pytest.raises(RunnerError, match="not an ONNX model that runs here"):
        runners.load(path)


def test_a_picture_of_another_size_is_refused(made: tuple[alive.Alive, Path]) -> None:
    with pytest.raises(RunnerError, match="the file takes 64×96, not 32×32"):
        runners.load(made[1]).tensor(np.zeros((32, 32, 3), np.uint8))


@pytest.mark.parametrize("made", ["lite0"], indirect=True)
def test_the_same_network_gives_the_same_bytes_and_stays_as_it_is(
    made: tuple[alive.Alive, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = made[0].source
    weights = {key: value.clone() for key, value in source.model.state_dict().items()}
    to_onnx.convert(source, tmp_path, ["onnx"])
    assert capfd.readouterr() == ("", "")
    assert (tmp_path / "model.onnx").read_bytes() == made[1].read_bytes()
    assert all(torch.equal(value, weights[key]) for key, value in source.model.state_dict().items())


def test_upsampling_uses_half_pixel_centres(made: tuple[alive.Alive, Path]) -> None:
    for node in onnx.load(made[1]).graph.node:
        if node.op_type == "Resize":
            settings = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            assert settings["mode"] == b"linear"
            assert settings["coordinate_transformation_mode"] in {b"half_pixel", b"pytorch_half_pixel"}
