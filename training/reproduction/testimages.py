"""The images that every trial is scored on: NYU's test images, `nyu/dev` (layout: training.data.nyu).

Scored as the paper does: 8 px of border off, truth past 10 m dropped, the smaller side at the size that was
trained at, multiples of 32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from training import metrics
from training.data.nyu import PUBLISHED_AT, Nyu
from training.data.rows import plain, read_rows
from training.data.sample import DataError, Kind
from training.resample import resize

CAP_M = 10.0
MULTIPLE = 32
# Numbers of images of one scene lie this close; the next scene starts further on.
SAME_SCENE = 5


@dataclass(frozen=True)
class TestImages:
    """scenes: the scene of each image; images of one scene are resampled together."""

    __test__ = False  # not a test case, whatever pytest makes of the name

    reader: Nyu
    scenes: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.reader.rows)


@dataclass(frozen=True)
class Scores:
    """δ1.25 errors of each image, percent, up to scale, and up to scale and shift; None where an image has
    10 valid pixels or fewer.
    """

    delta1: tuple[float | None, ...]
    utss_delta1: tuple[float | None, ...]


def find(folders: Sequence[Path]) -> TestImages:
    """The test images of the first of `folders` that has them. DataError where none has."""
    index = next((i for f in folders if (i := f / "nyu" / "dev" / "index.csv").is_file()), None)
    if index is None:
        looked = ", ".join(str(folder) for folder in folders)
        raise DataError(
            f"no nyu/dev/index.csv below {looked}: every row is scored on NYU's test images ({PUBLISHED_AT})"
        )
    listed = [
        (plain(index, row["name"]), row["scene_type"]) for row in read_rows(index, ("name", "scene_type"))
    ]
    if bad := [name for name, _ in listed if not name.isdigit()]:
        raise DataError(f"{index}: name '{bad[0]}' is not a number")
    if not listed:
        raise DataError(f"{index}: lists no image")
    listed.sort()
    reader = Nyu(index.parent, tuple((name, Kind.ABSOLUTE) for name, _ in listed), "nyu_dev")
    return TestImages(reader, scenes(listed))


def scenes(listed: Sequence[tuple[str, str]]) -> tuple[int, ...]:
    """A number for each scene: neighbouring images of one kind of room. listed: (number, kind), sorted."""
    found: list[int] = []
    last, room, scene = -SAME_SCENE - 1, "", -1
    for name, kind in listed:
        scene += int(name) - last > SAME_SCENE or kind != room
        last, room = int(name), kind
        found.append(scene)
    return tuple(found)


def network_size(height: int, width: int, size: int) -> tuple[int, int]:
    """The smaller side becomes `size`; both are rounded to the nearest multiple of 32."""
    scale = size / min(height, width)
    rounded = [max(1, round(side * scale / MULTIPLE)) * MULTIPLE for side in (height, width)]
    return rounded[0], rounded[1]


@torch.no_grad()
def score(model: nn.Module, device: torch.device, images: TestImages, size: int) -> Scores:
    """The errors of `model`, in eval mode."""
    pairs = [_one(model, device, images.reader, i, size) for i in range(len(images.reader))]
    delta1, utss = zip(*pairs, strict=True)
    return Scores(tuple(delta1), tuple(utss))


def _one(
    model: nn.Module, device: torch.device, reader: Nyu, index: int, size: int
) -> tuple[float | None, float | None]:
    sample = reader[index]
    height, width = sample.valid.shape
    photo = resize(sample.image.astype(np.float32), *network_size(height, width, size))
    tensor = torch.from_numpy(photo.transpose(2, 0, 1)[None].copy()).to(device)
    output = model(tensor.contiguous(memory_format=torch.channels_last))[0, 0].float().cpu().numpy()
    depth = np.divide(1, sample.disparity, out=np.zeros_like(sample.disparity), where=sample.valid)
    uts = metrics.uts(output, depth, sample.valid, CAP_M)
    utss = metrics.utss(output, depth, sample.valid, CAP_M)
    return (
        None if uts is None else round(uts["delta1"], 4),
        None if utss is None else round(utss["delta1"], 4),
    )
