"""NYU's .mat and TUM's .h5: HDF5 in, one line out where it is broken."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.io import savemat

from bench.testsets import hdf5, nyu_mat, tum
from bench.testsets.shot import DataError, Shots
from tests.bench.testsets.layouts import depth, levels, photo, read, text

IMAGES, HEIGHT, WIDTH = 5, 20, 26


def nyu(folder: Path, split: str | None = "splits.mat") -> Path:
    """Five images, of which 2 and 5 (counted from 1) are tests; image k has red k, depth k + row/100."""
    folder.mkdir(parents=True, exist_ok=True)
    images = np.zeros((IMAGES, HEIGHT, WIDTH, 3), np.uint8)
    images[..., 0] = np.arange(IMAGES)[:, None, None]
    images[..., 1] = np.arange(HEIGHT)[:, None]
    images[..., 2] = np.arange(WIDTH)
    depths = np.arange(IMAGES)[:, None, None] + np.arange(HEIGHT)[:, None] / 100 + np.zeros(WIDTH)
    with h5py.File(folder / nyu_mat.FILE, "w") as file:
        file["images"] = images.transpose(0, 3, 2, 1)
        file["rawDepths"] = depths.transpose(0, 2, 1).astype(np.float32)
        cells = file.create_group("#refs#")
        names = [f"kitchen_000{k // 2}" for k in range(IMAGES)]
        for k, name in enumerate(names):
            cells[str(k)] = np.array([[ord(c)] for c in name], np.uint16)
        references = np.array([[cells[str(k)].ref for k in range(IMAGES)]], h5py.ref_dtype)
        file.create_dataset("scenes", data=references)
    if split == "splits.mat":
        savemat(folder / split, {"testNdxs": np.array([[5], [2]]), "trainNdxs": np.array([[1], [3], [4]])})
    elif split:
        text(folder / split, "5", "2", "")
    return folder


def h5(path: Path, image: NDArray[Any] | None, metres: NDArray[Any] | None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        gt = file.create_group("gt")
        for name, values in (("img_1", image), ("gt_depth", metres)):
            if values is not None:
                gt[name] = values
    return path


@pytest.mark.parametrize("split", ["splits.mat", "test.txt"])
@pytest.mark.parametrize("place", ["nyu", ""])
def test_the_test_images_of_nyu_are_upright_and_cut(tmp_path: Path, place: str, split: str) -> None:
    nyu(tmp_path / place, split)
    shots, truths = read(nyu_mat.find(tmp_path))
    assert shots.names == ("00001", "00004")
    assert shots.groups == ("kitchen_0000", "kitchen_0002")
    assert shots.photo(1).shape == (HEIGHT - 16, WIDTH - 16, 3)
    assert shots.photo(1)[0, 0].tolist() == [4, 8, 8]
    assert depth(truths[0])[0] == pytest.approx(1.08)
    assert depth(truths[0])[-1] == pytest.approx(1 + (HEIGHT - 9) / 100)


def test_nyu_without_its_split_says_where_that_is(tmp_path: Path) -> None:
    nyu(tmp_path, split=None)
    with pytest.raises(DataError, match=r"labeled\.mat: no splits\.mat beside it; it is published at http"):
        nyu_mat.find(tmp_path)
    assert nyu_mat.find(tmp_path / "nyu") is None


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ("6\n", "must be 1 to 5, found 6 to 6"),
        ("0\n1\n", "must be 1 to 5, found 0 to 1"),
        ("\n", "must be 1 to 5, found none"),
        ("1\nx\n", "line 2: 'x' is no index"),
        ("2\n2\n", "'00001' is there twice"),
    ],
)
def test_a_bad_split_of_nyu_is_named(tmp_path: Path, split: str, message: str) -> None:
    nyu(tmp_path, split=None)
    (tmp_path / "test.txt").write_text(split)
    with pytest.raises(DataError, match=message):
        nyu_mat.find(tmp_path)


def test_a_broken_split_of_nyu_is_named(tmp_path: Path) -> None:
    nyu(tmp_path, split=None)
    savemat(tmp_path / "splits.mat", {"trainNdxs": np.array([[1]])})
    with pytest.raises(DataError, match=r"splits\.mat: has no variable 'testNdxs'"):
        nyu_mat.find(tmp_path)
    for content in (b"", b"nonsense" * 40, (tmp_path / "splits.mat").read_bytes()[:150]):
        (tmp_path / "splits.mat").write_bytes(content)
        with pytest.raises(DataError, match=r"splits\.mat: ") as caught:
            nyu_mat.find(tmp_path)
        assert "\n" not in str(caught.value)


def test_a_truncated_mat_is_one_line(tmp_path: Path) -> None:
    path = nyu(tmp_path) / nyu_mat.FILE
    content = path.read_bytes()
    for size in (0, 100, 2000, len(content) // 2, len(content) - 500):
        path.write_bytes(content[:size])
        with pytest.raises(DataError, match=r"labeled\.mat: ") as caught:
            read(nyu_mat.find(tmp_path))
        assert "\n" not in str(caught.value)


def test_a_mat_without_depth_is_one_line(tmp_path: Path) -> None:
    with h5py.File(nyu(tmp_path) / nyu_mat.FILE, "a") as file:
        del file["rawDepths"]
    with pytest.raises(DataError, match="has no dataset 'rawDepths'"):
        read(nyu_mat.find(tmp_path))


def test_threads_share_a_file(tmp_path: Path) -> None:
    read_one = hdf5.reader(nyu(tmp_path) / nyu_mat.FILE)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda k: int(read_one("images", k % IMAGES)[0, 0, 0]), range(40)))
    assert found == [k % IMAGES for k in range(40)]


def test_a_file_is_opened_once_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handle does not survive a fork: the child, which has another number, opens its own."""
    opened, opening = [], hdf5._file

    def counted(path: Path) -> h5py.File:
        opened.append(path)
        return opening(path)

    monkeypatch.setattr(hdf5, "_file", counted)
    read_one = hdf5.reader(nyu(tmp_path) / nyu_mat.FILE)
    assert [read_one("images", k)[0, 0, 0] for k in (1, 2)] == [1, 2]
    assert len(opened) == 1
    monkeypatch.setattr("os.getpid", lambda: -1)
    assert [read_one("images", k)[0, 0, 0] for k in (3, 4)] == [3, 4]
    assert len(opened) == 2


# --- TUM


@pytest.mark.parametrize("scale", [1, 255])
@pytest.mark.parametrize("place", ["TUM", "tum_hdf5"])
def test_tum_takes_both_ranges(tmp_path: Path, place: str, scale: int) -> None:
    image = np.zeros((4, 6, 3), np.float32)
    image[0, 0] = (1.0, 0.5, 0.2)
    metres = np.full((4, 6), 2.5, np.float64)
    metres[0] = (0, np.nan, np.inf, -1, 1, 1)
    for name in ("AjJ_5_33.jpg.h5", "AjJ_5_66.jpg.h5", "ZL1_10.jpg.h5"):
        h5(tmp_path / place / name, image * scale, metres)
    shots, truths = read(tum.find(tmp_path))
    assert shots.names[0] == "AjJ_5_33.jpg"
    assert shots.groups == ("AjJ_5", "AjJ_5", "ZL1")
    assert shots.photo(0)[0, 0].tolist() == [255, 128, 51]
    assert depth(truths[0])[0].tolist() == [0, 0, 0, 0, 1, 1]
    assert depth(truths[0])[1:] == pytest.approx(2.5)


def test_tum_takes_bytes_as_they_are(tmp_path: Path) -> None:
    image = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)
    h5(tmp_path / "TUM" / "a_1.h5", image, np.ones((4, 6)))
    shots, _ = read(tum.find(tmp_path))
    np.testing.assert_array_equal(shots.photo(0), image)


@pytest.mark.parametrize(
    ("image", "metres", "message"),
    [
        (None, np.ones((4, 6)), "has no dataset 'gt/img_1'"),
        (np.ones((4, 6, 3)), None, "has no dataset 'gt/gt_depth'"),
        (np.ones((4, 6)), np.ones((4, 6)), "must be H×W×3 numbers"),
        (np.ones((4, 6, 3)), np.ones((4, 6, 1)), "must be H×W numbers"),
        (np.ones((4, 6, 3)), np.ones((2, 3)), r"truth of \(2, 3\) for a photo of \(4, 6\)"),
    ],
)
def test_a_bad_h5_is_named(
    tmp_path: Path, image: NDArray[Any] | None, metres: NDArray[Any] | None, message: str
) -> None:
    h5(tmp_path / "TUM" / "a_1.h5", image, metres)
    with pytest.raises(DataError, match=message):
        read(tum.find(tmp_path))


def test_a_truncated_h5_is_one_line(tmp_path: Path) -> None:
    path = h5(tmp_path / "TUM" / "a_1.h5", np.ones((40, 60, 3)), np.ones((40, 60)))
    content = path.read_bytes()
    for size in (0, 100, len(content) // 2):
        path.write_bytes(content[:size])
        with pytest.raises(DataError, match=r"a_1\.h5: not an HDF5 file that can be read") as caught:
            read(tum.find(tmp_path))
        assert "\n" not in str(caught.value)


def sequence(folder: Path, *depth_times: float) -> Shots | None:
    """Photos at 1.00, 1.10 and 1.20 s."""
    for hundredths in (100, 110, 120):
        photo(folder / "rgb" / f"{hundredths}.png")
    lines = [f"{h / 100:.6f} rgb/{h}.png" for h in (120, 100, 110)]
    text(folder / "rgb.txt", "# color images", "# timestamp filename", *lines)
    for time in depth_times:
        levels(folder / "depth" / f"{time}.png", 5000 * 2 + round(100 * time))
    text(folder / "depth.txt", "# depth maps", *(f"{time} depth/{time}.png" for time in depth_times))
    return tum.find(folder.parents[1])


def test_plain_tum_is_associated_by_time(tmp_path: Path) -> None:
    shots, truths = read(sequence(tmp_path / "TUM" / "freiburg1_desk", 0.981, 1.01, 1.13, 1.199))
    assert shots.names == ("freiburg1_desk/100", "freiburg1_desk/120")
    assert set(shots.groups) == {"freiburg1_desk"}
    assert depth(truths[0])[1] == pytest.approx(2 + 101 / 5000)
    assert depth(truths[1])[1] == pytest.approx(2 + 120 / 5000)


def test_a_bad_line_of_tum_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "TUM" / "desk"
    with pytest.raises(DataError, match=r"no photo has depth within 0\.02 s"):
        sequence(folder)
    for line in ("soon rgb/1.png", "1.5"):
        text(folder / "depth.txt", "# depth maps", line)
        with pytest.raises(DataError, match=r"depth\.txt, line 2: .* is not 'time file'"):
            tum.find(tmp_path)
    text(folder / "depth.txt", "1.0 ../../../x.png")
    with pytest.raises(DataError, match="leads out of the folder"):
        read(tum.find(tmp_path))
    (folder / "depth.txt").unlink()
    with pytest.raises(DataError, match=r"depth\.txt: not a list"):
        tum.find(tmp_path)
