from __future__ import annotations

import copy
import json
import logging
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from export import runners, to_tflite
from export.manifest import ArtifactError
from export.quantize import portable
from export.quantize.ranges import Seen, best_range, full_range
from export.rewrite import flatbuffer, tflite_metadata
from export.runners import litert
from export.target import TARGETS, VARIANTS, Source
from tests.export import handmade
from training.models import build

SIDE = 64
ROLES = tuple(variant.role for variant in TARGETS["tflite"].variants)
INT8 = ROLES[1:]
METADATA = {"name": "network", "title": "Tiefe", "version": "ab12", "licence": "Apache-2.0"}


@dataclass(frozen=True)
class Converted:
    """What `convert` wrote for one network, and PyTorch's own answer to `images`."""

    folder: Path
    source: Source
    images: list[NDArray[np.uint8]]
    expected: list[NDArray[np.float32]]

    def model(self, role: str) -> Any:
        return flatbuffer.read((self.folder / VARIANTS[role].file).read_bytes())

    def outputs(self, role: str, reference: bool = False) -> list[NDArray[np.float32]]:
        runner = litert.load(self.folder / VARIANTS[role].file, reference=reference)
        return [runners.run(runner, image) for image in self.images]


def picture(seed: int) -> NDArray[np.uint8]:
    """Smooth blobs, of photographs' contrast."""
    noise = np.random.default_rng(seed).normal(size=(SIDE // 8, SIDE // 8, 3))
    waves = np.kron(noise, np.ones((8, 8, 1))) + 0.2 * np.random.default_rng(seed).normal(
        size=(SIDE, SIDE, 3)
    )
    return np.clip(128 + 60 * waves, 0, 255).astype(np.uint8)


def source_of(name: str) -> Source:
    """An untrained network whose statistics are those of its own activations, so that it is alive."""
    torch.manual_seed(0)
    model = build(name).train()
    batch = torch.from_numpy(np.stack([picture(seed) for seed in range(8)])).permute(0, 3, 1, 2).float()
    for layer in model.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = None
    with torch.no_grad():
        model(batch)
    return Source(model.eval(), SIDE, SIDE, METADATA, [picture(seed) for seed in range(10, 14)])


def converted(name: str, roles: tuple[str, ...], folder: Path) -> Converted:
    source = source_of(name)
    to_tflite.convert(source, folder, roles)
    images = [picture(20), picture(21)]
    with torch.no_grad():
        tensors = [torch.from_numpy(image).permute(2, 0, 1)[None].float() for image in images]
        return Converted(folder, source, images, [source.model(t)[0, 0].numpy() for t in tensors])


@pytest.fixture(scope="module", params=["mn", "lite0"])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Converted:
    return converted(request.param, ROLES, tmp_path_factory.mktemp(request.param))


def operations(model: Any) -> Counter[str]:
    return Counter(op.kind for op in flatbuffer.operations(model))


def test_operations(files: Converted) -> None:
    name = files.folder.name
    found = operations(files.model("tflite_float32"))
    assert found.keys() <= to_tflite.OPERATIONS
    assert found["MAX_POOL_2D"] == 20
    assert found["RESIZE_BILINEAR"] == 5
    # torchvision pads stride-2 convolutions on both sides, which TFLite's SAME does not; timm as it does.
    assert found["PAD"] == (5 if name.startswith("mn") else 0)
    assert (found["SUB"], found["MUL"], found["DIV"]) == (1, 0, 0)
    for role in INT8:
        ends = 1 if role == "tflite_int8" else 0
        assert operations(files.model(role)) == found + Counter(QUANTIZE=ends, DEQUANTIZE=ends)


def test_pools_pad_themselves(files: Converted) -> None:
    pools = [op for op in flatbuffer.operations(files.model("tflite_float32")) if op.kind == "MAX_POOL_2D"]
    windows = {(p.options.filterHeight, p.options.filterWidth, p.options.strideH) for p in pools}
    assert windows == {(5, 5, 1)}
    assert {p.options.padding for p in pools} == {schema.Padding.SAME}
    assert all(list(p.inputs[0].shape) == list(p.outputs[0].shape) for p in pools)


@pytest.mark.parametrize("reference", [False, True])
def test_float_file_is_the_network(files: Converted, reference: bool) -> None:
    for found, expected in zip(files.outputs("tflite_float32", reference), files.expected, strict=True):
        assert expected.std() > 0.01
        np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("role", INT8)
@pytest.mark.parametrize("reference", [False, True])
def test_int8_files_follow_the_network(files: Converted, role: str, reference: bool) -> None:
    for found, expected in zip(files.outputs(role, reference), files.expected, strict=True):
        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.95
        # A common offset is an unknown scale, which costs nothing; it must not run away all the same.
        assert abs(float(np.median(found - expected))) < 0.6 * expected.std()


@pytest.mark.parametrize("role", INT8)
def test_inside_is_int8_with_a_scale_per_channel(files: Converted, role: str) -> None:
    kinds = schema.TensorType
    for op in flatbuffer.operations(files.model(role)):
        if op.kind in ("QUANTIZE", "DEQUANTIZE"):
            continue
        assert {t.type for t in (op.inputs[0], *op.outputs)} == {kinds.INT8}
        if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            _, weights, bias = op.inputs
            assert (weights.type, bias.type) == (kinds.INT8, kinds.INT32)
            channels = weights.shape[weights.quantization.quantizedDimension]
            assert len(weights.quantization.scale) == channels == op.outputs[0].shape[-1]
            assert not np.any(weights.quantization.zeroPoint)


def test_ends(files: Converted) -> None:
    graphs = {role: files.model(role) for role in ROLES}
    for model in graphs.values():
        (graph,), (signature,) = model.subgraphs, model.signatureDefs
        image, output = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
        assert (image.name, output.name) == (b"image", b"log_disparity")
        assert (list(image.shape), list(output.shape)) == ([1, SIDE, SIDE, 3], [1, SIDE, SIDE, 1])
        ends = [(end.name, end.tensorIndex) for end in (*signature.inputs, *signature.outputs)]
        assert ends == [(b"image", graph.inputs[0]), (b"log_disparity", graph.outputs[0])]
    for role in ("tflite_float32", "tflite_int8"):
        runner = litert.load(files.folder / VARIANTS[role].file)
        assert runner.input == runner.output == {"dtype": "float32"}
    quantized = next(op for op in flatbuffer.operations(graphs["tflite_int8"]) if op.kind == "QUANTIZE")
    whole = litert.load(files.folder / VARIANTS["tflite_int8_full"].file)
    assert whole.input == {"dtype": "int8", "scale": 1.0, "zero_point": -128}
    inside = quantized.outputs[0].quantization
    assert (inside.scale.tolist(), inside.zeroPoint.tolist()) == ([1.0], [-128])
    assert whole.output["dtype"] == "int8"
    assert whole.output["scale"] < 0.03


@pytest.mark.parametrize("role", ROLES)
def test_metadata(files: Converted, role: str) -> None:
    model = files.model(role)
    stored = flatbuffer.get_metadata(model, to_tflite.MANIFEST)
    assert stored is not None
    assert json.loads(stored) == METADATA
    assert flatbuffer.get_metadata(model, tflite_metadata.BUFFER) == tflite_metadata.encode(
        METADATA, SIDE, SIDE
    )


@pytest.mark.parametrize(
    "name", ["b0", *(pytest.param(f"b{i}", marks=pytest.mark.slow) for i in range(1, 6))]
)
def test_squeeze_and_excitation_networks(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    levels = {logger: logging.getLogger(logger).level for logger in ("", "torch", "jax", "absl")}
    files = converted(name, ("tflite_float32",), tmp_path)
    assert capfd.readouterr() == ("", "")
    assert levels == {logger: logging.getLogger(logger).level for logger in levels}
    found = operations(files.model("tflite_float32"))
    assert found.keys() <= to_tflite.OPERATIONS
    assert "PAD" not in found
    tolerance = max(1e-4, 10 * rounding(files))
    for output, expected in zip(files.outputs("tflite_float32"), files.expected, strict=True):
        np.testing.assert_allclose(output, expected, atol=tolerance)


def rounding(files: Converted) -> float:
    """What float32 itself costs PyTorch: an untrained deep network may amplify it a thousandfold."""
    model = copy.deepcopy(files.source.model).double()
    with torch.no_grad():
        exact = [model(torch.from_numpy(i).permute(2, 0, 1)[None].double())[0, 0] for i in files.images]
    return max(float(np.abs(e - x.numpy()).max()) for e, x in zip(files.expected, exact, strict=True))


def overflowing(int8: bool = True) -> bytes:
    """6 / scale of its ReLU6 does not fit 32 bits: what an untrained layer of constant output gave."""
    return handmade.convolution(SIDE, SIDE, int8, output_scale=1e-12, activation=handmade.RELU6)


def test_a_file_that_needs_xnnpack_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = handmade.convolution(SIDE, SIDE, int8=True)
    portable.check(plain, SIDE, SIDE, "plain.tflite")
    monkeypatch.setattr(to_tflite, "BUILDERS", {
        "tflite_float32": lambda _: plain, "tflite_int8": lambda _: overflowing(),
        "tflite_int8_full": lambda _: plain,
    })  # fmt: skip
    source = replace(SOURCE_WITHOUT_MODEL, calibration=[picture(0)])
    with pytest.raises(ArtifactError, match=r"model_int8\.tflite: operation 0 \(CONV_2D\)") as caught:
        to_tflite.convert(source, tmp_path, ROLES)
    assert "no_integer_overflow_from_quantization" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model_float32.tflite", "model_int8_full.tflite"]


def test_an_unknown_operation_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(to_tflite, "OPERATIONS", frozenset({"ADD"}))
    monkeypatch.setattr(
        to_tflite, "BUILDERS", {"tflite_float32": lambda _: handmade.convolution(SIDE, SIDE, int8=False)}
    )
    with pytest.raises(ArtifactError, match="left CONV_2D in the graph"):
        to_tflite.convert(SOURCE_WITHOUT_MODEL, tmp_path, ["tflite_float32"])
    assert not list(tmp_path.iterdir())


def test_int8_needs_images(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="images to calibrate on"):
        to_tflite.convert(SOURCE_WITHOUT_MODEL, tmp_path, INT8)


SOURCE_WITHOUT_MODEL = Source(None, SIDE, SIDE, METADATA, [])  # type: ignore[arg-type]


def seen(values: NDArray[np.float32]) -> Seen:
    found = Seen()
    found.add(values, values.size, np.random.default_rng(0))
    return found


def test_range_of_even_values_is_all_of_them() -> None:
    low, high = best_range(seen(np.linspace(-3, 5, 10_000, dtype=np.float32)))
    assert low == pytest.approx(-3, rel=0.03)
    assert high == pytest.approx(5, rel=0.03)


def test_range_cuts_off_what_is_rare() -> None:
    values = np.append(np.random.default_rng(0).normal(size=1_000_000), 12).astype(np.float32)
    low, high = best_range(seen(values))
    assert -5 < low < -3
    assert 4 < high < 9


def test_range_of_one_value() -> None:
    assert best_range(seen(np.full(9, 2.0, np.float32))) == pytest.approx((0.0, 2.0))
    assert best_range(seen(np.zeros(9, np.float32))) == (0.0, 0.0)


def test_full_range_has_a_margin() -> None:
    assert full_range(seen(np.array([-1, 3], np.float32)), 0.1) == pytest.approx((-1.4, 3.4))
