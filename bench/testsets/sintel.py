"""MPI Sintel, training part, final pass: `final/SEQUENCE/FRAME.png`, `depth/SEQUENCE/FRAME.dpt`.

Both folders lie in the data folder, in its `sintel`, or in `training` of either (as published).
A .dpt file holds the float 202021.25, width, height (int32), then metres row by row, little-endian.
Butler et al., "A Naturalistic Open Source Movie for Optical Flow Evaluation", ECCV 2012.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.testsets.shot import DataError, Map, Shots, Truth, measured, place, read_rgb

PUBLISHED_AT = "http://sintel.is.tue.mpg.de/depth (depth), http://sintel.is.tue.mpg.de/downloads (images)"
LAYOUT = "sintel/final and sintel/depth"
CAP_M = 72.0
FOLDERS = tuple(
    f"{name}{part}"
    for name in ("sintel/", "Sintel/", "MPI-Sintel/", "MPI-Sintel-complete/", "")
    for part in ("", "training")
)
TAG = 202021.25
HEADER_BYTES = 12


def find(data: Path) -> Shots | None:
    """Every frame of the final pass; one sequence is one group."""
    folder = place(data, FOLDERS, "final/*/*.png")
    if folder is None or not (folder / "depth").is_dir():
        return None
    frames = [(p.parent.name, p.stem) for p in sorted(folder.glob("final/*/*.png"))]
    names = tuple(f"{sequence}/{frame}" for sequence, frame in frames)

    def truth(i: int) -> Truth:
        return Truth(depth=measured(read_dpt(folder / "depth" / f"{names[i]}.dpt")))

    return Shots(
        names=names,
        groups=tuple(sequence for sequence, _ in frames),
        photo=lambda i: read_rgb(folder / "final" / f"{names[i]}.png"),
        truth=truth,
        where=folder,
    )


def read_dpt(path: Path) -> Map:
    """H×W metres of a .dpt file; DataError for a wrong tag, size or length."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    if len(content) < HEADER_BYTES or np.frombuffer(content, "<f4", 1)[0] != TAG:
        raise DataError(f"{path}: not a .dpt file: it must begin with the float {TAG}")
    width, height = (int(side) for side in np.frombuffer(content, "<i4", 2, offset=4))
    expected = HEADER_BYTES + 4 * width * height
    if min(width, height) < 1 or len(content) != expected:
        raise DataError(f"{path}: {len(content)} bytes; {width}×{height} pixels need {expected}")
    return np.frombuffer(content, "<f4", offset=HEADER_BYTES).reshape(height, width).astype(np.float32)
