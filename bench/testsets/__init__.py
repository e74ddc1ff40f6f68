"""The table of test sets, and the search for them in folders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.testsets import kitti2015, middlebury, nyu, other_cameras
from bench.testsets.photos import Motorcycle, Photos, available
from bench.testsets.shot import DataError, Shots

__all__ = ["TESTSETS", "DataError", "Found", "TestSet", "search"]


@dataclass(frozen=True)
class TestSet:
    """metric: the one that the paper reports ("" where there is no truth), the gate looks at it.

    cap_m: truth at or past it is dropped · training_name: what `trained_on` calls images of this set ·
    find(data folder) → its images, or None; built-in sets are found everywhere.
    """

    __test__ = False  # not a test class, whatever its name says to pytest

    name: str
    title: str
    metric: str
    cap_m: float | None
    published_at: str
    training_name: str
    find: Callable[[Path], Shots | None]
    built_in: bool = False


TESTSETS: dict[str, TestSet] = {
    t.name: t
    for t in (
        TestSet(
            "nyu_dev", "NYU Depth v2, test images", "delta1", nyu.CAP_M,
            nyu.PUBLISHED_AT, "nyu", nyu.find,
        ),
        TestSet(
            "kitti2015", "KITTI Stereo 2015, test part", "delta1", kitti2015.CAP_M,
            kitti2015.PUBLISHED_AT, "kitti2015", kitti2015.find,
        ),
        TestSet(
            "middlebury", "Middlebury stereo scenes", "disparity_rel", None,
            middlebury.PUBLISHED_AT, "middlebury", middlebury.find,
        ),
        TestSet(
            "other_cameras", "RGB-D frames of other cameras", "delta1", other_cameras.CAP_M,
            "frames of several public sets", "other_cameras", other_cameras.find,
        ),
        TestSet(
            "motorcycle", "one Middlebury 2014 scene", "disparity_rel", None, "the package scikit-image", "",
            lambda data: Motorcycle() if available("skimage") else None, built_in=True,
        ),
        TestSet(
            "photos", "four photos", "", None, "the packages scikit-image and scikit-learn", "",
            lambda data: Photos() if available("skimage", "sklearn") else None, built_in=True,
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """sets: name → images. missing: names of sets that are not there."""

    sets: dict[str, Shots]
    missing: tuple[str, ...]


def search(folders: Sequence[Path], given: bool) -> Found:
    """The sets below `folders`, and the built-in ones.

    given: the folders were named by the user; one that holds no known set is a DataError.
    """
    sets: dict[str, Shots] = {}
    for folder in folders:
        if given and not folder.is_dir():
            raise DataError(f"--data {folder}: no such folder")
        outside = [t for t in TESTSETS.values() if not t.built_in]
        here = {t.name: shots for t in outside if (shots := t.find(folder)) is not None}
        if given and not here:
            raise DataError(
                f"--data {folder}: holds none of the known sets ({', '.join(t.name for t in outside)})"
            )
        sets |= here
    sets |= {t.name: found for t in TESTSETS.values() if t.built_in and (found := t.find(Path())) is not None}
    return Found(sets, tuple(name for name in TESTSETS if name not in sets))
