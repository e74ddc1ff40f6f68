from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.judging.judge import Judged, judge, of_image, read
from bench.judging.protocol import Protocol
from bench.testsets import TESTSETS
from bench.testsets.shot import DataError, Map, Pair, Shots, Truth
from export.fit import Fit

SIZE = 32
PLAIN = Protocol(SIZE, SIZE, Fit())


@dataclass
class Depths:
    """A runner whose output is read off the red channel: log-disparity = red/64 + what `change` adds."""

    scale: float = 1.0
    noise: float = 0.0
    broken: float | None = None
    height: int = SIZE
    width: int = SIZE
    delegate: str = "fake"
    input: Mapping[str, Any] = None  # type: ignore[assignment]
    output: Mapping[str, Any] = None  # type: ignore[assignment]

    def tensor(self, image: NDArray[np.uint8]) -> NDArray[Any]:
        return image

    def predict(self, tensor: NDArray[Any]) -> NDArray[Any]:
        output = self.scale * tensor[..., 0].astype(np.float32) / 64
        output = output + self.noise * np.random.default_rng(int(tensor.sum())).standard_normal(output.shape)
        if self.broken is not None:
            output[0, 0] = self.broken
        return output.astype(np.float32)

    def log_disparity(self, output: NDArray[Any]) -> NDArray[np.float32]:
        return output


def made(images: int = 12) -> Shots:
    """Images whose depth a perfect runner reproduces exactly."""

    def red(i: int) -> NDArray[np.uint8]:
        return np.random.default_rng(i).integers(0, 128, (SIZE, SIZE), dtype=np.uint8)

    return Shots(
        names=tuple(str(i) for i in range(images)),
        groups=tuple(f"scene {i // 2}" for i in range(images)),
        photo=lambda i: np.stack([red(i)] * 3, axis=2),
        truth=lambda i: Truth(depth=depth_of(red(i))),
    )


def depth_of(red: NDArray[np.uint8]) -> Map:
    return (3 * np.exp(-red.astype(np.float32) / 64)).astype(np.float32)


def judged(**files: Depths) -> dict[str, Judged]:
    return judge(dict(files), "exact", PLAIN, (), {"nyu_dev": made()}, lambda text: None)


def test_a_perfect_file_has_no_error_and_no_drop() -> None:
    result = judged(exact=Depths(), same=Depths())
    scores = result["same"].accuracy["nyu_dev"].scores
    assert scores["delta1"].value == 0
    assert scores["rel"].value == pytest.approx(0, abs=1e-4)
    assert scores["delta1"].drop == 0
    assert result["same"].fidelity is not None
    assert result["same"].fidelity["within_1_25"] == 100


def test_the_float_model_has_no_drop_of_its_own() -> None:
    result = judged(exact=Depths(), same=Depths())
    assert result["exact"].fidelity is None
    assert result["exact"].accuracy["nyu_dev"].scores["delta1"].drop is None


def test_noise_is_seen_with_its_interval() -> None:
    noisy = judged(exact=Depths(), noisy=Depths(noise=0.2))["noisy"]
    score = noisy.accuracy["nyu_dev"].scores["delta1"]
    assert score.value > 10
    assert score.drop == pytest.approx(score.value)
    assert score.images == 12
    assert score.drop_ci95 is not None
    low, high = score.drop_ci95
    assert score.drop is not None
    assert low < score.drop < high


def test_a_wrong_exponent_is_a_drift_of_shape() -> None:
    bent = judged(exact=Depths(), bent=Depths(scale=1.3))["bent"]
    assert bent.fidelity is not None
    assert bent.fidelity["shift_drift"] > 5


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_outputs_that_are_not_finite_are_counted(value: float) -> None:
    broken = judged(exact=Depths(), broken=Depths(broken=value))["broken"]
    assert broken.fidelity is not None
    assert broken.fidelity["not_finite_outputs"] == 12
    assert not broken.accuracy["nyu_dev"].scores


def test_constant_outputs_are_counted() -> None:
    dead = judged(exact=Depths(), dead=Depths(scale=0))["dead"]
    assert dead.fidelity is not None
    assert dead.fidelity["constant_outputs"] == 12


def test_sets_that_were_trained_on_are_marked() -> None:
    result = judge({"x": Depths()}, None, PLAIN, ("nyu",), {"nyu_dev": made()}, lambda text: None)
    assert result["x"].accuracy["nyu_dev"].trained_on
    assert "cap 10 m" in result["x"].accuracy["nyu_dev"].protocol


def test_letterboxed_photos_are_scored_without_their_padding() -> None:
    box = Protocol(SIZE, SIZE, Fit("letterbox"))
    red = np.tile(np.arange(0, 128, 2, dtype=np.uint8), (32, 1))
    photo = np.stack([red, red, red], axis=2)
    wide = Shots(("wide",), ("wide",), lambda i: photo, lambda i: Truth(depth=depth_of(red)))
    image = read(wide, 0, box)
    inner = box.inner(Depths().predict(image.pixels), image.height, image.width)
    assert inner.shape == (16, 32)
    assert of_image(inner, image, TESTSETS["nyu_dev"].cap_m)["delta1"] == 0


def test_a_truth_of_another_size_is_refused() -> None:
    small = Shots(("a",), ("a",), made().photo, lambda i: Truth(depth=np.ones((2, 2), np.float32)))
    with pytest.raises(DataError, match=r"a: truth of \(2, 2\) for a photo of \(32, 32\)"):
        judge({"x": Depths()}, None, PLAIN, (), {"nyu_dev": small}, lambda text: None)


def test_figures_of_every_image_are_kept() -> None:
    result = judged(exact=Depths(), noisy=Depths(noise=0.2))["noisy"]
    values = result.columns["nyu_dev"]["delta1"]
    assert values.shape == (12,)
    assert values.mean() == pytest.approx(result.accuracy["nyu_dev"].scores["delta1"].value)


def test_pairs_of_points_are_scored() -> None:
    """A is farther where the red channel is darker: a perfect runner has no error, its negative all."""

    def truth(i: int) -> Truth:
        red = made().photo(i)[..., 0]
        return Truth(pair=Pair((1, 1, 9, 9), ">" if red[0, 0] < red[8, 8] else "<"))

    pairs = Shots(made().names, made().groups, made().photo, truth)
    result = judge(
        {"right": Depths(), "wrong": Depths(scale=-1)}, None, PLAIN, (), {"diw": pairs}, lambda text: None
    )
    assert result["right"].accuracy["diw"].scores["whdr"].value == 0
    assert result["wrong"].accuracy["diw"].scores["whdr"].value == 100
