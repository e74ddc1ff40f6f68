"""The table of training sets, and the search for them in folders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from training.data import (
    builtin,
    collected,
    diml,
    kitti,
    megadepth,
    movies,
    nyu,
    nyu_sync,
    own,
    redweb,
)
from training.data.sample import DataError, Reader, Sample

Find = Callable[[Path, bool], Reader | None]

NYU_TERMS = "research use with citation (Silberman et al., ECCV 2012)"
KITTI_TERMS = "CC BY-NC-SA 3.0 (Geiger et al., CVPR 2012; Menze and Geiger, CVPR 2015)"
COLLECTED_TERMS = "research only: many sources, most without stated terms"


@dataclass(frozen=True)
class DataSet:
    """find(data folder, held out?) → the set's reader, or None where it is not there.

    published_at: where to get it; None for a folder that is found or not, and not worth a word if not.
    """

    title: str
    published_at: str | None
    terms: str
    find: Find


def _collected(name: str, title: str) -> DataSet:
    return DataSet(title, None, COLLECTED_TERMS, partial(collected.find, name))


READERS: dict[str, DataSet] = {
    "nyu": DataSet("NYU Depth v2, labelled: folders or .mat", nyu.PUBLISHED_AT, NYU_TERMS, nyu.find),
    "nyu_sync": DataSet("NYU Depth v2, synchronised frames", nyu.PUBLISHED_AT, NYU_TERMS, nyu_sync.find),
    "diml": DataSet(
        "DIML/CVL RGB-D, indoor",
        diml.PUBLISHED_AT,
        "research use with citation (Cho et al., arXiv 2110.11590)",
        diml.find,
    ),
    "megadepth": DataSet(
        "MegaDepth v1, without ordinal files",
        megadepth.PUBLISHED_AT,
        "CC BY 4.0; photos under their own terms (Li and Snavely, CVPR 2018)",
        megadepth.find,
    ),
    "redweb": DataSet(
        "ReDWeb v1", redweb.PUBLISHED_AT, "research use with citation (Xian et al., CVPR 2018)", redweb.find
    ),
    "movies": DataSet(
        "stereo films, matched", movies.PUBLISHED_AT, "the films' own: research only", movies.find
    ),
    "own": DataSet("a folder of one's own", own.PUBLISHED_AT, "your own pictures' terms", own.find),
    "kitti2015": DataSet("KITTI Stereo 2015, train", kitti.PUBLISHED_AT, KITTI_TERMS, kitti.find_2015),
    "kitti2012": DataSet("KITTI Stereo 2012", kitti.PUBLISHED_AT, KITTI_TERMS, kitti.find_2012),
    "kitti_depth": DataSet("KITTI, annotated depth", kitti.PUBLISHED_AT, KITTI_TERMS, kitti.find_depth),
    "kitti_object_lidar": DataSet("KITTI, LiDAR scans", kitti.PUBLISHED_AT, KITTI_TERMS, kitti.find_lidar),
    "stereo_photo": _collected("stereo_photo", "stereo photographs of many places"),
    "mvs_outdoor": _collected("mvs_outdoor", "multi-view stereo outdoors"),
    "mvs_indoor": _collected("mvs_indoor", "multi-view stereo indoors"),
    "mvs2_outdoor": _collected("mvs2_outdoor", "multi-view stereo outdoors, second part"),
    "mvs2_indoor": _collected("mvs2_indoor", "multi-view stereo indoors, second part"),
    "rgbd_rooms": _collected("rgbd_rooms", "rooms by RGB-D cameras"),
    "rgbd_objects": _collected("rgbd_objects", "objects by RGB-D cameras"),
    "rgbd_plants": _collected("rgbd_plants", "plants by RGB-D cameras"),
    "rgbd_synth": _collected("rgbd_synth", "rendered RGB-D frames"),
    "tabletop": _collected("tabletop", "tabletops by RGB-D cameras"),
    "street": _collected("street", "streets by LiDAR"),
    "rendered": _collected("rendered", "rendered rooms and landscapes"),
    "phone": _collected("phone", "photos of two-camera phones"),
    "portrait": _collected("portrait", "portrait photos of phones"),
    "lidar_phone": _collected("lidar_phone", "phones with LiDAR"),
}


def licence(names: Sequence[str]) -> str:
    """The terms of weights trained on the sets `names`; sets of the same terms together."""
    sets: dict[str, list[str]] = {}
    for name in names:
        if name in READERS:
            sets.setdefault(READERS[name].terms, []).append(name)
    if not sets:
        return "Apache-2.0"
    terms = "; ".join(f"{', '.join(group)}: {terms}" for terms, group in sets.items())
    return f"research only: trained on research data ({terms})"


@dataclass(frozen=True)
class Joined:
    """One set that lies in several folders."""

    parts: tuple[Reader, ...]

    @property
    def name(self) -> str:
        return self.parts[0].name

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):
            raise IndexError(index)
        for part in self.parts:
            if index < len(part):
                return part[index]
            index -= len(part)
        raise AssertionError("lengths add up")


@dataclass(frozen=True)
class Found:
    """Training and validation readers, which sets are there and which are not."""

    train: tuple[Reader, ...]
    held_out: tuple[Reader, ...]
    missing: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(reader.name for reader in self.train)


def search(folders: Sequence[Path], given: bool, names: Sequence[str] | None = None) -> Found:
    """The sets `names` (all, when None) below `folders`; built-in scenes where none is found, or beside
    the others where they are named.

    A set that lies in several folders is read from all of them. given: the folders were named by the
    user, so finding nothing in one of them is a DataError.
    """
    scenes = names is not None and builtin.NAME in names
    wanted = {n: READERS[n] for n in names if n != builtin.NAME} if names is not None else READERS
    train: dict[str, list[Reader]] = {}
    held_out: dict[str, list[Reader]] = {}
    for folder in folders:
        if given and not folder.is_dir():
            raise DataError(f"--data {folder}: no such folder")
        if not _add(train, wanted, folder, held_out=False) and given:
            known = ", ".join(READERS)
            raise DataError(f"--data {folder}: holds none of the known sets ({known})")
        _add(held_out, wanted, folder, held_out=True)
    missing = tuple(f"{n}: {s.published_at}" for n, s in wanted.items() if n not in train and s.published_at)
    if not train:
        return Found((builtin.Scenes(),), (builtin.Scenes(held_out=True),), missing)
    if scenes:
        train[builtin.NAME] = [builtin.Scenes(count=builtin.BESIDE_PHOTOS)]
    return Found(tuple(map(_joined, train.values())), tuple(map(_joined, held_out.values())), missing)


def _add(found: dict[str, list[Reader]], wanted: dict[str, DataSet], folder: Path, held_out: bool) -> bool:
    """Whether `folder` holds any of the sets; a reader that is there already is not added again."""
    here = {n: r for n, s in wanted.items() if (r := s.find(folder, held_out)) is not None}
    for name, reader in here.items():
        readers = found.setdefault(name, [])
        if reader not in readers:
            readers.append(reader)
    return bool(here)


def _joined(parts: list[Reader]) -> Reader:
    return parts[0] if len(parts) == 1 else Joined(tuple(parts))
