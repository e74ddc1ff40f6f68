"""NYU Depth v2, synchronised frames of the raw videos, as most public code has them.

`sync/SCENE/rgb_NNNNN.jpg` and `sync_depth_NNNNN.png` (640×480, 16 bit, millimetres, 0 = none), some 24,000
frames of the 249 training scenes. `nyudepthv2_train_files_with_gt.txt` beside or in the folder may list
them: photo, depth, focal length, a frame a line. Layout and crop: cleinc/bts (pytorch/bts_dataloader.py);
there the registration of depth to colour leaves a blank rim.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.data import truth
from training.data.rows import inside
from training.data.sample import DataError, Kind, Sample
from training.data.validation import part

FOLDERS = ("nyu/sync", "nyu_depth_v2/sync", "sync")
LIST = "nyudepthv2_train_files_with_gt.txt"
ROWS, COLUMNS = slice(45, 472), slice(43, 608)  # without the blank rim
HEIGHT, WIDTH = 480, 640
MM_PER_M = 1000


@dataclass(frozen=True)
class NyuSync:
    """frames: photo and depth, paths below `folder`."""

    folder: Path
    frames: tuple[tuple[str, str], ...]
    name: str = "nyu_sync"

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int) -> Sample:
        photo, depth = (self.folder / path for path in self.frames[index])
        sample = truth.beside(photo, depth, truth.of_depth_png(depth, MM_PER_M), Kind.ABSOLUTE)
        if sample.valid.shape != (HEIGHT, WIDTH):
            height, width = sample.valid.shape
            raise DataError(f"{photo}: {width}×{height} px; frames of this set are {WIDTH}×{HEIGHT}")
        return sample.inner(ROWS, COLUMNS)


def find(data: Path, held_out: bool = False) -> NyuSync | None:
    """The frames below `data`, or None; those of the list where there is one. Scenes are held out
    whole.
    """
    folder = next((f for name in FOLDERS if (f := data / name).is_dir()), None)
    if folder is None:
        return None
    lists = (folder / LIST, folder.parent / LIST, data / LIST)
    listing = next((path for path in lists if path.is_file()), None)
    frames = _walked(folder) if listing is None else _listed(listing)
    chosen = part(frames, [photo.rpartition("/")[0] for photo, _ in frames], held_out)
    return NyuSync(folder, chosen) if chosen else None


def _walked(folder: Path) -> list[tuple[str, str]]:
    """Every photo that has depth beside it."""
    frames = []
    for depth in sorted(folder.glob("*/sync_depth_*.png")):
        scene, number = depth.parent.name, depth.stem.removeprefix("sync_depth_")
        frames.append((f"{scene}/rgb_{number}.jpg", f"{scene}/{depth.name}"))
    return frames


def _listed(listing: Path) -> list[tuple[str, str]]:
    """Frames of a list; paths there begin with a stroke, "None" stands where there is no depth."""
    frames = []
    for number, line in enumerate(listing.read_text(encoding="utf-8").splitlines(), start=1):
        fields = line.split()
        if not fields or "None" in fields:
            continue
        if len(fields) < 2:
            raise DataError(f"{listing}, line {number}: a photo and its depth were expected, found '{line}'")
        photo, depth = (inside(listing, field.lstrip("/")) for field in fields[:2])
        frames.append((photo, depth))
    return frames
