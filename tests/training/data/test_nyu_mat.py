from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from tests.training.data import layouts
from training.data import nyu, nyu_mat
from training.data.sample import DataError, Kind

SCENES = [f"room_{i // 2:04d}" for i in range(40)]


def test_maps_come_upright_and_without_the_rim(tmp_path: Path) -> None:
    layouts.nyu_mat(tmp_path, ["a", "b", "c"], split=[1, 2, 3])
    reader = nyu.find(tmp_path)
    assert isinstance(reader, nyu_mat.NyuMat)
    sample = reader[1]
    depth = layouts.depth(1)[8:-8, 8:-8]
    assert sample.kind is Kind.ABSOLUTE
    assert sample.image.shape == (32, 48, 3)
    assert np.array_equal(sample.valid, depth > 0)  # what was filled is not valid
    assert np.allclose(sample.disparity[sample.valid], 1 / depth[depth > 0])
    layouts.nyu(tmp_path, ["a", "b"])
    folder = nyu.find(tmp_path)
    assert isinstance(folder, nyu.Nyu)  # both are there: the folders
    assert np.abs(folder[0].image.astype(int) - sample.image).mean() < 3  # the same photo, as a JPEG


def test_only_the_official_training_part_is_read(tmp_path: Path) -> None:
    layouts.nyu_mat(tmp_path, SCENES, split=[*range(1, 21), 40])
    parts = [nyu_mat.find(tmp_path, held_out) for held_out in (False, True)]
    indices = sorted(i for reader in parts if reader for i in reader.indices)
    assert indices == [*range(20), 39]


def test_no_scene_is_in_both_parts(tmp_path: Path) -> None:
    layouts.nyu_mat(tmp_path, SCENES, split=range(1, 41))
    train, held_out = nyu_mat.find(tmp_path), nyu_mat.find(tmp_path, held_out=True)
    assert train is not None
    assert held_out is not None
    assert len(held_out) == 2
    assert not {SCENES[i] for i in train.indices} & {SCENES[i] for i in held_out.indices}


def test_the_published_split_file_is_read(tmp_path: Path) -> None:
    path = layouts.nyu_mat(tmp_path, ["a", "b", "c"])
    savemat(path.with_name("splits.mat"), {"trainNdxs": np.array([[3], [1]]), "testNdxs": np.array([[2]])})
    reader = nyu_mat.find(tmp_path)
    assert reader is not None
    assert reader.indices == (0, 2)


def test_without_a_split_all_is_read_and_said(tmp_path: Path) -> None:
    layouts.nyu_mat(tmp_path, ["a", "b", "c"])
    with pytest.warns(UserWarning, match=r"no splits\.mat or trainNdxs\.txt beside it"):
        reader = nyu_mat.find(tmp_path)
    assert reader is not None
    assert len(reader) == 3


def test_depth_alone_serves_where_there_is_no_raw_depth(tmp_path: Path) -> None:
    path = layouts.nyu_mat(tmp_path, ["a"], split=[1])
    with h5py.File(path, "r+") as file:
        del file["rawDepths"], file["scenes"]
    reader = nyu_mat.find(tmp_path)
    assert reader is not None
    assert reader[0].valid.all()


@pytest.mark.parametrize("text", ["0", "4", "one"])
def test_a_wrong_split_is_named(text: str, tmp_path: Path) -> None:
    path = layouts.nyu_mat(tmp_path, ["a", "b", "c"])
    path.with_name("trainNdxs.txt").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"trainNdxs\.txt: "):
        nyu_mat.find(tmp_path)
    path.with_name("splits.mat").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"splits\.mat: no 'trainNdxs' that can be read"):
        nyu_mat.find(tmp_path)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    path = layouts.nyu_mat(tmp_path, ["a", "b"], split=[1, 2])
    reader = nyu_mat.find(tmp_path)
    assert reader is not None
    with h5py.File(path, "r+") as file:
        del file["depths"]
    with pytest.raises(DataError, match=r"labeled\.mat: image 1 cannot be read"):
        reader[1]
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match=r"labeled\.mat: not an HDF5 file"):
        nyu_mat.find(tmp_path)
