"""Writes the bytes of Java class files (The Java Virtual Machine Specification, chapter 4)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

VERSION = 52  # Java 8
Attribute = tuple[str, bytes]


def modified_utf8(text: str) -> bytes:
    """UTF-8, but 0 takes two bytes, and a character beyond 16 bits is two surrogates of three each."""
    halves = text.encode("utf-16-be", "surrogatepass")
    units = struct.unpack(f">{len(halves) // 2}H", halves)
    return b"".join(b"\xc0\x80" if u == 0 else chr(u).encode("utf-8", "surrogatepass") for u in units)


class Pool:
    """The constant pool: each entry once, numbered from 1."""

    def __init__(self) -> None:
        self.entries: list[bytes] = []
        self.numbers: dict[bytes, int] = {}
        self.count = 1
        self.texts: list[str] = []
        self.classes: list[str] = []

    def add(self, entry: bytes, places: int = 1) -> int:
        if entry not in self.numbers:
            self.numbers[entry] = self.count
            self.entries.append(entry)
            self.count += places
        return self.numbers[entry]

    def text(self, text: str) -> int:
        encoded = modified_utf8(text)
        self.texts.append(text)
        return self.add(struct.pack(">BH", 1, len(encoded)) + encoded)

    def class_of(self, internal: str) -> int:
        self.classes.append(internal)
        return self.add(struct.pack(">BH", 7, self.text(internal)))

    def string(self, text: str) -> int:
        return self.add(struct.pack(">BH", 8, self.text(text)))

    def number(self, kind: str, value: float) -> int:
        """kind: i, q, f or d, as struct has it."""
        tag, places = {"i": (3, 1), "f": (4, 1), "q": (5, 2), "d": (6, 2)}[kind]
        return self.add(struct.pack(f">B{kind}", tag, value), places)


def u2(value: int) -> bytes:
    return struct.pack(">H", value)


def table(entries: Sequence[bytes]) -> bytes:
    return u2(len(entries)) + b"".join(entries)


def attributes(pool: Pool, found: Sequence[Attribute]) -> bytes:
    return table([struct.pack(">HI", pool.text(name), len(data)) + data for name, data in found])


def member(pool: Pool, flags: int, name: str, descriptor: str, found: Sequence[Attribute]) -> bytes:
    head = struct.pack(">HHH", flags, pool.text(name), pool.text(descriptor))
    return head + attributes(pool, found)


def throwing_code(argument_places: int) -> Attribute:
    """A body that throws null: what is compiled against, never run."""
    code = b"\x01\xbf"  # aconst_null, athrow
    body = struct.pack(">HHI", 1, argument_places + 1, len(code)) + code + table([]) + table([])
    return "Code", body


def whole(
    pool: Pool, flags: int, names: tuple[int, int], interfaces: Sequence[int],
    members: Sequence[Sequence[bytes]], found: Sequence[Attribute],
) -> bytes:  # fmt: skip
    """names: pool entries of the class and its parent (0: none). members: fields, methods."""
    end = attributes(pool, found)
    body = struct.pack(">HHH", flags, *names) + table([u2(i) for i in interfaces])
    body += b"".join(table(kind) for kind in members) + end
    return struct.pack(">IHHH", 0xCAFEBABE, 0, VERSION, pool.count) + b"".join(pool.entries) + body
