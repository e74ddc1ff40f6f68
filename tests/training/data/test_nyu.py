from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.data import small
from training.data import nyu, readers
from training.data.sample import DataError, Kind


def test_reads_photos_and_depth(tmp_path: Path) -> None:
    reader = nyu.find(small.nyu(tmp_path, images=4))
    assert reader is not None
    assert len(reader) == 3  # one in twenty is held out: the first
    sample = reader[0]
    assert sample.image.shape == (80, 112, 3)  # 8 px of white rim off each side
    assert sample.disparity.dtype == np.float32
    assert (sample.disparity[sample.valid] > 1 / 14).all()
    assert (sample.disparity[~sample.valid] == 0).all()


def test_scale_is_absolute_only_where_it_is_known(tmp_path: Path) -> None:
    reader = nyu.find(small.nyu(tmp_path, images=4))
    assert reader is not None
    assert [reader[i].kind for i in range(3)] == [Kind.ABSOLUTE, Kind.UTS, Kind.ABSOLUTE]


def test_held_out_images_are_never_trained_on(tmp_path: Path) -> None:
    small.nyu(tmp_path, images=25)
    train, held_out = nyu.find(tmp_path), nyu.find(tmp_path, held_out=True)
    assert isinstance(train, nyu.Nyu)
    assert isinstance(held_out, nyu.Nyu)
    assert not {n for n, _ in train.rows} & {n for n, _ in held_out.rows}
    assert len(train) + len(held_out) == 25


def test_absent_set_is_none(tmp_path: Path) -> None:
    assert nyu.find(tmp_path) is None


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "00010.jpg").unlink(), "00010.jpg: no such file"),
        (lambda f: (f / "00010.jpg").write_bytes(b"\xff\xd8 truncated"), "00010.jpg: not a picture"),
        (lambda f: (f / "00010.png").write_bytes((f / "00010.png").read_bytes()[:200]), "00010.png: not"),
        (lambda f: (f / "00010.png").write_bytes((f / "00010.jpg").read_bytes()), "16-bit one-channel"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, damage, message: str) -> None:  # type: ignore[no-untyped-def]
    small.nyu(tmp_path, images=3)
    damage(tmp_path / "nyu" / "train")
    reader = nyu.find(tmp_path)
    assert reader is not None
    with pytest.raises(DataError, match=message):
        reader[0]


def test_an_index_that_leads_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    small.nyu(tmp_path, images=2)
    index = tmp_path / "nyu" / "train" / "index.csv"
    index.write_text("name,scale_known\n../../secret,1\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"index\.csv: .*secret' is not a plain file name"):
        nyu.find(tmp_path)


def test_a_given_folder_without_known_sets_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds none of the known sets"):
        readers.search([tmp_path], given=True)
    with pytest.raises(DataError, match="no such folder"):
        readers.search([tmp_path / "nowhere"], given=True)


def test_scenes_serve_where_nothing_is_found(tmp_path: Path) -> None:
    found = readers.search([tmp_path], given=False)
    assert found.names == ("synthetic",)
    assert any("nyu" in missing for missing in found.missing)
