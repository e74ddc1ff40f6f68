"""Sintel's .dpt files and ETH3D's rendered depth."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from bench.testsets import eth3d, sintel
from bench.testsets.shot import DataError
from tests.bench.testsets.layouts import HEIGHT, WIDTH, depth, levels, photo, read


def dpt(path: Path, tag: float = sintel.TAG, width: int = WIDTH, height: int = HEIGHT, cut: int = 0) -> None:
    """Metres that tell rows from columns: row + column/10, and infinity in the first pixel."""
    values = (np.arange(height)[:, None] + np.arange(width) / 10).astype("<f4")
    if values.size:
        values[0, 0] = np.inf
    content = struct.pack("<fii", tag, width, height) + values.tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content[: len(content) - cut])


@pytest.mark.parametrize("place", ["sintel", "MPI-Sintel-complete/training", "training", ""])
def test_sintel_is_grouped_by_sequence(tmp_path: Path, place: str) -> None:
    for frame in ("alley_1/frame_0001", "alley_1/frame_0002", "market_5/frame_0001"):
        photo(tmp_path / place / "final" / f"{frame}.png")
        dpt(tmp_path / place / "depth" / f"{frame}.dpt")
    photo(tmp_path / place / "clean" / "alley_1" / "frame_0001.png")
    shots, truths = read(sintel.find(tmp_path))
    assert shots.names[2] == "market_5/frame_0001"
    assert shots.groups == ("alley_1", "alley_1", "market_5")
    assert depth(truths[0])[0, 0] == 0
    assert depth(truths[0])[3] == pytest.approx([3, 3.1, 3.2, 3.3, 3.4, 3.5])


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"tag": 202021.0}, r"frame\.dpt: not a \.dpt file: it must begin with the float 202021\.25"),
        ({"cut": 4}, r"frame\.dpt: 104 bytes; 6×4 pixels need 108"),
        ({"cut": 100}, "not a .dpt file"),
        ({"width": 0}, "12 bytes; 0×4 pixels need 12"),
        ({"width": 5}, r"truth of \(4, 5\) for a photo of \(4, 6\)"),
    ],
)
def test_a_broken_dpt_is_one_line(tmp_path: Path, how: dict[str, int], message: str) -> None:
    photo(tmp_path / "sintel" / "final" / "alley" / "frame.png")
    dpt(tmp_path / "sintel" / "depth" / "alley" / "frame.dpt", **how)
    with pytest.raises(DataError, match=message):
        read(sintel.find(tmp_path))


def test_a_missing_dpt_is_named(tmp_path: Path) -> None:
    photo(tmp_path / "sintel" / "final" / "alley" / "frame.png")
    assert sintel.find(tmp_path) is None
    dpt(tmp_path / "sintel" / "depth" / "alley" / "other.dpt")
    with pytest.raises(DataError, match=r"frame\.dpt: No such file"):
        read(sintel.find(tmp_path))


def test_eth3d_as_it_is_rendered_here(tmp_path: Path) -> None:
    for name in ("courtyard/DSC_1", "courtyard/DSC_2", "delivery_area/DSC_1"):
        photo(tmp_path / "eth3d" / f"{name}.jpg")
        levels(tmp_path / "eth3d" / f"{name}.png", 3500)
    shots, truths = read(eth3d.find(tmp_path))
    assert shots.names == ("courtyard/DSC_1", "courtyard/DSC_2", "delivery_area/DSC_1")
    assert shots.groups == ("courtyard", "courtyard", "delivery_area")
    assert depth(truths[2])[1] == pytest.approx(3.5)


@pytest.mark.parametrize("place", ["ETH3D", ""])
def test_eth3d_as_the_authors_have_it(tmp_path: Path, place: str) -> None:
    scene = tmp_path / place / "pipes"
    photo(scene / "images_out" / "dslr_images_undistorted" / "DSC_0634.JPG")
    levels(scene / "depth" / "dslr_images_undistorted" / "DSC_0634.png", 7000)
    shots, (truth,) = read(eth3d.find(tmp_path))
    assert (shots.names, shots.groups) == (("pipes/DSC_0634",), ("pipes",))
    assert depth(truth)[1] == pytest.approx(7.0)


def test_eth3d_without_depth_is_named(tmp_path: Path) -> None:
    photo(tmp_path / "eth3d" / "pipes" / "DSC_1.jpg")
    with pytest.raises(DataError, match=r"DSC_1\.png: no such file"):
        read(eth3d.find(tmp_path))
    photo(tmp_path / "eth3d" / "pipes" / "DSC_1.png")
    with pytest.raises(DataError, match="16-bit one-channel PNG was expected, found RGB"):
        read(eth3d.find(tmp_path))
