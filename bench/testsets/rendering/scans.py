"""Laser scans as ETH3D publishes them: `scan_alignment.mlp`, and the `.ply` files that it lists.

The project (MeshLab's XML) gives each scan a 4×4 matrix, row by row: scan → world coordinates. A scan is
binary PLY with `x y z` and whatever else; it is memory-mapped and handed out in blocks, so that its number
of points does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.testsets.shot import DataError, inside

ALIGNMENT = "scan_alignment.mlp"
MAX_PROJECT_BYTES, MAX_HEADER_BYTES = 1 << 20, 1 << 16
# A block of this many points and what is computed from it stay in the processor's cache.
BLOCK = 1 << 16


@dataclass(frozen=True)
class Scan:
    """vertices: the file's records, memory-mapped · to_world 4×4."""

    path: Path
    vertices: NDArray[Any]
    to_world: NDArray[np.float64]


@dataclass(frozen=True)
class Block:
    """Points origin + offsets[:, i] in scan coordinates; 3 values and 3×N float32.

    Apart, because float32 alone would not do for coordinates far from the origin.
    """

    origin: NDArray[np.float64]
    offsets: NDArray[np.float32]


def read_scans(folder: Path) -> tuple[Scan, ...]:
    """The scans that the folder's alignment lists; DataError names the file that is missing or broken."""
    project = folder / ALIGNMENT
    aligned = _alignment(project)
    if not aligned:
        raise DataError(f"{project}: lists no scan (MLMesh with a filename and a MLMatrix44)")
    return tuple(Scan(p, _vertices(p), to_world) for p, to_world in aligned)


def _alignment(project: Path) -> list[tuple[Path, NDArray[np.float64]]]:
    from xml.etree import ElementTree

    try:
        with project.open("rb") as file:
            text = file.read(MAX_PROJECT_BYTES + 1)
    except FileNotFoundError as error:
        raise DataError(f"{project}: no such file; it is published beside the scans") from error
    if len(text) > MAX_PROJECT_BYTES or b"<!ENTITY" in text:
        raise DataError(f"{project}: over {MAX_PROJECT_BYTES:,} bytes, or with entities: no list of scans")
    try:
        meshes = list(ElementTree.fromstring(text).iter("MLMesh"))
    except (ElementTree.ParseError, ValueError) as error:
        raise DataError(f"{project}: not a MeshLab project that can be read ({error})") from error
    return [
        (inside(project.parent, m.get("filename") or "?"), _matrix(m.findtext("MLMatrix44"), project))
        for m in meshes
    ]


def _matrix(text: str | None, project: Path) -> NDArray[np.float64]:
    try:
        values = np.array([float(word) for word in (text or "").split()]).reshape(4, 4)
    except ValueError as error:
        raise DataError(f"{project}: a MLMatrix44 is not 4×4 numbers ({error})") from error
    if not np.isfinite(values).all() or (values[3] != (0, 0, 0, 1)).any():
        raise DataError(f"{project}: a MLMatrix44 is not finite, or its last row is not 0 0 0 1")
    return values


def _vertices(path: Path) -> NDArray[Any]:
    """The file's vertex records, nothing of them in memory yet."""
    from plyfile import PlyData, PlyParseError

    try:
        _check_header(path)
        vertices: NDArray[Any] = PlyData.read(str(path), mmap="r")["vertex"].data
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file, but {ALIGNMENT} lists it") from error
    except KeyError as error:
        raise DataError(f"{path}: a PLY file without an element 'vertex'") from error
    except (PlyParseError, OSError, ValueError, OverflowError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path}: not a PLY file that can be read ({error})") from error
    lacking = [a for a in "xyz" if a not in (vertices.dtype.names or ()) or vertices.dtype[a].kind != "f"]
    if lacking:
        raise DataError(f"{path}: its vertices have no {lacking[0]} of type float or double")
    return vertices


def _check_header(path: Path) -> None:
    """DataError for a file that plyfile would read record by record, or whole into memory.

    That is text, lists (meshes), and a header without an end. What remains is mapped after a comparison
    of the file's size with the count, whatever number that is.
    """
    with path.open("rb") as file:
        start = file.read(MAX_HEADER_BYTES)
    end = re.search(rb"\nend_header\r?\n", start)
    if not start.startswith(b"ply") or end is None:
        raise DataError(f"{path}: not a PLY file (no header within {MAX_HEADER_BYTES:,} bytes)")
    header = start[: end.start()]
    if re.search(rb"\nformat\s+binary_", header) is None:
        raise DataError(f"{path}: a PLY file of text; scans are read in binary: save it so")
    if re.search(rb"\nproperty\s+list\b", header) or re.search(rb"\nelement\s+\S+\s+-", header):
        raise DataError(f"{path}: holds lists, as meshes do, or a negative count; scans are points alone")


def blocks(scan: Scan) -> Iterator[Block]:
    """All finite points of the scan, in the file's order, at most BLOCK at a time."""
    for start in range(0, len(scan.vertices), BLOCK):
        rows = scan.vertices[start : start + BLOCK]
        columns = [np.asarray(rows[axis]) for axis in "xyz"]
        finite = np.isfinite(columns[0]) & np.isfinite(columns[1]) & np.isfinite(columns[2])
        if not finite.all():
            columns = [column[finite] for column in columns]
        if len(columns[0]):
            yield _block(columns)


def _block(columns: list[NDArray[Any]]) -> Block:
    offsets = np.empty((3, len(columns[0])), np.float32)
    with np.errstate(over="ignore"):  # absurd coordinates become infinite, and are seen by no camera
        for column, row in zip(columns, offsets, strict=True):
            np.subtract(column, column[0], out=row, casting="same_kind")
    return Block(np.array([column[0] for column in columns], np.float64), offsets)
