"""Middlebury's own folders, year by year."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.testsets import middlebury
from bench.testsets.shot import DataError
from tests.bench.testsets.layouts import HEIGHT, WIDTH, disparity, levels, photo, read, text


def pfm(path: Path) -> None:
    """Bottom row first, as PFM has it; infinity where nothing is known."""
    values = (10 + np.arange(HEIGHT)[:, None] + np.arange(WIDTH) / 10).astype("<f4")
    values[0, 0] = np.inf
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(f"Pf\n{WIDTH} {HEIGHT}\n-1\n".encode() + values[::-1].tobytes())


@pytest.mark.parametrize("place", ["middlebury", "middlebury/2014", "Middlebury/trainingQ", ""])
def test_2014_reads_floats_upright(tmp_path: Path, place: str) -> None:
    for name, truth in (("Adirondack-perfect", "disp0.pfm"), ("Adirondack-imperfect", "disp0GT.pfm")):
        photo(tmp_path / place / name / "im0.png")
        pfm(tmp_path / place / name / truth)
    photo(tmp_path / place / "Crusade" / "im0.png")  # a test scene, whose truth is not public
    shots, truths = read(middlebury.find(tmp_path))
    assert [Path(name).name for name in shots.names] == ["Adirondack-imperfect", "Adirondack-perfect"]
    assert len(set(shots.groups)) == 1
    assert disparity(truths[0])[0, 0] == 0
    assert disparity(truths[0])[3] == pytest.approx(13 + np.arange(WIDTH) / 10)


@pytest.mark.parametrize(
    ("left", "truth"),
    [
        ("view1.png", "disp1.png"),
        ("im2.ppm", "disp2.pgm"),
        ("im2.png", "disp2.png"),
        ("im2.ppm", "disp2.png"),
    ],
)
def test_earlier_years_have_levels(tmp_path: Path, left: str, truth: str) -> None:
    photo(tmp_path / "middlebury" / "Aloe" / left)
    levels(tmp_path / "middlebury" / "Aloe" / truth, 80, np.uint8)
    shots, (known,) = read(middlebury.find(tmp_path))
    assert shots.names == shots.groups == ("Aloe",)
    assert disparity(known)[0, :2].tolist() == [0, 80]


def test_an_index_goes_first(tmp_path: Path) -> None:
    photo(tmp_path / "middlebury" / "Aloe" / "view1.png")
    levels(tmp_path / "middlebury" / "Aloe" / "disp1.png", 80, np.uint8)
    text(tmp_path / "middlebury" / "scenes.csv", "scene", "Other")
    shots = middlebury.find(tmp_path)
    assert shots is not None
    assert shots.names == ("Other",)


def test_broken_scenes_are_named(tmp_path: Path) -> None:
    scene = tmp_path / "middlebury" / "Aloe"
    photo(scene / "im0.png")
    pfm(scene / "disp0.pfm")
    (scene / "disp0.pfm").write_bytes((scene / "disp0.pfm").read_bytes()[:50])
    with pytest.raises(DataError, match=r"disp0\.pfm: not a picture that can be read"):
        read(middlebury.find(tmp_path))
    photo(scene / "view1.png")
    levels(scene / "disp1.png", 80, np.uint8)
    with pytest.raises(DataError, match=r"Aloe: pictures of two layouts"):
        middlebury.find(tmp_path)
    assert middlebury.find(tmp_path / "none") is None
