"""ETH3D, high-resolution multi-view training scenes, with depth rendered from the laser scans.

In the folder `eth3d` (or `ETH3D`): `SCENE/NAME.jpg` and `SCENE/NAME.png` (16 bit, mm) of one size, as
`python -m bench.testsets.eth3d_render … --out DATA/eth3d` writes them. Or as the paper's authors published
theirs: `SCENE/images_out/dslr_images_undistorted/NAME.JPG`, `SCENE/depth/dslr_images_undistorted/NAME.png`;
those also in the data folder itself. Schöps et al., CVPR 2017.
"""

from __future__ import annotations

from pathlib import Path

from bench.testsets.shot import Shots, Truth, place, read_depth_mm, read_rgb

PUBLISHED_AT = "https://www.eth3d.net/datasets (python -m bench.testsets.eth3d_render makes the depth)"
LAYOUT = "eth3d/SCENE/NAME.jpg with NAME.png (16 bit, mm)"
CAP_M = 72.0
FOLDERS = ("eth3d", "ETH3D")
OURS = "*/*.jpg"
THEIRS = "*/images_out/dslr_images_undistorted/*.JPG"


def find(data: Path) -> Shots | None:
    """Every undistorted photo; one scene is one group."""
    if (folder := place(data, FOLDERS, OURS)) is not None:
        return _shots(folder, OURS)
    folder = place(data, (*FOLDERS, ""), THEIRS)
    return _shots(folder, THEIRS) if folder is not None else None


def _shots(folder: Path, pattern: str) -> Shots:
    photos = sorted(folder.glob(pattern))
    scenes = tuple(path.relative_to(folder).parts[0] for path in photos)
    return Shots(
        names=tuple(f"{scene}/{path.stem}" for scene, path in zip(scenes, photos, strict=True)),
        groups=scenes,
        photo=lambda i: read_rgb(photos[i]),
        truth=lambda i: Truth(depth=read_depth_mm(_depth(photos[i]))),
        where=folder,
    )


def _depth(photo: Path) -> Path:
    parts = ("depth" if part == "images_out" else part for part in photo.parts[-4:])
    return Path(*photo.parts[:-4], *parts).with_suffix(".png")
