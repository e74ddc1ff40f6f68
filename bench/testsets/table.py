"""The table of test sets: what each is called, scored by, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.testsets import (
    diw,
    eth3d,
    folder,
    kitti,
    kitti2012,
    kitti2015,
    middlebury,
    more,
    nyu,
    nyu_mat,
    other_cameras,
    sintel,
    tum,
)
from bench.testsets.photos import motorcycle, photos
from bench.testsets.shot import Shots


@dataclass(frozen=True)
class TestSet:
    """metric: the one that the paper reports ("" where there is no truth), the gate looks at it.

    cap_m: truth at or past it is dropped · published_at: "" where nobody can be sent for it ·
    training_name: how `trained_on` names of the same images or cameras begin ·
    find(data folder) → its images, or None; built-in sets are found everywhere ·
    by_scene: the figure is the mean over scenes (groups) of the means over their images ·
    layout: what a user puts into the data folder · last_resort: looked for where nothing else is found.
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
    by_scene: bool = False
    layout: str = ""
    last_resort: bool = False

    def seen_by(self, trained_on: Sequence[str]) -> bool:
        """Whether a network of these training sets knows the images' cameras: no zero-shot figure then."""
        return bool(self.training_name) and any(name.startswith(self.training_name) for name in trained_on)

    @property
    def source(self) -> str:
        """Where to get it and where to put it, for the line that says it was not found."""
        parts = (self.published_at, f"looked for as {self.layout}" if self.layout else "")
        return "; ".join(part for part in parts if part)


PAPER = (
    TestSet(
        "nyu", "NYU Depth v2, official test split", "delta1", nyu.CAP_M,
        nyu_mat.PUBLISHED_AT, "nyu", nyu_mat.find, layout=nyu_mat.LAYOUT,
    ),
    TestSet(
        "nyu_dev", "NYU Depth v2, test images", "delta1", nyu.CAP_M,
        nyu.PUBLISHED_AT, "nyu", nyu.find, layout=nyu.LAYOUT,
    ),
    TestSet(
        "tum", "TUM RGB-D, people", "delta1", tum.CAP_M,
        tum.PUBLISHED_AT, "tum", tum.find, layout=tum.LAYOUT,
    ),
    TestSet(
        "sintel", "MPI Sintel, final pass", "rel", sintel.CAP_M,
        sintel.PUBLISHED_AT, "sintel", sintel.find, layout=sintel.LAYOUT,
    ),
    TestSet(
        "eth3d", "ETH3D, rendered depth", "rel", eth3d.CAP_M,
        eth3d.PUBLISHED_AT, "eth3d", eth3d.find, layout=eth3d.LAYOUT,
    ),
    TestSet(
        "diw", "Depth in the Wild", "whdr", None,
        diw.PUBLISHED_AT, "diw", diw.find, layout=diw.LAYOUT,
    ),
    TestSet(
        "kitti", "KITTI, annotated depth", "delta1", kitti.CAP_M,
        kitti.PUBLISHED_AT, "kitti", kitti.find, layout=kitti.LAYOUT,
    ),
)  # fmt: skip

OTHERS = (
    TestSet(
        "kitti2015", "KITTI Stereo 2015, test part", "delta1", kitti2015.CAP_M,
        kitti2015.PUBLISHED_AT, "kitti", kitti2015.find, layout=kitti2015.LAYOUT,
    ),
    TestSet(
        "kitti2012", "KITTI Stereo 2012", "delta1", kitti2012.CAP_M,
        kitti2012.PUBLISHED_AT, "kitti", kitti2012.find, layout=kitti2012.LAYOUT,
    ),
    TestSet(
        "middlebury", "Middlebury stereo scenes", "disparity_rel", None,
        middlebury.PUBLISHED_AT, "middlebury", middlebury.find, layout=middlebury.LAYOUT,
    ),
    TestSet(
        "other_cameras", "RGB-D frames of other cameras", "delta1", other_cameras.CAP_M,
        other_cameras.PUBLISHED_AT, "other_cameras", other_cameras.find,
        by_scene=True, layout=other_cameras.LAYOUT,
    ),
)  # fmt: skip

COLLECTIONS = tuple(
    TestSet(
        name, collection.title, "disparity_rel" if collection.as_disparity else "delta1", collection.cap_m,
        "", name, more.finder(name), layout=more.LAYOUT,
    )
    for name, collection in more.COLLECTIONS.items()
)  # fmt: skip

ANYWHERE = (
    TestSet(
        "folder", "photos of your own", "delta1", None, "", "", folder.find,
        layout=folder.LAYOUT, last_resort=True,
    ),
    TestSet(
        "motorcycle", "one Middlebury 2014 scene", "disparity_rel", None, "the package scikit-image", "",
        lambda data: motorcycle(), built_in=True,
    ),
    TestSet(
        "photos", "four photos", "", None, "the packages scikit-image and scikit-learn", "",
        lambda data: photos(), built_in=True,
    ),
)  # fmt: skip

TESTSETS: dict[str, TestSet] = {t.name: t for t in (*PAPER, *OTHERS, *COLLECTIONS, *ANYWHERE)}
