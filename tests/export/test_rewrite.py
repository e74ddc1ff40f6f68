from __future__ import annotations

import os
from collections import Counter

import flatbuffers
import numpy as np
import pytest
import torch
from ai_edge_litert import schema_py_generated as schema
from flatbuffers.table import Table
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, fx, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from export.rewrite import flatbuffer, linear, tflite_metadata
from export.rewrite.channels_last import channels_last
from export.rewrite.divisions import exported
from export.rewrite.silence import environment, silent
from tests.export import handmade
from training.models.lrn import LrnDepth, TappedSequence


def graph_of(module: nn.Module, *shape: int) -> fx.GraphModule:
    network = torch.export.export(module.eval(), (torch.zeros(*shape),)).module(check_guards=False)
    assert isinstance(network, fx.GraphModule)
    return network


def kinds(network: fx.GraphModule) -> Counter[str]:
    calls = network.graph.find_nodes
    names = ("conv2d", "batch_norm", "add", "div", "pad", "sub", "permute")
    return Counter(
        name
        for name in names
        for overload in (getattr(torch.ops.aten, name),)
        for packet in overload.overloads()
        for _ in calls(op="call_function", target=getattr(overload, packet))
    )


def randomized(module: nn.Module, seed: int = 0) -> nn.Module:
    """Weights and statistics that no fold can get right by leaving something out."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.BatchNorm2d):
                for values in (layer.weight, layer.running_var):
                    assert values is not None
                    values.copy_(0.5 + torch.rand(values.shape, generator=generator))
                for values in (layer.bias, layer.running_mean):
                    assert values is not None
                    values.copy_(torch.randn(values.shape, generator=generator))
    return module.eval()


def multiply_adds(module: nn.Module, x: Tensor) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(x)
    return int(counter.get_total_flops()) // 2


@given(st.integers(1, 5), st.integers(1, 5), st.booleans(), st.integers(0, 99))
def test_batch_norms_fold(inputs: int, outputs: int, bias: bool, seed: int) -> None:
    module = randomized(
        nn.Sequential(nn.Conv2d(inputs, outputs, 3, bias=bias), nn.BatchNorm2d(outputs)), seed
    )
    network = graph_of(module, 1, inputs, 6, 6)
    linear.merge(network)
    assert kinds(network) == {"conv2d": 1}
    x = torch.randn(1, inputs, 6, 6, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        torch.testing.assert_close(network(x), module(x), rtol=1e-4, atol=1e-5)


class Sum(nn.Module):
    """outer(y(x) + inner(x)), and on request inner(x) itself, so that it may not disappear."""

    def __init__(self, middle: int, outputs: int, shared: bool = False, kernel: int = 3) -> None:
        super().__init__()
        self.y = nn.Sequential(nn.Conv2d(4, middle, kernel, padding=kernel // 2), nn.ReLU())
        self.inner = nn.Conv2d(4, middle, kernel, padding=kernel // 2)
        self.outer = nn.Conv2d(middle, outputs, 1)
        self.shared = shared

    def forward(self, x: Tensor) -> Tensor:
        inner = self.inner(x)
        result: Tensor = self.outer(self.y(x) + inner)
        return result + inner.mean() if self.shared else result


@pytest.mark.parametrize(
    ("module", "fewer"),
    [
        (nn.Sequential(nn.Conv2d(4, 16, 1), nn.Conv2d(16, 4, 1)), True),
        (nn.Sequential(nn.Conv2d(4, 8, 3, 2, 1), nn.Conv2d(8, 8, 1)), True),
        (nn.Sequential(nn.Conv2d(4, 8, 1), nn.Conv2d(8, 8, 1), nn.Conv2d(8, 4, 1)), True),
        (nn.Sequential(nn.Conv2d(4, 2, 1), nn.Conv2d(2, 64, 1)), False),  # a bottleneck is cheaper
        (nn.Sequential(nn.Conv2d(4, 16, 1), nn.ReLU(), nn.Conv2d(16, 4, 1)), False),
        (nn.Sequential(nn.Conv2d(4, 16, 1), nn.Conv2d(16, 4, 1, groups=2)), False),
        (nn.Sequential(nn.Conv2d(4, 16, 1), nn.Conv2d(16, 4, 3)), False),
        (nn.Sequential(nn.Conv2d(4, 16, 1), nn.Conv2d(16, 4, 1, stride=2)), False),
        (nn.Sequential(nn.Conv2d(4, 4, 3, groups=4), nn.Conv2d(4, 4, 1)), False),
        (Sum(8, 3), True),
        (Sum(8, 8), False),
        (Sum(8, 3, shared=True), False),
    ],
)
def test_linear_layers_merge_where_that_saves_multiply_adds(module: nn.Module, fewer: bool) -> None:
    network, x = graph_of(module, 1, 4, 8, 8), torch.randn(1, 4, 8, 8)
    linear.merge(network)
    before, after = multiply_adds(module, x), multiply_adds(network, x)
    assert after < before if fewer else after == before
    with torch.no_grad():
        torch.testing.assert_close(network(x), module(x), rtol=1e-4, atol=1e-5)


class Padded(nn.Module):
    """TensorFlow's SAME of a stride-2 convolution, as timm writes it."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu6(self.bn(self.conv(F.pad(x, [0, 1, 0, 1]))))


def depth_network() -> LrnDepth:
    channels = (4, 4, 6, 8, 12)
    layers = nn.Sequential(*(Padded(i, o) for i, o in zip((3, *channels), channels, strict=False)))
    encoder = TappedSequence(layers, (0, 1, 2, 3, 4))
    network = randomized(LrnDepth(encoder, channels, (127.0, 120.0, 100.0), (50.0, 60.0, 70.0)))
    assert isinstance(network, LrnDepth)
    return network


def test_whole_network_channels_last() -> None:
    model = depth_network()
    network = exported(model, 64, 64).module(check_guards=False)
    assert isinstance(network, fx.GraphModule)
    linear.merge(network)
    assert not {"batch_norm", "div"} & kinds(network).keys()
    rewritten = channels_last(network)
    image = 255 * torch.rand(1, 64, 64, 3)
    with torch.no_grad():
        expected = model(image.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        found = rewritten(image)
    assert found.keys() == {"log_disparity"}
    torch.testing.assert_close(found["log_disparity"], expected, rtol=1e-4, atol=1e-4)
    inner = rewritten.network
    assert isinstance(inner, fx.GraphModule)
    assert kinds(inner)["permute"] == 2
    first = inner.graph.find_nodes(op="call_function", target=torch.ops.aten.permute.default)[0]
    assert [user.target for user in first.users] == [torch.ops.aten.conv2d.default]


def test_file_survives_reading_and_writing() -> None:
    content = handmade.convolution(4, 6, int8=True)
    model = flatbuffer.read(content)
    flatbuffer.put_metadata(model, "notes", b"first")
    flatbuffer.put_metadata(model, "notes", "zweite Fassung ✓".encode())
    again = flatbuffer.read(flatbuffer.write(model))
    assert flatbuffer.get_metadata(again, "notes") == "zweite Fassung ✓".encode()
    assert flatbuffer.get_metadata(again, "absent") is None
    (operation,) = flatbuffer.operations(again)
    assert (operation.index, operation.kind) == (0, "CONV_2D")
    weights = flatbuffer.constant(again, operation.inputs[1], np.int8)
    np.testing.assert_array_equal(weights.ravel(), handmade.WEIGHTS * 128)


def test_tensors_are_named_after_their_operation() -> None:
    model = flatbuffer.read(handmade.convolution(4, 6, int8=False))
    flatbuffer.rename(model, "picture", "map")
    names = [tensor.name.decode() for tensor in model.subgraphs[0].tensors]
    assert names == ["picture", "conv_2d_0/operand_1", "conv_2d_0/operand_2", "map"]


def test_buffers_are_aligned() -> None:
    model = flatbuffer.read(handmade.convolution(4, 6, int8=False))
    for length in (1, 7, 33):
        flatbuffer.put_metadata(model, str(length), bytes(length))
    content = flatbuffer.write(model)
    start = np.frombuffer(content, np.uint8).ctypes.data
    packed = schema.Model.GetRootAs(content, 0)
    filled = [packed.Buffers(i) for i in range(packed.BuffersLength()) if packed.Buffers(i).DataLength()]
    assert len(filled) == 5
    assert {(buffer.DataAsNumpy().ctypes.data - start) % 16 for buffer in filled} == {0}


def test_weights_behind_the_flatbuffer_are_taken_in() -> None:
    inside = handmade.convolution(4, 6, int8=False)
    model = flatbuffer.read(inside)
    data = bytes(model.buffers[1].data)
    for offset in (1 << 20, len(_with_external(model, 1 << 20, len(data)))):
        content = _with_external(model, offset, len(data))
    found = flatbuffer.read(content + data)
    assert flatbuffer.write(found) == flatbuffer.write(flatbuffer.read(inside))


def _with_external(model: schema.ModelT, offset: int, size: int) -> bytes:
    """The file with its first filled buffer said to lie at `offset`."""
    outside = schema.BufferT()
    outside.offset, outside.size = offset, size
    builder = flatbuffers.Builder(0)
    kept, model.buffers[1] = model.buffers[1], outside
    builder.Finish(model.Pack(builder), file_identifier=flatbuffer.IDENTIFIER)
    model.buffers[1] = kept
    return bytes(builder.Output())


def test_equal_vectors_are_written_once() -> None:
    model = flatbuffer.read(handmade.convolution(4, 6, int8=True))
    short = len(flatbuffer.write(model))
    for tensor in model.subgraphs[0].tensors:
        tensor.quantization.zeroPoint = np.zeros(1000, np.int64)
    assert 7000 < len(flatbuffer.write(model)) - short < 9000


def test_metadata_is_a_metadata_flatbuffer() -> None:
    values = {"name": "lite0", "title": "EfficientNet-Lite0-LRN", "version": "ab12", "licence": "Apache-2.0",
              "trained_on": ["nyu", "synthetic"]}  # fmt: skip
    content = tflite_metadata.encode(values, height=384, width=512)
    assert content[4:8] == b"M001"
    root = Table(content, int.from_bytes(content[:4], "little"))
    assert text(root, 0) == "EfficientNet-Lite0-LRN"
    assert text(root, 1).endswith("Trained on: nyu, synthetic.")
    assert (text(root, 2), text(root, 5), text(root, 7)) == ("ab12", "Apache-2.0", "1.0.0")
    graph = element(root, 3)
    image, log_disparity = element(graph, 2), element(graph, 3)
    assert (text(image, 0), text(log_disparity, 0)) == ("image", "log_disparity")
    content_table = member(image, 3)
    assert number(content_table, 0, "Uint8") == tflite_metadata.IMAGE_PROPERTIES
    properties = member(content_table, 1)
    assert number(properties, 0, "Uint8") == tflite_metadata.RGB
    size = member(properties, 1)
    assert (number(size, 0, "Uint32"), number(size, 1, "Uint32")) == (512, 384)
    normalization = member(element(image, 4), 1)
    assert [floats(normalization, slot) for slot in (0, 1)] == [[0.0], [1.0]]
    stats = member(image, 5)
    assert [floats(stats, slot) for slot in (0, 1)] == [[255.0], [0.0]]


def place(table: Table, slot: int) -> int:
    offset: int = table.Offset(4 + 2 * slot)
    assert offset, f"slot {slot} is empty"
    return offset + int(table.Pos)


def text(table: Table, slot: int) -> str:
    return bytes(table.String(place(table, slot))).decode()


def number(table: Table, slot: int, kind: str) -> int:
    return int(table.Get(getattr(flatbuffers.number_types, f"{kind}Flags"), place(table, slot)))


def member(table: Table, slot: int) -> Table:
    return Table(table.Bytes, table.Indirect(place(table, slot)))


def element(table: Table, slot: int) -> Table:
    return Table(table.Bytes, table.Indirect(table.Vector(place(table, slot) - table.Pos)))


def floats(table: Table, slot: int) -> list[float]:
    offset = place(table, slot) - table.Pos
    start, length = table.Vector(offset), table.VectorLen(offset)
    return [float(value) for value in np.frombuffer(table.Bytes, np.float32, length, start)]


def test_native_output_is_kept_back(capfd: pytest.CaptureFixture[str]) -> None:
    def speak() -> None:
        with silent():
            os.write(1, b"from C++\n")
            os.write(2, b"from C++\n")
            raise OSError("passes")

    with pytest.raises(OSError, match="passes"):
        speak()
    print("heard")
    assert capfd.readouterr() == ("heard\n", "")


def test_environment_is_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUMB_KNOWN", "before")
    with environment(PLUMB_KNOWN="inside", PLUMB_NEW="inside"):
        assert os.environ["PLUMB_KNOWN"] == os.environ["PLUMB_NEW"] == "inside"
    assert os.environ["PLUMB_KNOWN"] == "before"
    assert "PLUMB_NEW" not in os.environ
