"""A folder of one's own: photos `NAME.jpg`, `.jpeg` or `.png` with their depth beside them.

Depth is `NAME_depth.png` (16 bit, millimetres), `NAME_depth.npy` or `NAME.npy` (metres), or, beside a JPEG,
`NAME.png` (16 bit, millimetres); 0 or not finite = no measurement. Photos without depth are left out.
Folders with an `index.csv` are not for this reader: what their pictures hold stands there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.testsets.shot import DataError, Map, Shots, Truth, different, measured, read_depth_mm, read_rgb

LAYOUT = "photos NAME.jpg with NAME.png (16 bit, mm) or NAME.npy (m) in the data folder itself"
PHOTOS = (".jpg", ".jpeg", ".png")
BESIDE_ANY = ("{}_depth.png", "{}_depth.npy", "{}.npy")
BESIDE_JPEG = "{}.png"


def find(data: Path) -> Shots | None:
    """The photos with depth; each is a group of its own."""
    if not data.is_dir() or (data / "index.csv").is_file():
        return None
    files = {path.name for path in data.iterdir()}
    pairs = [(name, depth) for name in sorted(files) if (depth := _depth(data, name, files))]
    if not pairs:
        return None
    names = different(data, [Path(name).stem for name, _ in pairs])
    return Shots(
        names=names,
        groups=names,
        photo=lambda i: read_rgb(data / pairs[i][0]),
        truth=lambda i: Truth(depth=_read(data / pairs[i][1])),
        where=data,
    )


def _depth(data: Path, photo: str, files: set[str]) -> str | None:
    """The name of the depth beside a photo; DataError where there are two."""
    stem, suffix = Path(photo).stem, Path(photo).suffix
    if suffix.lower() not in PHOTOS or stem.endswith("_depth"):
        return None
    forms = BESIDE_ANY if suffix.lower() == ".png" else (*BESIDE_ANY, BESIDE_JPEG)
    found = [name for form in forms if (name := form.format(stem)) in files]
    if len(found) > 1:
        raise DataError(f"{data / photo}: {found[0]} and {found[1]} beside it; keep one")
    return found[0] if found else None


def _read(path: Path) -> Map:
    if path.suffix == ".png":
        return read_depth_mm(path)
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path}: not an array that can be read ({error})") from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu" or values.ndim not in (2, 3):
        raise DataError(f"{path}: H×W numbers were expected")
    if values.ndim == 3 and values.shape[2] != 1:
        raise DataError(f"{path}: H×W numbers were expected, found {values.shape}")
    return measured(values.reshape(values.shape[:2]))
