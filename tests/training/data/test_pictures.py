from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.training.data import layouts
from training.data.pictures import MAX_PIXELS, read_depth_mm, read_grey, read_png16, read_rgb
from training.data.sample import DataError


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_photo_is_what_pillow_reads(suffix: str, tmp_path: Path) -> None:
    path = layouts.photo(tmp_path / f"photo{suffix}", 3)
    assert np.array_equal(read_rgb(path), np.asarray(Image.open(path).convert("RGB")))


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1"])
def test_every_mode_becomes_rgb(mode: str, tmp_path: Path) -> None:
    Image.open(layouts.photo(tmp_path / "photo.png", 3)).convert(mode).save(tmp_path / "mode.png")
    image = read_rgb(tmp_path / "mode.png")
    assert image.shape == (48, 64, 3)
    assert image.dtype == np.uint8


def test_an_orientation_is_not_applied(tmp_path: Path) -> None:
    """A depth map beside the photo has none."""
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    Image.open(layouts.photo(tmp_path / "photo.png", 3)).save(tmp_path / "side.jpg", exif=exif)
    assert read_rgb(tmp_path / "side.jpg").shape == (48, 64, 3)


def test_sixteen_bits_are_read_exactly(tmp_path: Path) -> None:
    values = np.arange(65_536, dtype=np.uint16).reshape(256, 256)
    path = layouts.png16(tmp_path / "all.png", values)
    assert np.array_equal(read_png16(path), values)
    assert np.array_equal(read_depth_mm(path), values.astype(np.float32) / 1000)


@pytest.mark.parametrize(
    ("shape", "dtype", "found"),
    [((48, 64), np.uint8, "8-bit, 1 channel"), ((48, 64, 3), np.uint16, "16-bit, 3 channels")],
)
def test_other_pngs_are_not_depth(
    shape: tuple[int, ...], dtype: type[np.generic], found: str, tmp_path: Path
) -> None:
    path = layouts.write(tmp_path / "no_depth.png", np.full(shape, 7, dtype))
    with pytest.raises(DataError, match=rf"no_depth\.png: a 16-bit one-channel PNG .* found {found}"):
        read_png16(path)


def test_grey_may_be_stored_as_colour_but_not_be_coloured(tmp_path: Path) -> None:
    grey = np.arange(48 * 64, dtype=np.uint8).reshape(48, 64)
    path = layouts.write(tmp_path / "grey.png", np.repeat(grey[..., None], 3, axis=2))
    assert np.array_equal(read_grey(path), grey)
    with pytest.raises(DataError, match="8-bit grey picture was expected, found 8-bit, 3 channels"):
        read_grey(layouts.photo(tmp_path / "photo.png", 3))


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.99])
def test_a_file_that_ends_early_is_refused(suffix: str, share: float, tmp_path: Path) -> None:
    path = layouts.photo(tmp_path / f"photo{suffix}", 3, 480, 640)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match=r"photo\.\w+: not a picture"):
        read_rgb(path)


def test_a_picture_of_absurd_size_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    content = bytearray(layouts.photo(tmp_path / "bomb.png", 3).read_bytes())
    content[16:24] = (30_000).to_bytes(4) * 2  # width and height in the header
    (tmp_path / "bomb.png").write_bytes(content)
    with pytest.raises(DataError, match=r"bomb\.png: (30000×30000 pixels are more|not a picture)"):
        read_rgb(tmp_path / "bomb.png")
    assert MAX_PIXELS < 30_000**2


def test_reading_does_not_disturb_opencv(tmp_path: Path) -> None:
    """Its thread pool must not be there when data workers are forked."""
    import training.data.augment  # noqa: F401

    read_rgb(layouts.photo(tmp_path / "photo.jpg", 3))
    assert cv2.getNumThreads() == 1
