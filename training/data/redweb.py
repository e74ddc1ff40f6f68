"""ReDWeb v1: 3,600 stereo photographs of the web, disparity up to scale and shift (UTSS).

`ReDWeb_V1/{Imgs/NAME.jpg,RDs/NAME.png}`, 8-bit grey. In the files the nearest point is 0 and the
farthest 254, so disparity = 255 − value; 255 marks sky and what is not known, and is invalid. (So by
MiDaS's authors, https://github.com/isl-org/MiDaS/issues/16: negative disparity, mask = value ≠ 255.) Xian
et al., "Monocular Relative Depth Perception with Web Stereo Data Supervision", CVPR 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.data import truth
from training.data.pictures import read_grey
from training.data.sample import Kind, Sample
from training.data.validation import part

PUBLISHED_AT = "https://sites.google.com/site/redwebcvpr18/"
FOLDERS = ("ReDWeb_V1", "redweb")
UNKNOWN = 255


@dataclass(frozen=True)
class ReDWeb:
    folder: Path
    names: tuple[str, ...]
    name: str = "redweb"

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Sample:
        name = self.names[index]
        source = self.folder / "RDs" / f"{name}.png"
        return truth.beside(self.folder / "Imgs" / f"{name}.jpg", source, _disparity(source), Kind.UTSS)


def find(data: Path, held_out: bool = False) -> ReDWeb | None:
    """The set below `data`, or None. One image in 20 is held out; each is a scene of its own."""
    folder = next((f for name in FOLDERS if (f := data / name / "RDs").is_dir()), None)
    if folder is None:
        return None
    names = sorted(path.stem for path in folder.glob("*.png"))
    chosen = part(names, names, held_out)
    return ReDWeb(folder.parent, chosen) if chosen else None


def _disparity(path: Path) -> truth.Truth:
    values = read_grey(path)
    valid = values != UNKNOWN
    return np.where(valid, np.float32(1) - values / np.float32(UNKNOWN), np.float32(0)), valid
