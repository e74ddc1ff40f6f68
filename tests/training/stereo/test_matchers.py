from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from tests.conftest import SHARED
from tests.training.stereo.made import synthetic_pair, warped
from training.data.sample import DataError
from training.stereo.extract import MATCHER_NAMES
from training.stereo.layouts import Picture
from training.stereo.matchers import (
    AGREEMENT_PX,
    MATCHERS,
    SPECKLE_PX,
    MatcherSpec,
    Sgbm,
    build,
    match_pair,
    search_range,
)


def random_dots(disparity: NDArray[np.floating], seed: int = 0) -> tuple[Picture, Picture]:
    left = np.random.default_rng(seed).integers(0, 255, (*disparity.shape, 3), np.uint8)
    return left, warped(left, disparity)


def test_the_tables_agree() -> None:
    assert set(MATCHERS) == set(AGREEMENT_PX) == set(SPECKLE_PX) == set(MATCHER_NAMES)


@pytest.mark.parametrize(("ground", "box"), [(3, 14), (-12, -4), (-5, 6), (30, 47)])
def test_sgbm_finds_planes_on_either_side_of_the_screen(ground: float, box: float) -> None:
    truth = np.full((120, 240), ground, np.float32)
    truth[40:90, 90:170] = box
    disparity, valid = match_pair(*random_dots(truth), Sgbm())
    assert valid.mean() > 0.75
    assert np.median(np.abs(disparity - truth)[valid]) < 0.1
    assert (np.abs(disparity - truth)[valid] > 1).mean() < 0.02
    assert (disparity[~valid] == 0).all()
    # What the right eye does not see is not valid: beside the box, and at the edge.
    hidden = truth[60, 90] - truth[60, 80]
    assert valid[45:85, 90 - int(hidden) + 2 : 88].mean() < 0.4


def test_sgbm_measures_parts_of_a_pixel() -> None:
    truth = np.full((120, 240), 4.5, np.float32)
    disparity, valid = match_pair(*random_dots(truth), Sgbm())
    assert abs(float(np.median(disparity[valid])) - 4.5) < 0.2


@pytest.mark.parametrize("seed", range(4))
def test_sgbm_on_synthetic_rooms(seed: int) -> None:
    left, right, truth = synthetic_pair(seed)
    disparity, valid = match_pair(left, right, Sgbm())
    error = np.abs(disparity - truth)[valid]
    assert valid.mean() > 0.9
    assert np.median(error) < 0.2
    assert (error > 3).mean() < 0.01


def test_the_search_range_holds_the_truth_and_not_much_more() -> None:
    for low_px, high_px in ((-6, 16), (2, 7), (20, 60)):
        left, right, truth = synthetic_pair(1, low_px=low_px, high_px=high_px)
        low, high = search_range(left[..., 1], right[..., 1])
        inside = (truth >= low) & (truth <= high)
        assert inside.mean() > 0.995
        assert high - low < 2 * (high_px - low_px) + 10


def test_pictures_without_texture_have_no_disparity() -> None:
    plain = np.full((64, 96, 3), 128, np.uint8)
    _, valid = match_pair(plain, plain, Sgbm())
    assert not valid.any() or valid.mean() == 1  # all the same is a match at zero


def test_eyes_of_two_sizes_are_refused() -> None:
    left, right, _ = synthetic_pair(1)
    with pytest.raises(ValueError, match="differ in size"):
        match_pair(left, right[:-1], Sgbm())


# --- true disparity of real pairs


Pairs = Iterator[tuple[Picture, Picture, NDArray[np.float32]]]


def kitti(step: int) -> Pairs:
    folder = SHARED / "data" / "kitti2015"
    with (folder / "pairs.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 45
    for row in rows[::step]:
        yield tuple(read(folder / row[key]) for key in ("left", "right", "disparity"))  # type: ignore[misc]


def middlebury(step: int) -> Pairs:
    for folder in sorted((SHARED / "data" / "middlebury").glob("*/"))[::step]:
        yield tuple(read(folder / name) for name in ("left.jpg", "right.jpg", "disp_left.png"))  # type: ignore[misc]


def read(path: Path) -> NDArray[np.generic]:
    values = np.asarray(Image.open(path))
    return values if values.dtype == np.uint8 else values.astype(np.float32) / 256


@pytest.mark.parametrize(
    ("pairs", "step", "least_coverage", "most_median_px", "most_above_3_px"),
    [
        (kitti, 5, 0.88, 0.65, 4.5),
        pytest.param(kitti, 1, 0.9, 0.6, 3.6, marks=pytest.mark.slow),
        (middlebury, 1, 0.85, 0.25, 4.5),
    ],
)
def test_sgbm_against_true_disparity(
    pairs: Callable[[int], Pairs],
    step: int,
    least_coverage: float,
    most_median_px: float,
    most_above_3_px: float,
) -> None:
    """Means over the pairs. KITTI's truth lies 0.4 px beside the best match on most drives, which is most of
    its median error; Middlebury's truth covers what the right eye does not see, which no matcher has."""
    if not (SHARED / "data" / "kitti2015").is_dir():
        pytest.skip("the pairs with true disparity are not on this machine")
    figures = []
    for left, right, truth in pairs(step):
        disparity, valid = match_pair(left, right, Sgbm())
        both = valid & (truth > 0)
        error = np.abs(disparity - truth)[both]
        figures.append((both.sum() / (truth > 0).sum(), np.median(error), 100 * (error > 3).mean()))
    coverage, median_px, above_3_px = np.mean(figures, axis=0)
    print(f"coverage {coverage:.3f}, median {median_px:.3f} px, above 3 px {above_3_px:.2f} %")
    assert coverage > least_coverage
    assert median_px < most_median_px
    assert above_3_px < most_above_3_px


# --- RAFT: with random weights, so only that pictures go in and maps of their size come out


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from torchvision.models.optical_flow import raft_large

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("raft") / "raft.pth"
    torch.save(raft_large(weights=None).state_dict(), path)
    return path


def test_raft_gives_maps_of_the_size_of_the_pictures(weights: Path) -> None:
    left, right, _ = synthetic_pair(1, height=100, width=150)
    matcher = build(MatcherSpec("raft", 8, str(weights)))
    object.__setattr__(matcher, "updates", 2)
    forward, backward = matcher.disparities(left, right)
    assert forward.shape == backward.shape == (100, 150)
    assert np.isfinite(forward).all()
    # The mirror of the signs: the flow from right to left is what `backward` has of it.
    swapped, _ = matcher.disparities(right, left)
    np.testing.assert_allclose(swapped, -backward, atol=1e-4)


def test_weights_that_do_not_fit_are_named(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pth"
    torch.save({"layer": torch.zeros(2)}, wrong)
    with pytest.raises(DataError, match=r"wrong\.pth: not the weights of torchvision's raft_large"):
        build(MatcherSpec("raft", 8, str(wrong)))
    wrong.write_bytes(b"no weights")
    with pytest.raises(DataError, match=r"wrong\.pth: not the weights"):
        build(MatcherSpec("raft", 8, str(wrong)))
    with pytest.raises(DataError, match="no such file"):
        build(MatcherSpec("raft", 8, str(tmp_path / "none.pth")))
    with pytest.raises(DataError, match="raft has no weights"):
        build(MatcherSpec("raft", 8))
