from __future__ import annotations

from math import atan, degrees
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench import photo
from bench.testsets.shot import DataError

ORIENTATION, EXIF_IFD, FOCAL_LENGTH_35MM = 0x0112, 0x8769, 0xA405
# Upright: red top left, green top right, blue bottom left, white bottom right.
UPRIGHT = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)
# How EXIF says such a picture was stored: the inverse of each orientation, on the rows and columns.
STORED = {
    1: UPRIGHT, 2: UPRIGHT[:, ::-1], 3: UPRIGHT[::-1, ::-1], 4: UPRIGHT[::-1],
    5: UPRIGHT.swapaxes(0, 1), 6: np.rot90(UPRIGHT, 1), 7: np.rot90(UPRIGHT, 2).swapaxes(0, 1),
    8: np.rot90(UPRIGHT, -1),
}  # fmt: skip


def saved(path: Path, pixels: np.ndarray, orientation: int = 1, millimetres: int | None = None) -> Path:
    image = Image.fromarray(np.ascontiguousarray(pixels))
    exif = image.getexif()
    exif[ORIENTATION] = orientation
    if millimetres is not None:
        exif.get_ifd(EXIF_IFD)[FOCAL_LENGTH_35MM] = millimetres
    image.save(path, exif=exif)
    return path


@pytest.mark.parametrize("orientation", list(STORED))
def test_every_orientation_comes_upright(tmp_path: Path, orientation: int) -> None:
    path = saved(tmp_path / "a.png", STORED[orientation], orientation)
    assert (photo.read(path).pixels == UPRIGHT).all()


def test_exif_compares_diagonals(tmp_path: Path) -> None:
    """A 4:3 phone of 26 mm equivalent sees 67° across: 2·atan(0.8·43.27/2/26)."""
    read = photo.read(saved(tmp_path / "a.jpg", np.zeros((300, 400, 3), np.uint8), millimetres=26))
    assert 2 * degrees(atan(200 / read.focal_px)) == pytest.approx(67.3, abs=0.1)
    assert read.source == "67.3° from EXIF (26 mm)"


def test_a_turned_photo_sees_its_shorter_side_across(tmp_path: Path) -> None:
    flat = photo.read(saved(tmp_path / "a.jpg", np.zeros((300, 400, 3), np.uint8), 1, 26))
    turned = photo.read(saved(tmp_path / "b.jpg", np.zeros((300, 400, 3), np.uint8), 6, 26))
    assert turned.pixels.shape == (400, 300, 3)
    assert turned.focal_px == flat.focal_px


@pytest.mark.parametrize("millimetres", [None, 0])
def test_without_a_focal_length_60_degrees_are_assumed_aloud(tmp_path: Path, millimetres: int | None) -> None:
    read = photo.read(saved(tmp_path / "a.jpg", np.zeros((30, 40, 3), np.uint8), millimetres=millimetres))
    assert read.source == "60° assumed (--fov)"
    assert 2 * degrees(atan(20 / read.focal_px)) == pytest.approx(60)


def test_damaged_exif_is_no_reason_to_refuse(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    image = Image.new("RGB", (40, 30), (9, 8, 7))
    exif = image.getexif()
    exif[ORIENTATION] = 6
    exif.get_ifd(EXIF_IFD)[FOCAL_LENGTH_35MM] = 27
    for _ in range(300):
        damaged = np.frombuffer(exif.tobytes(), np.uint8).copy()
        damaged[rng.integers(6, len(damaged), 4)] = rng.integers(0, 256, 4)
        image.save(tmp_path / "a.jpg", exif=damaged.tobytes())
        read = photo.read(tmp_path / "a.jpg")
        assert sorted(read.pixels.shape) == [3, 30, 40]
        assert 0 < read.focal_px < np.inf


def test_grey_of_16_bits_keeps_its_shades(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 257 * 100, 65535]], np.uint16)).save(tmp_path / "a.png")
    assert photo.read(tmp_path / "a.png").pixels[0].tolist() == [[0] * 3, [100] * 3, [255] * 3]


def test_values_that_are_no_brightness_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((4, 4), np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(DataError, match=r"a\.tif: values of 32 bits"):
        photo.read(tmp_path / "a.tif")


def test_too_large_is_refused_before_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(tmp_path / "a.png", np.zeros((30, 40, 3), np.uint8))
    limit = Image.MAX_IMAGE_PIXELS
    monkeypatch.setattr("bench.testsets.shot.MAX_PIXELS", 1000)
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    with pytest.raises(DataError, match="40×30 pixels; at most"):
        photo.read(tmp_path / "a.png")
    assert limit == Image.MAX_IMAGE_PIXELS
