"""Reads of a class file what it refers to: its own name, its parent, and the members that it uses."""

from __future__ import annotations

import struct
from dataclasses import dataclass

# Tag → size of an entry after it. Texts (1) hold their length; longs (5) and doubles (6) take two numbers.
SIZES = {
    3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2,
}  # fmt: skip
TEXT, LONG, DOUBLE, CLASS, NAME_AND_TYPE = 1, 5, 6, 7, 12
REFERENCES = (9, 10, 11)  # fields, methods, methods of interfaces


@dataclass(frozen=True)
class References:
    """name, parent: internal, as java/lang/Object ("" above it). members: (owner, name) of all uses."""

    name: str
    parent: str
    members: frozenset[tuple[str, str]]


def read(data: bytes) -> References:
    entries, at = _entries(data)
    this, parent = struct.unpack_from(">HH", data, at + 2)

    def text(number: int) -> str:
        tag, body = entries[number]
        return (
            body.decode("utf-8", "surrogatepass") if tag == TEXT else text(struct.unpack(">H", body[:2])[0])
        )

    members = set()
    for tag, body in entries.values():
        if tag in REFERENCES:
            owner, name_and_type = struct.unpack(">HH", body)
            members.add((text(owner), text(name_and_type)))
    return References(text(this), text(parent) if parent else "", frozenset(members))


def _entries(data: bytes) -> tuple[dict[int, tuple[int, bytes]], int]:
    """Number → tag and body of the constant pool, and where it ends."""
    (count,) = struct.unpack_from(">H", data, 8)
    entries: dict[int, tuple[int, bytes]] = {}
    at, number = 10, 1
    while number < count:
        tag = data[at]
        start = at + 3 if tag == TEXT else at + 1
        at = start + (struct.unpack_from(">H", data, at + 1)[0] if tag == TEXT else SIZES[tag])
        entries[number] = (tag, data[start:at])
        number += 2 if tag in (LONG, DOUBLE) else 1
    return entries, at
