"""Alignment of an APK's uncompressed entries, for phones whose pages are 16 KB: Debian's zipalign knows 4."""

from __future__ import annotations

import zipfile
from pathlib import Path

PAGE, WORD = 16384, 4
LOCAL_HEADER = 30
ALIGNMENT_EXTRA = b"\x35\xd9"  # Android's own kind of extra field, for padding
TIME = (1981, 1, 1, 1, 1, 2)  # always the same: equal input gives equal bytes


def alignment(name: str) -> int:
    return PAGE if name.endswith(".so") else WORD


def align(source: Path, target: Path) -> None:
    """A copy in which every stored entry begins where `alignment` says; equal input gives equal bytes."""
    with zipfile.ZipFile(source) as old, target.open("wb") as file, zipfile.ZipFile(file, "w") as new:
        for entry in old.infolist():
            copy = zipfile.ZipInfo(entry.filename, TIME)
            copy.compress_type, copy.external_attr = entry.compress_type, 0
            if entry.compress_type == zipfile.ZIP_STORED:
                start = file.tell() + LOCAL_HEADER + len(entry.filename.encode())
                copy.extra = padding(-start % alignment(entry.filename))
            new.writestr(copy, old.read(entry))


def padding(length: int) -> bytes:
    """An extra field that takes that many bytes; at least four, which keeps the alignment."""
    if not length:
        return b""
    length += WORD if length < WORD else 0
    return ALIGNMENT_EXTRA + (length - 4).to_bytes(2, "little") + bytes(length - 4)


def misaligned(apk: Path) -> list[str]:
    """A line for each stored entry that does not begin where it should."""
    wrong = []
    with zipfile.ZipFile(apk) as archive, apk.open("rb") as file:
        for entry in archive.infolist():
            if entry.compress_type != zipfile.ZIP_STORED:
                continue
            file.seek(entry.header_offset + 26)
            name, extra = (int.from_bytes(file.read(2), "little") for _ in range(2))
            start = entry.header_offset + LOCAL_HEADER + name + extra
            if start % alignment(entry.filename):
                wrong.append(
                    f"{entry.filename} begins at {start}, no multiple of {alignment(entry.filename)}"
                )
    return wrong
