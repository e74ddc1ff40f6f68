"""Middlebury stereo scenes as published, in `middlebury/SCENE` or `middlebury/YEAR/SCENE`.

2014 and MiddEval3: `im0.png`, `disp0.pfm` (or `disp0GT.pfm`) · 2005, 2006: `view1.png`, `disp1.png` ·
2001, 2003: `im2.ppm` or `.png`, `disp2.pgm` or `.png`. Disparities count up to scale and shift, so neither
the factors of the 8-bit pictures nor calibrations matter; 0 and infinity mean unknown.
"""

from __future__ import annotations

from pathlib import Path

from bench.testsets.shot import DataError, Shots, Truth, read_levels, read_rgb

FOLDERS = ("middlebury", "Middlebury", "")
# Photo → names that its truth may have.
FILES: dict[str, tuple[str, ...]] = {
    "im0.png": ("disp0.pfm", "disp0GT.pfm"),
    "view1.png": ("disp1.png",),
    "im2.png": ("disp2.png", "disp2.pgm"),
    "im2.ppm": ("disp2.pgm", "disp2.png"),
}
PATTERNS = tuple(f"{folder}{photo}" for folder in ("*/", "*/*/") for photo in FILES)
# 2014 has some scenes twice, with perfect and imperfect rectification.
RECTIFICATIONS = ("-perfect", "-imperfect")


def published(data: Path) -> Shots | None:
    """Left photos with true disparity; photos without truth (test scenes) are left out."""
    for name in FOLDERS:
        folder = data / name
        photos = sorted(path for pattern in PATTERNS for path in folder.glob(pattern))
        pairs = [(path, truth) for path in photos if (truth := _beside(path)) is not None]
        if pairs:
            return _shots(folder, pairs)
    return None


def _shots(folder: Path, pairs: list[tuple[Path, Path]]) -> Shots:
    names = tuple(photo.parent.relative_to(folder).as_posix() for photo, _ in pairs)
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise DataError(f"{folder / twice}: pictures of two layouts in one folder; keep one")
    return Shots(
        names=names,
        groups=tuple(scene(name) for name in names),
        photo=lambda i: read_rgb(pairs[i][0]),
        truth=lambda i: Truth(disparity=read_levels(pairs[i][1])),
        where=folder,
    )


def scene(name: str) -> str:
    """The scene that a folder shows, whatever its rectification."""
    for ending in RECTIFICATIONS:
        name = name.removesuffix(ending)
    return name


def _beside(photo: Path) -> Path | None:
    return next((p for name in FILES[photo.name] if (p := photo.parent / name).is_file()), None)
