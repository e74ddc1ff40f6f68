"""NYU Depth v2, labelled images, in either form: folders, or the published `.mat` (see nyu_mat.py).

Folders: `nyu/train/index.csv`, `NNNNN.jpg`, `NNNNN.png` (mm). Columns used of index.csv: `name`, and
`scale_known` (1: metric depth may be used; 0: the scale of the image is a guess). Silberman, Hoiem,
Kohli, Fergus, "Indoor Segmentation and Support Inference from RGBD Images", ECCV 2012.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.data import nyu_mat, rows, truth
from training.data.sample import Kind, Reader, Sample
from training.data.validation import ONE_IN

PUBLISHED_AT = "https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html"
BORDER_PX = 8  # the photos have a white rim
MM_PER_M = 1000


@dataclass(frozen=True)
class Nyu:
    """The images of the train folder, or those of them held out for validation."""

    folder: Path
    rows: tuple[tuple[str, Kind], ...]
    name: str = "nyu"

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Sample:
        name, kind = self.rows[index]
        depth = self.folder / f"{name}.png"
        known = truth.of_depth_png(depth, MM_PER_M)
        sample = truth.beside(self.folder / f"{name}.jpg", depth, known, kind)
        return sample.inner(slice(BORDER_PX, -BORDER_PX), slice(BORDER_PX, -BORDER_PX))


def find(data: Path, held_out: bool = False) -> Reader | None:
    """The set below `data`, or None; the folders where both forms are there. One image in 20 is held
    out of training for validation (index.csv names no scenes).
    """
    index = data / "nyu" / "train" / "index.csv"
    if not index.is_file():
        return nyu_mat.find(data, held_out)
    listed = _rows(index)
    chosen = tuple(row for i, row in enumerate(listed) if (i % ONE_IN == 0) == held_out)
    return Nyu(index.parent, chosen) if chosen else None


def _rows(index: Path) -> list[tuple[str, Kind]]:
    return [
        (rows.plain(index, row["name"]), Kind.ABSOLUTE if row["scale_known"] == "1" else Kind.UTS)
        for row in rows.read_rows(index, ("name", "scale_known"))
    ]
