"""DIML/CVL RGB-D, indoor part: Kinect v2, absolute depth in millimetres (16-bit PNG, 0 = none).

Two layouts are published at https://dimlrgbd.github.io and read here, below `diml/` (or `DIML/`):

    the whole set   03_classroom_1/1/16.01.20/1/{col,up_png}/in_k_00_160120_000001_{c,ud}.png
    the sample      train/{HR,LR}/02. Cafe/{color,depth_filled}/in_00_160315_165831_{c,depth_filled}.png

`up_png` and `depth_filled` are depth brought to the photo's size and filled; folders `test` are left out.
Of the sample HR is read where both are there: LR shows the same pictures. Cho, Min, Kim, Sohn, "DIML/CVL
RGB-D Dataset", arXiv 2110.11590; names after the sample's loader in ZoeDepth
(zoedepth/data/diml_indoor_test.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.data import truth
from training.data.sample import Kind, Sample
from training.data.validation import part

PUBLISHED_AT = "https://dimlrgbd.github.io"
FOLDERS = ("diml", "DIML")
# Folder and end of name: of depth, and of the photo that belongs to it.
LAYOUTS = (
    ("up_png", "_ud.png", "col", "_c.png"),
    ("depth_filled", "_depth_filled.png", "color", "_c.png"),
)
MM_PER_M = 1000


@dataclass(frozen=True)
class Diml:
    """frames: photo and depth, paths below `folder`."""

    folder: Path
    frames: tuple[tuple[str, str], ...]
    name: str = "diml"

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int) -> Sample:
        photo, depth = (self.folder / path for path in self.frames[index])
        return truth.beside(photo, depth, truth.of_depth_png(depth, MM_PER_M), Kind.ABSOLUTE)


def find(data: Path, held_out: bool = False) -> Diml | None:
    """The set below `data`, or None. Scenes are held out whole."""
    folder = next((f for name in FOLDERS if (f := data / name).is_dir()), None)
    if folder is None:
        return None
    frames = sorted(frame for layout in LAYOUTS for frame in _frames(folder, *layout))
    chosen = part(frames, [_scene(photo) for photo, _ in frames], held_out)
    return Diml(folder, chosen) if chosen else None


def _scene(photo: str) -> str:
    """A day at one place in the whole set (03_classroom_1/1/16.01.20), a kind of room in the sample."""
    return "/".join(photo.split("/")[:3])


def _frames(
    folder: Path, depth_folder: str, depth_end: str, photo_folder: str, photo_end: str
) -> Iterator[tuple[str, str]]:
    for depth in folder.rglob(f"{depth_folder}/*{depth_end}"):
        scene = depth.relative_to(folder).parent.parent
        if "test" in scene.parts or _is_small_copy(folder, scene):
            continue
        stem = depth.name.removesuffix(depth_end)
        photo = scene / photo_folder / f"{stem}{photo_end}"
        yield photo.as_posix(), (scene / depth_folder / depth.name).as_posix()


def _is_small_copy(folder: Path, scene: Path) -> bool:
    """Whether `scene` lies in LR, and HR holds it too."""
    if "LR" not in scene.parts:
        return False
    return (folder / Path(*("HR" if p == "LR" else p for p in scene.parts))).is_dir()
