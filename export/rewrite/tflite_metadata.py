"""The `ModelMetadata` flatbuffer that Android Studio and LiteRT's support library read in a .tflite file.

Written after `metadata_schema.fbs` (file identifier M001) field by field, since no package that the
export needs anyway holds the schema. Slots are the fields' numbers there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import flatbuffers

BUFFER = "TFLITE_METADATA"
IDENTIFIER = b"M001"
OLDEST_PARSER = "1.0.0"  # the first that knows image properties and normalisation
RGB, IMAGE_PROPERTIES, NORMALIZATION = 1, 2, 1

# What a table's slot holds: the offset of what was written before, or a number (uint8 or uint32).
Slots = Mapping[int, int]


def encode(values: Mapping[str, object], height: int, width: int) -> bytes:
    """The metadata of a depth network from the values of its model.json (name, title, version, licence)."""
    builder = flatbuffers.Builder(1024)
    graph = _table(
        builder,
        {
            0: builder.CreateString(str(values.get("name", ""))),
            2: _offsets(builder, [_image(builder, height, width)]),
            3: _offsets(builder, [_map(builder)]),
        },
    )
    trained_on = values.get("trained_on")
    sets = ", ".join(map(str, trained_on)) if isinstance(trained_on, list | tuple) else ""
    description = "One RGB image to log-disparity, log(1/depth), up to an additive constant."
    metadata = _table(
        builder,
        {
            0: builder.CreateString(str(values.get("title", values.get("name", "")))),
            1: builder.CreateString(f"{description} Trained on: {sets or 'not said'}."),
            2: builder.CreateString(str(values.get("version", ""))),
            3: _offsets(builder, [graph]),
            5: builder.CreateString(str(values.get("licence", ""))),
            7: builder.CreateString(OLDEST_PARSER),
        },
    )
    builder.Finish(metadata, file_identifier=IDENTIFIER)
    return bytes(builder.Output())


def _image(builder: flatbuffers.Builder, height: int, width: int) -> int:
    """The input: RGB, 0…255 as it is (mean 0, standard deviation 1; the network normalises inside)."""
    size = _table(builder, {}, uint32={0: width, 1: height})
    properties = _table(builder, {1: size}, uint8={0: RGB})
    content = _table(builder, {1: properties}, uint8={0: IMAGE_PROPERTIES})
    normalization = _table(builder, {0: _floats(builder, [0.0]), 1: _floats(builder, [1.0])})
    unit = _table(builder, {1: normalization}, uint8={0: NORMALIZATION})
    return _tensor(builder, "image", "RGB, 0…255", {3: content, 4: _offsets(builder, [unit])}, (0.0, 255.0))


def _map(builder: flatbuffers.Builder) -> int:
    text = "log(1/depth) up to an additive constant; depth is exp(−value) up to scale"
    return _tensor(builder, "log_disparity", text, {})


def _tensor(
    builder: flatbuffers.Builder,
    name: str,
    description: str,
    slots: Slots,
    ends: tuple[float, float] | None = None,
) -> int:
    """TensorMetadata; ends: least and largest value."""
    named = {0: builder.CreateString(name), 1: builder.CreateString(description)}
    if ends is not None:
        low, high = (_floats(builder, [end]) for end in ends)
        named[5] = _table(builder, {0: high, 1: low})
    return _table(builder, {**named, **slots})


def _table(
    builder: flatbuffers.Builder, offsets: Slots, uint8: Slots | None = None, uint32: Slots | None = None
) -> int:
    """A table of what its slots hold; its offset."""
    builder.StartObject(8)
    for slot, value in offsets.items():
        builder.PrependUOffsetTRelativeSlot(slot, value, 0)
    for slot, value in (uint32 or {}).items():
        builder.PrependUint32Slot(slot, value, 0)
    for slot, value in (uint8 or {}).items():
        builder.PrependUint8Slot(slot, value, 0)
    return int(builder.EndObject())


def _offsets(builder: flatbuffers.Builder, tables: Sequence[int]) -> int:
    builder.StartVector(4, len(tables), 4)
    for table in reversed(tables):
        builder.PrependUOffsetTRelative(table)
    return int(builder.EndVector())


def _floats(builder: flatbuffers.Builder, values: Sequence[float]) -> int:
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependFloat32(value)
    return int(builder.EndVector())
