from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench import testsets
from bench.testsets import nyu
from bench.testsets.photos import Motorcycle, Photos
from bench.testsets.shot import DataError, read_rgb
from tests.training.data import small


def test_built_in_photos_are_on_every_machine() -> None:
    shots = list(Photos())
    assert len(shots) == len(Photos())
    assert all(s.image.dtype == np.uint8 and s.image.shape[2] == 3 for s in shots)


def test_the_stereo_pair_has_true_disparity() -> None:
    (shot,) = Motorcycle()
    assert shot.disparity is not None
    assert shot.disparity.shape == shot.image.shape[:2]
    assert 0.5 < np.mean(shot.disparity > 0) < 1


def test_nyu_is_cut_and_grouped(tmp_path: Path) -> None:
    small.nyu(tmp_path, images=4, part="dev")
    found = nyu.find(tmp_path)
    assert found is not None
    shots = list(found)
    assert [s.name for s in shots] == ["00000", "00010", "00020", "00030"]
    assert shots[0].image.shape == (80, 112, 3)
    assert shots[0].depth is not None
    assert shots[0].depth.shape == (80, 112)
    assert len({s.group for s in shots}) == 4  # ten indices apart: other scenes


def test_neighbouring_images_of_one_scene_are_one_group() -> None:
    rows = [("00027", "office"), ("00030", "office"), ("00031", "kitchen"), ("00050", "kitchen")]
    assert nyu._groups(rows) == ("office 0", "office 0", "kitchen 1", "kitchen 2")


def test_search_names_what_is_missing(tmp_path: Path) -> None:
    found = testsets.search([tmp_path], given=False)
    assert set(found.sets) == {"motorcycle", "photos"}
    assert found.missing == ("nyu_dev",)
    with pytest.raises(DataError, match="holds none of the known sets"):
        testsets.search([tmp_path], given=True)


def test_broken_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"x\.jpg: no such file"):
        read_rgb(tmp_path / "x.jpg")
    (tmp_path / "x.jpg").write_bytes(b"not a picture")
    with pytest.raises(DataError, match=r"x\.jpg: not a picture"):
        read_rgb(tmp_path / "x.jpg")


def test_an_image_of_absurd_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    monkeypatch.setattr("bench.testsets.shot.MAX_PIXELS", 1000)
    Image.new("RGB", (64, 64)).save(tmp_path / "big.png")
    with pytest.raises(DataError, match=r"big\.png: 64×64 pixels are more than 1000"):
        read_rgb(tmp_path / "big.png")
