"""A .tflite file as objects and back: names, metadata, what operations it holds.

Weights are written inside the flatbuffer, 16-byte aligned: quantizers put them behind it, where
runtimes older than 2024 do not look, and Python's own packing aligns them to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

IDENTIFIER = b"TFL3"
ALIGNMENT = 16
OPERATIONS = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}


@dataclass(frozen=True)
class Operation:
    """Number `index` of the graph; inputs and outputs are its tensors (None: left out)."""

    index: int
    kind: str
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    options: Any


def read(content: bytes) -> Any:
    """A file's `ModelT`, its buffers inside."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    for buffer in model.buffers:
        if buffer.offset > 1:
            data = np.frombuffer(content, np.uint8, buffer.size, buffer.offset)
            buffer.data, buffer.offset, buffer.size = data, 0, 0
    return model


def write(model: Any) -> bytes:
    """The file of a `ModelT`."""
    for buffer in model.buffers:
        buffer.__class__ = _AlignedBuffer
    builder = _SharingBuilder(1024)
    builder.Finish(model.Pack(builder), file_identifier=IDENTIFIER)
    return bytes(builder.Output())


def operations(model: Any) -> Iterator[Operation]:
    """The operations of the only graph, in the order in which they run."""
    (graph,) = model.subgraphs
    for index, operator in enumerate(graph.operators):
        code = model.operatorCodes[operator.opcodeIndex]
        kind = OPERATIONS[max(code.builtinCode, code.deprecatedBuiltinCode)]
        inputs, outputs = (
            tuple(graph.tensors[i] if i >= 0 else None for i in tensors)
            for tensors in (operator.inputs, operator.outputs)
        )
        yield Operation(index, kind, inputs, outputs, operator.builtinOptions)


def constant(model: Any, tensor: Any, kind: type[Any]) -> NDArray[Any]:
    """The values of a tensor that the file holds (weights, biases), in its shape."""
    values = np.frombuffer(bytes(model.buffers[tensor.buffer].data), kind)
    return values.reshape(tuple(tensor.shape))


def rename(model: Any, image: str, log_disparity: str) -> None:
    """Name the graph's ends as the signature does, and all else after the operation that it belongs to."""
    (graph,) = model.subgraphs
    computed = {id(tensor) for op in operations(model) for tensor in op.outputs}
    for op in operations(model):
        op.outputs[0].name = f"{op.kind.lower()}_{op.index}".encode()
        for number, tensor in enumerate(op.inputs):
            if number and tensor is not None and id(tensor) not in computed:
                tensor.name = f"{op.kind.lower()}_{op.index}/operand_{number}".encode()
    for (index,), name in ((graph.inputs, image), (graph.outputs, log_disparity)):
        graph.tensors[index].name = name.encode()


def put_metadata(model: Any, name: str, content: bytes) -> None:
    """Add the buffer `name` to the file's metadata, in the place of one of that name."""
    kept = [entry for entry in model.metadata or [] if entry.name.decode() != name]
    entry = schema.MetadataT()
    entry.name, entry.buffer = name.encode(), len(model.buffers)
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(content, np.uint8)
    model.buffers.append(buffer)
    model.metadata = [*kept, entry]


def get_metadata(model: Any, name: str) -> bytes | None:
    """The content of the metadata buffer `name`."""
    for entry in model.metadata or []:
        if entry.name.decode() == name:
            return bytes(model.buffers[entry.buffer].data)
    return None


class _SharingBuilder(flatbuffers.Builder):  # type: ignore[misc]
    """Writes equal vectors once: the zero points of weights quantized per channel are all 0."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._written: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: NDArray[Any]) -> int:
        key = (x.dtype.str, x.tobytes())
        if key not in self._written:
            self._written[key] = super().CreateNumpyVector(x)
        return self._written[key]


class _AlignedBuffer(schema.BufferT):  # type: ignore[misc]
    """A buffer that is packed as the schema's `force_align: 16` demands."""

    def Pack(self, builder: Any) -> Any:
        vector = None
        if self.data is not None:
            data = np.ascontiguousarray(self.data, np.uint8)
            builder.StartVector(1, data.size, ALIGNMENT)
            builder.head = builder.Head() - data.size
            builder.Bytes[builder.Head() : builder.Head() + data.size] = data.tobytes()
            vector = builder.EndVector()
        schema.BufferStart(builder)
        if vector is not None:
            schema.BufferAddData(builder, vector)
        return schema.BufferEnd(builder)
