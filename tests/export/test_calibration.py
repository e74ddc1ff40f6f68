from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from export import calibration
from export.fit import Fit
from tests.training.data import small
from training.data.sample import DataError


def test_pictures_of_a_given_folder_come_first(tmp_path: Path) -> None:
    for i in range(3):
        Image.new("RGB", (40, 30), (i, 0, 0)).save(tmp_path / f"{i}.png")
    (tmp_path / "notes.txt").write_text("no picture")
    made = calibration.gather(tmp_path, [], 32, 64, Fit())
    assert [image.shape for image in made.images] == [(32, 64, 3)] * 3
    assert {int(image[0, 0, 0]) for image in made.images} == {0, 1, 2}
    assert made.record["source"] == tmp_path.name
    assert len(set(made.record["images"])) == 3


def test_training_images_serve_where_data_is_found(tmp_path: Path) -> None:
    made = calibration.gather(None, [small.nyu(tmp_path, images=5)], 32, 32, Fit())
    assert made.record["source"] == "training images of nyu"
    assert len(made.images) == 4  # the held-out image is not among them


def test_built_in_pictures_serve_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "IMAGES", 5)
    made = calibration.gather(None, [tmp_path], 32, 32, Fit())
    again = calibration.gather(None, [tmp_path], 32, 32, Fit())
    assert made.record == again.record
    assert len(made.images) == 5
    assert all(np.ptp(image) > 50 for image in made.images)


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"junk")
    with pytest.raises(DataError, match=r"x\.jpg: not a picture"):
        calibration.gather(tmp_path, [], 32, 32, Fit())
