from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest

from export import runners
from export.runners import RunnerError

FLOAT = onnx.TensorProto.FLOAT


def minus(
    path: Path, image: str = "image", output: str = "log_disparity", shape: Sequence[int | str] = ()
) -> Path:
    """A model that negates the mean of the channels, written to `path`."""
    shape = shape or (1, 3, 32, 64)
    model = onnx.helper.make_model(
        onnx.helper.make_graph(
            [
                onnx.helper.make_node("ReduceMean", [image, "axes"], ["mean"], keepdims=1),
                onnx.helper.make_node("Neg", ["mean"], [output]),
            ],
            "minus",
            [onnx.helper.make_tensor_value_info(image, FLOAT, shape)],
            [onnx.helper.make_tensor_value_info(output, FLOAT, [1, 1, *shape[2:]])],
            [onnx.helper.make_tensor("axes", onnx.TensorProto.INT64, [1], [1])],
        ),
        opset_imports=[onnx.helper.make_opsetid("", 18)],
        ir_version=8,
    )
    onnx.save_model(model, path)
    return path


def test_pixels_go_in_as_they_are_and_the_map_comes_out(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (32, 64, 3), np.uint8)
    runner = runners.load(minus(tmp_path / "model.onnx"))
    assert (runner.height, runner.width, runner.delegate) == (32, 64, "CPU")
    np.testing.assert_allclose(runners.run(runner, image), -image.mean(axis=2), rtol=1e-6)


@pytest.mark.parametrize("threads", [1, 2])
def test_takes_the_number_of_threads(tmp_path: Path, threads: int) -> None:
    from export.runners.onnx import load

    runner = load(minus(tmp_path / "model.onnx"), threads)
    assert runner.session.get_session_options().intra_op_num_threads == threads


@pytest.mark.parametrize(
    ("names", "shape"),
    [
        (("input", "log_disparity"), (1, 3, 32, 64)),
        (("image", "depth"), (1, 3, 32, 64)),
        (("image", "log_disparity"), (2, 3, 32, 64)),
    ],
)
def test_a_model_of_others_is_refused(tmp_path: Path, names: tuple[str, str], shape: tuple[int, ...]) -> None:
    path = minus(tmp_path / "model.onnx", *names, shape=shape)
    with pytest.raises(RunnerError, match=r"model\.onnx: its tensors are .*not float32 image 1×3×H×W"):
        runners.load(path)
