from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bench import scoring
from bench.testsets import TESTSETS
from bench.testsets.shot import Shot
from export.fit import Fit

SIZE = 32
PLAIN = scoring.Deployed(SIZE, SIZE, Fit(), trained_on=())


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


@dataclass(frozen=True)
class Made:
    """Images whose depth a perfect runner reproduces exactly."""

    images: int = 12

    def __len__(self) -> int:
        return self.images

    def __iter__(self) -> Iterator[Shot]:
        for i in range(self.images):
            red = np.random.default_rng(i).integers(0, 128, (SIZE, SIZE), dtype=np.uint8)
            image = np.stack([red, red, red], axis=2)
            depth = (3 * np.exp(-red.astype(np.float32) / 64)).astype(np.float32)
            yield Shot(f"{i}", image, depth=depth, group=f"scene {i // 2}")


def judged(**files: Depths) -> dict[str, scoring.Judged]:
    return scoring.judge(dict(files), "exact", PLAIN, {"nyu_dev": Made()}, lambda text: None)


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
    seen = scoring.Deployed(SIZE, SIZE, Fit(), trained_on=("nyu",))
    result = scoring.judge({"x": Depths()}, None, seen, {"nyu_dev": Made()}, lambda text: None)
    assert result["x"].accuracy["nyu_dev"].trained_on
    assert "cap 10 m" in result["x"].accuracy["nyu_dev"].protocol


def test_letterboxed_photos_are_scored_without_their_padding() -> None:
    box = scoring.Deployed(SIZE, SIZE, Fit("letterbox"), trained_on=())
    wide = Shot("wide", *wide_shot())
    figures = scoring._figures(Depths().predict(boxed(wide)), wide, TESTSETS["nyu_dev"], box.fit)
    assert figures["delta1"] == 0


def wide_shot() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    red = np.tile(np.arange(0, 128, 2, dtype=np.uint8), (32, 1))
    depth = (3 * np.exp(-red.astype(np.float32) / 64)).astype(np.float32)
    return np.stack([red, red, red], axis=2), depth


def boxed(shot: Shot) -> NDArray[np.uint8]:
    from export.fit import to_network

    return to_network(shot.image, SIZE, SIZE, Fit("letterbox"))


def test_interval_resamples_scenes_together() -> None:
    """Twenty copies of each of five values: as independent images the interval would be far too small."""
    values = np.repeat(np.arange(5.0), 20)
    together = scoring.interval(values, [f"scene {i}" for i in np.repeat(np.arange(5), 20)])
    apart = scoring.interval(values, [str(i) for i in range(100)])
    assert together is not None
    assert apart is not None
    assert together[1] - together[0] > 2 * (apart[1] - apart[0])


def test_one_scene_has_no_interval() -> None:
    assert scoring.interval(np.array([1.0, 2.0]), ["a", "a"]) is None
    assert scoring.score(np.array([np.nan]), None, ["a"]) is None
