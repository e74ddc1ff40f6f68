from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, save

from export.runners import RunnerError, foreign
from export.runners.foreign import NORMALISATIONS, PREDICTS, Foreign
from tests.export import handmade


def network(path: Path, shape: tuple[Any, ...] = (1, 3, "h", "w"), kind: int = TensorProto.FLOAT) -> Path:
    """The mean over the channels (axis 1 or 3) of an image: 1×H×W, as MiDaS's files have it."""
    axis = 1 if shape[1] == 3 else 3
    nodes = [
        helper.make_node("Cast", ["picture"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["x"], ["map"], axes=[axis], keepdims=0),
    ]
    sides = [side for place, side in enumerate(shape) if place != axis]
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("picture", kind, shape)],
        [helper.make_tensor_value_info("map", TensorProto.FLOAT, sides)],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    save(model, path)
    return path


IMAGE = np.random.default_rng(0).integers(1, 256, (32, 48, 3), dtype=np.uint8)


def run(path: Path, predicts: str, normalisation: str = "0..1") -> np.ndarray[Any, Any]:
    runner = foreign.load(path, Foreign(predicts, normalisation))
    return runner.log_disparity(runner.predict(runner.tensor(IMAGE)))


@pytest.mark.parametrize(
    ("predicts", "expected"),
    [
        ("log_disparity", lambda x: x),
        ("log_depth", lambda x: -x),
        ("depth", lambda x: -np.log(x)),
        ("uts_disparity", np.log),
    ],
)
def test_every_kind_becomes_log_disparity(tmp_path: Path, predicts: str, expected: Any) -> None:
    mean = IMAGE.mean(axis=2) / 255
    output = run(network(tmp_path / "x.onnx"), predicts)
    assert output.dtype == np.float32
    assert output == pytest.approx(expected(mean), abs=1e-5)


def test_disparity_up_to_shift_may_be_negative(tmp_path: Path) -> None:
    """Only a shift and a scale lie between exp of what comes back and what was predicted."""
    raw = IMAGE.mean(axis=2) / 127.5 - 1
    assert raw.min() < 0
    disparity = np.exp(run(network(tmp_path / "x.onnx"), "disparity", "-1..1").astype(np.float64))
    slope, shift = np.polyfit(raw.ravel(), disparity.ravel(), 1)
    assert slope == pytest.approx(1, abs=1e-4)
    assert disparity == pytest.approx(slope * raw + shift, abs=1e-5)


def test_both_layouts_and_bytes(tmp_path: Path) -> None:
    last = network(tmp_path / "last.onnx", (1, 32, 48, 3))
    assert run(last, "log_disparity") == pytest.approx(run(network(tmp_path / "x.onnx"), "log_disparity"))
    fixed = foreign.load(last, Foreign("depth"))
    assert (fixed.height, fixed.width) == (32, 48)
    whole = run(network(tmp_path / "u.onnx", (1, 3, 32, 48), TensorProto.UINT8), "log_disparity", "0..255")
    assert whole == pytest.approx(IMAGE.mean(axis=2), abs=1e-3)


@pytest.mark.parametrize("name", NORMALISATIONS)
def test_normalisations_are_applied(tmp_path: Path, name: str) -> None:
    mean, std = map(np.array, NORMALISATIONS[name])
    expected = ((IMAGE / 255 - mean) / std).mean(axis=2)
    output = run(network(tmp_path / "x.onnx"), "log_disparity", name)
    assert output == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_tflite_files_with_integers_in_and_out(tmp_path: Path) -> None:
    path = tmp_path / "x.tflite"
    path.write_bytes(handmade.convolution(32, 48, int8=True))
    expected = np.clip(IMAGE @ handmade.WEIGHTS + handmade.BIAS, -128, 127)
    assert run(path, "log_disparity", "0..255") == pytest.approx(expected, abs=1.0)


@pytest.mark.parametrize("predicts", PREDICTS)
def test_every_kind_bears_a_constant(predicts: str) -> None:
    assert np.isfinite(PREDICTS[predicts](np.zeros((4, 4), np.float32))).all()


def test_what_is_no_depth_network_is_refused(tmp_path: Path) -> None:
    how = Foreign("depth")
    with pytest.raises(RunnerError, match=r"x\.pt: another kit's file is one of \.onnx, \.tflite"):
        foreign.load(tmp_path / "x.pt", how)
    with pytest.raises(RunnerError, match=r"x\.onnx: no such file"):
        foreign.load(tmp_path / "x.onnx", how)
    (tmp_path / "x.onnx").write_bytes(b"nothing")
    with pytest.raises(RunnerError, match="not an ONNX model"):
        foreign.load(tmp_path / "x.onnx", how)
    grey = network(tmp_path / "grey.onnx", (1, 1, 32, 48))
    with pytest.raises(RunnerError, match=r"takes \[1, 1, 32, 48\], not one image"):
        foreign.load(grey, how)


def test_a_file_of_this_kit_says_its_kind(tmp_path: Path) -> None:
    path = network(tmp_path / "x.onnx")
    assert not foreign.says_its_kind(path)
    path.write_bytes(path.read_bytes() + b'{"kind": "log_disparity"}')
    assert foreign.says_its_kind(path)
