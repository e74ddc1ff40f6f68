from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from export.fit import Box, Fit, placement, published_size, to_network, to_photo
from training.resample import bilinear

STRETCH, LETTERBOX = Fit("stretch"), Fit("letterbox", pad=(124, 116, 104))
sides = st.integers(1, 900)
network_sides = st.integers(1, 20).map(lambda n: 32 * n)


def photo(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize(
    ("photo_size", "network", "mode", "box"),
    [
        ((480, 640), (384, 384), "stretch", Box(0, 0, 384, 384)),
        ((480, 640), (384, 384), "letterbox", Box(48, 0, 288, 384)),
        ((640, 480), (384, 384), "letterbox", Box(0, 48, 384, 288)),
        ((384, 384), (384, 384), "letterbox", Box(0, 0, 384, 384)),
        ((100, 100), (256, 320), "letterbox", Box(0, 32, 256, 256)),
        ((3, 4), (32, 32), "letterbox", Box(4, 0, 24, 32)),
        ((1080, 1920), (384, 384), "letterbox", Box(84, 0, 216, 384)),
        ((3, 64), (32, 32), "letterbox", Box(15, 0, 2, 32)),  # a half, 1.5 rows, goes up; 30 rows remain
        ((5, 64), (32, 32), "letterbox", Box(14, 0, 3, 32)),  # 29 rows remain: the odd one goes below
        ((1, 5000), (384, 384), "letterbox", Box(191, 0, 1, 384)),
    ],
)
def test_placement(photo_size: tuple[int, int], network: tuple[int, int], mode: str, box: Box) -> None:
    assert placement(*photo_size, *network, mode) == box


@given(photo_h=sides, photo_w=sides, height=network_sides, width=network_sides)
def test_a_letterbox_is_centred_and_keeps_the_aspect(
    photo_h: int, photo_w: int, height: int, width: int
) -> None:
    box = placement(photo_h, photo_w, height, width, "letterbox")
    below, right = height - box.top - box.height, width - box.left - box.width
    assert min(below - box.top, right - box.left) >= 0
    assert max(below - box.top, right - box.left) <= 1
    assert box.height == height or box.width == width
    scale = min(height / photo_h, width / photo_w)
    assert abs(box.height - max(1, scale * photo_h)) <= 0.5 + 1e-9
    assert abs(box.width - max(1, scale * photo_w)) <= 0.5 + 1e-9


@pytest.mark.parametrize("size", [(480, 640), (300, 200), (32, 60), (100, 100)])
def test_stretching_up_to_a_factor_of_two_is_opencvs(size: tuple[int, int]) -> None:
    cv2 = pytest.importorskip("cv2")
    image = photo(*size)
    smallest = tuple(32 * -(-side // 64) for side in size)
    for height, width in (smallest, (160, 192)) if size == (300, 200) else (smallest,):
        theirs = cv2.resize(image.astype(np.float64), (width, height), interpolation=cv2.INTER_LINEAR)
        ours = to_network(image, height, width, STRETCH)
        assert ours.dtype == np.uint8
        assert np.abs(ours - theirs).max() <= 0.5 + 1e-4


def test_beyond_a_factor_of_two_nothing_is_skipped() -> None:
    stripes = np.zeros((96, 96, 3), np.uint8)
    stripes[:, 1::3] = 255  # bilinear at a factor of 3 would see these columns alone
    np.testing.assert_array_equal(to_network(stripes, 32, 32, STRETCH), 85)


def test_halves_are_rounded_up() -> None:
    pair = np.zeros((64, 64, 3), np.uint8)
    pair[:, ::2] = [1, 2, 255]
    pair[:, 1::2] = [0, 1, 254]
    assert to_network(pair, 32, 32, STRETCH).reshape(-1, 3).tolist() == [[1, 2, 255]] * 1024


def test_the_rest_is_padding() -> None:
    image = np.full((48, 64, 3), (10, 200, 30), np.uint8)
    network = to_network(image, 96, 96, LETTERBOX)
    box = placement(48, 64, 96, 96, "letterbox")
    inside = np.zeros((96, 96), bool)
    inside[box.top : box.top + box.height, box.left : box.left + box.width] = True
    assert (network[inside] == (10, 200, 30)).all()
    assert (network[~inside] == LETTERBOX.pad).all()
    assert inside.sum() == 72 * 96


def test_the_boxed_picture_is_the_photo_stretched_into_the_box() -> None:
    image = photo(60, 80)
    boxed = to_network(image, 64, 64, LETTERBOX)[8:56]
    np.testing.assert_array_equal(boxed, to_network(image, 48, 64, STRETCH))


@pytest.mark.parametrize("fit", [STRETCH, LETTERBOX], ids=lambda fit: fit.mode)
def test_a_photo_of_network_size_passes_unchanged(fit: Fit) -> None:
    image = photo(64, 96)
    np.testing.assert_array_equal(to_network(image, 64, 96, fit), image)


@given(
    photo_h=st.integers(64, 300), photo_w=st.integers(64, 300), mode=st.sampled_from(["stretch", "letterbox"])
)
def test_there_and_back(photo_h: int, photo_w: int, mode: str) -> None:
    """A network that answers with a slope over the photo gives that slope on the photo again.

    Photos are at least half as large as the network: there the way back is bilinear, exact on slopes.
    """
    height, width = 96, 128
    box = placement(photo_h, photo_w, height, width, mode)
    output = np.full((height, width), 1e9, np.float32)  # padding must not show
    down, across = np.arange(box.height) + 0.5, np.arange(box.width) + 0.5
    slope = down[:, None] / box.height + 2 * across[None, :] / box.width
    output[box.top : box.top + box.height, box.left : box.left + box.width] = slope
    back = to_photo(output, photo_h, photo_w, Fit(mode))
    assert back.shape == (photo_h, photo_w)
    assert back.dtype == np.float32
    y, x = (np.arange(photo_h) + 0.5) / photo_h, (np.arange(photo_w) + 0.5) / photo_w
    # Beyond the outermost pixel centres nothing is known: there the edge goes on.
    y, x = (np.clip(v, 0.5 / n, 1 - 0.5 / n) for v, n in ((y, box.height), (x, box.width)))
    np.testing.assert_allclose(back, y[:, None] + 2 * x[None, :], atol=2e-5)


def test_the_way_back_is_in_the_log_domain() -> None:
    output = np.repeat([[0.0, 2.0]], 2, axis=0).astype(np.float32)
    np.testing.assert_allclose(to_photo(output, 2, 4, STRETCH), [[0, 0.5, 1.5, 2]] * 2, atol=1e-6)


@pytest.mark.parametrize(
    ("size", "network"),
    [
        ((480, 640), (384, 512)), ((464, 624), (384, 512)), ((640, 480), (512, 384)),
        ((436, 1024), (384, 896)), ((375, 1242), (384, 1280)), ((340, 500), (384, 576)),
        ((1008, 1512), (384, 576)), ((384, 384), (384, 384)), ((1, 1), (384, 384)),
        ((384, 400), (384, 384)), ((400, 384), (384, 384)),  # 12.5 and 13.5 go to the even multiple
        ((384, 432), (384, 448)), ((432, 384), (448, 384)),
    ],
)  # fmt: skip
def test_published_size(size: tuple[int, int], network: tuple[int, int]) -> None:
    assert published_size(*size) == network


def test_the_authors_table_of_sizes(paper: Path) -> None:
    table = json.loads((paper / "preprocess" / "sizes.json").read_text())
    assert len(table) > 20
    for row in table:
        assert list(published_size(row["h"], row["w"])) == row["smallest"], row


def test_the_authors_preparation(paper: Path) -> None:
    """The published protocol: normalise, then bilinear to the published size, without antialiasing."""
    arrays = np.load(paper / "preprocess" / "cases.npz")
    names = {key.split("/")[0] for key in arrays.files}
    assert len(names) == 5
    for name in names:
        image, expected = arrays[f"{name}/rgb_uint8"], arrays[f"{name}/network_input"]
        scaled = image / 255 if image.max() > 1 else image.astype(np.float64)
        normalised = (scaled - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
        size = published_size(image.shape[0], image.shape[1], side=96)
        assert size == expected.shape[1:]
        np.testing.assert_allclose(bilinear(normalised, *size).transpose(2, 0, 1), expected, atol=1e-6)


def test_bad_input_is_refused() -> None:
    for bad in (photo(8, 8)[..., 0], photo(8, 8).astype(np.float32), np.zeros((8, 8, 4), np.uint8)):
        with pytest.raises(ValueError, match="H×W×3 uint8"):
            to_network(bad, 32, 32, STRETCH)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="stretch or letterbox"):
        placement(8, 8, 32, 32, "crop")
    with pytest.raises(ValueError, match="does not fit"):
        placement(0, 8, 32, 32, "stretch")
    with pytest.raises(ValueError, match="is H×W"):
        to_photo(np.zeros((1, 32, 32), np.float32), 8, 8, STRETCH)
    with pytest.raises(ValueError, match="no size"):
        published_size(0, 5)
