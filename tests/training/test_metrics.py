from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from training import metrics
from training.resample import bilinear

Array = NDArray[Any]
CASES = (
    "nyu_a", "nyu_b", "nyu_exact", "tum_a", "tum_b", "tum_c", "sintel_a", "sintel_b", "eth3d_a",
    "eth3d_b", "kitti_a",
)  # fmt: skip
# Their name → ours and the factor from fraction to ours.
FIGURES = {
    "uts_d1": ("delta1", 100), "uts_d2": ("delta2", 100), "uts_d3": ("delta3", 100),
    "uts_rel": ("rel", 100), "uts_log10": ("log10", 1), "utss_d1": ("delta1", 100),
    "utss_rel": ("rel", 100),
}  # fmt: skip
TOLERANCE = 2e-4


def scene(seed: int = 0, height: int = 24, width: int = 32) -> tuple[Array, Array, Array]:
    """A prediction with errors, depth in metres, and a mask with holes."""
    rng = np.random.default_rng(seed)
    depth = rng.uniform(0.7, 8, (height, width))
    log_disparity = -np.log(depth) + rng.normal(0, 0.3, depth.shape)
    return log_disparity, depth, rng.random(depth.shape) > 0.2


# ---------------------------------------------------------------- against the authors' own code


@pytest.mark.parametrize("name", CASES)
def test_the_authors_figures(paper: Path, name: str) -> None:
    arrays = np.load(paper / "metrics" / "cases.npz")
    case = json.loads((paper / "metrics" / "expected.json").read_text())[name]
    expected = case["per_image"] or case["independent_float64"]["per_image"]
    border = case["border_crop_px"] or 0
    compared = 0
    for i, image in enumerate(expected):
        depth = arrays[f"{name}/{i}/depth_m"]
        depth = depth[border : depth.shape[0] - border, border : depth.shape[1] - border]
        arguments = (arrays[f"{name}/{i}/pred_log_disparity"], depth, depth > 0, case["cap_m"])
        ours = {"uts": metrics.uts(*arguments), "utss": metrics.utss(*arguments)}
        for figure, (key, factor) in FIGURES.items():
            scores = ours[figure.split("_")[0]]
            if not image.get("counted", True):
                assert scores is None
            elif image[figure] is not None:
                assert scores is not None
                assert scores[key] / factor == pytest.approx(image[figure], abs=TOLERANCE), figure
                compared += 1
    assert compared >= 5


def test_the_authors_ordered_pairs(paper: Path) -> None:
    arrays = np.load(paper / "metrics" / "cases.npz")
    case = json.loads((paper / "metrics" / "expected.json").read_text())["diw"]
    wrong = []
    for i, image in enumerate(case["per_image"]):
        *points, relation = image["annotation"]
        log_disparity = bilinear(arrays[f"diw/{i}/pred_log_disparity"], *image["image_hw"])
        wrong.append(metrics.whdr(log_disparity, np.array([points]), [relation]) / 100)
        assert wrong[-1] == image["wrong"], i
    assert np.mean(wrong) == pytest.approx(case["mean"]["whdr"], abs=1e-6)


# ---------------------------------------------------------------- rules, on data made here


@pytest.mark.parametrize("score", [metrics.uts, metrics.utss])
def test_ten_valid_pixels_are_too_few(score: Callable[..., dict[str, float] | None]) -> None:
    log_disparity, depth, valid = scene()
    for count, scored in ((10, False), (11, True)):
        valid[:] = False
        valid.flat[:count] = True
        assert (score(log_disparity, depth, valid) is not None) == scored


@pytest.mark.parametrize("score", [metrics.uts, metrics.utss])
def test_truth_at_the_cap_drops_out(score: Callable[..., dict[str, float] | None]) -> None:
    log_disparity, depth, valid = scene()
    depth = depth.astype(np.float32)
    kept = valid.copy()
    depth[0, :8], kept[0, :8] = 10, False
    depth[0, 8:], valid[0, 8:], kept[0, 8:] = np.nextafter(np.float32(10), np.float32(0)), True, True
    assert score(log_disparity, depth, valid, 10.0) == score(log_disparity, depth, kept, 10.0)
    assert score(log_disparity, depth, valid, 10.0) != score(log_disparity, depth, valid, None)


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf, -1.0])
def test_what_is_no_depth_drops_out(bad: float) -> None:
    log_disparity, depth, valid = scene()
    kept = valid.copy()
    kept[:3] = False
    depth[:3] = bad
    for score in (metrics.uts, metrics.utss):
        assert score(log_disparity, depth, valid) == score(log_disparity, depth, kept)


def test_the_lower_median_aligns() -> None:
    # Six pixels are right and six predict twice the depth: the lower of the middle two differences
    # is −log 2, so the six become right and the others half as deep.
    depth = np.full((3, 4), 2.0)
    predicted = np.where(np.arange(12).reshape(3, 4) % 2, 2.0, 4.0)
    scores = metrics.uts(-np.log(predicted), depth, depth > 0)
    assert scores is not None
    assert scores["delta1"] == scores["delta2"] == scores["delta3"] == 50
    assert scores["rel"] == pytest.approx(25)
    assert scores["log10"] == pytest.approx(np.log10(2) / 2)
    assert scores["rmse"] == pytest.approx(np.sqrt(0.5))


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=12))
def test_lower_median(values: list[float]) -> None:
    assert metrics.lower_median(np.array(values)) == sorted(values)[(len(values) - 1) // 2]


def test_a_ratio_of_1_25_is_no_error() -> None:
    depth = np.ones((4, 5))
    depth[0, :2] = 1.25
    scores = metrics.uts(np.zeros((4, 5)), depth, depth > 0)
    assert scores is not None
    assert scores["delta1"] == 0
    depth[0, :2] = 1.2500001
    scores = metrics.uts(np.zeros((4, 5)), depth, depth > 0)
    assert scores is not None
    assert scores["delta1"] == 10


def test_uts_is_resized_in_the_log_domain_and_utss_after_exp() -> None:
    log_disparity = np.array([[0.0, 2.0], [-1.0, 1.5]])
    in_log, after = bilinear(log_disparity, 5, 7), bilinear(np.exp(log_disparity), 5, 7)
    everywhere = np.ones((5, 7), bool)
    for score, truth, other in (
        (metrics.uts, np.exp(-in_log), 1 / after),
        (metrics.utss, 1 / after, np.exp(-in_log)),
    ):
        right, wrong = score(log_disparity, truth, everywhere), score(log_disparity, other, everywhere)
        assert right is not None
        assert wrong is not None
        assert right["rel"] < 1e-9
        assert wrong["rel"] > 0.5


def test_utss_depth_is_held_at_the_cap() -> None:
    # Disparities 0.9 … 0.1 and a prediction that is one step too low at the far end: the fit goes
    # below 1/cap there, and the cap is what counts.
    disparity = np.repeat([[0.9, 0.5, 0.12, 0.11]], 4, axis=0)
    predicted = np.repeat([[0.9, 0.5, 0.11, 0.001]], 4, axis=0)
    a, b = np.polyfit(predicted.ravel(), disparity.ravel(), 1)
    capped = 1 / np.maximum(a * predicted + b, 1 / 9.5)
    assert (a * predicted + b).min() < 1 / 9.5
    scores = metrics.utss(np.log(predicted), 1 / disparity, disparity > 0, 9.5)
    assert scores is not None
    assert scores["rel"] == pytest.approx(100 * np.mean(np.abs(capped * disparity - 1)))


@given(shift=st.floats(-5, 5), factor=st.floats(0.01, 100), seed=st.integers(0, 9))
def test_uts_does_not_see_scale(shift: float, factor: float, seed: int) -> None:
    log_disparity, depth, valid = scene(seed)
    plain = metrics.uts(log_disparity, depth, valid)
    moved = metrics.uts(log_disparity + shift, factor * depth, valid)
    assert plain is not None
    assert moved is not None
    assert moved == pytest.approx({**plain, "rmse": factor * plain["rmse"]}, rel=1e-9)


@given(a=st.floats(0.05, 20), b=st.floats(0, 5), seed=st.integers(0, 9))
def test_utss_does_not_see_scale_and_shift(a: float, b: float, seed: int) -> None:
    log_disparity, depth, valid = scene(seed)
    plain = metrics.utss(log_disparity, depth, valid, 10.0)
    assert plain is not None
    moved = metrics.utss(np.log(a * np.exp(log_disparity) + b), depth, valid, 10.0)
    assert moved == pytest.approx(plain, rel=1e-6)


def test_masks_may_be_bytes_and_maps_may_have_a_leading_one() -> None:
    log_disparity, depth, valid = scene()
    expected = metrics.uts(log_disparity, depth, valid)
    assert metrics.uts(log_disparity[None, None], depth, valid.astype(np.uint8)) == expected


def test_an_absurd_prediction_is_infinitely_wrong() -> None:
    log_disparity, depth, valid = scene()
    scores = metrics.uts(1e4 * log_disparity, depth, valid)
    assert scores is not None
    assert scores["rel"] == np.inf
    assert scores["delta3"] > 90


# ---------------------------------------------------------------- disparity, pairs


def test_disparity_rel() -> None:
    disparity = np.repeat([[10.0, 20.0, 40.0]], 4, axis=0)
    everywhere = disparity > 0
    exact = metrics.disparity_rel(np.log(0.3 * disparity + 7), disparity, everywhere)
    assert exact == pytest.approx(0, abs=1e-9)
    predicted = np.repeat([[1.0, 3.0, 4.0]], 4, axis=0)
    a, b = np.polyfit(predicted.ravel(), disparity.ravel(), 1)
    expected = 100 * np.mean(np.abs(a * predicted + b - disparity) / disparity)
    assert metrics.disparity_rel(np.log(predicted), disparity, everywhere) == pytest.approx(expected)
    assert expected > 5
    few = everywhere.copy()
    few[0, :2] = False
    assert metrics.disparity_rel(np.log(predicted), disparity, few) is None


def test_correlation() -> None:
    log_disparity, _, valid = scene()
    disparity = np.exp(log_disparity)
    assert metrics.correlation(log_disparity, 3 * disparity + 1, valid) == pytest.approx(1)
    assert metrics.correlation(log_disparity, -disparity, valid) == pytest.approx(-1)
    assert metrics.correlation(np.zeros_like(log_disparity), disparity, valid) == 0
    assert metrics.correlation(log_disparity, disparity, valid & False) is None


@pytest.mark.parametrize(
    ("points", "relation", "wrong"),
    [
        ((1, 1, 1, 2), ">", False),  # A has disparity 0, B 1: A is farther
        ((1, 1, 1, 2), "<", True),
        ((1, 2, 1, 1), "<", False),
        ((1, 2, 1, 1), 1, True),
        ((1, 2, 1, 1), -1, False),
        ((1, 1, 1, 1), "<", False),  # a tie counts "<"
        ((1, 1, 1, 1), ">", True),
        ((0, 0, 9, 9), ">", False),  # clipped to the corners, 0 and 3
        ((2.7, 1, 2, 2), ">", False),  # 1.7 is pixel 1
    ],
)
def test_whdr(points: tuple[float, ...], relation: str | int, wrong: bool) -> None:
    log_disparity = np.array([[0.0, 1.0], [2.0, 3.0]])
    assert metrics.whdr(log_disparity, np.array([points]), [relation]) == 100 * wrong
    assert metrics.whdr(log_disparity[None], np.array([points]), [relation]) == 100 * wrong


def test_whdr_is_a_share() -> None:
    points = np.array([[1, 1, 1, 2]] * 4)
    assert metrics.whdr(np.array([[0.0, 1.0]]), points, [">", ">", ">", "<"]) == 25


# ---------------------------------------------------------------- a file against its float model


def test_a_map_is_faithful_to_itself() -> None:
    log_disparity, _, _ = scene()
    same = metrics.fidelity(log_disparity, log_disparity)
    assert same == {"within_1_25": 100, "within_1_05": 100, "shift_drift": pytest.approx(0), "max_abs": 0}


@given(shift=st.floats(-4, 4), seed=st.integers(0, 9))
def test_fidelity_does_not_see_scale(shift: float, seed: int) -> None:
    log_disparity, _, _ = scene(seed)
    moved = metrics.fidelity(log_disparity, log_disparity + shift)
    assert moved["within_1_05"] == 100
    assert moved["shift_drift"] == pytest.approx(0, abs=1e-6)
    assert moved["max_abs"] == pytest.approx(abs(shift))


@given(b=st.floats(-0.05, 3), factor=st.floats(0.1, 10), seed=st.integers(0, 9))
def test_a_shift_of_disparity_is_the_drift(b: float, factor: float, seed: int) -> None:
    disparity = 0.1 + np.random.default_rng(seed).random((12, 16))
    drift = metrics.shift_drift(np.log(disparity), np.log(factor * (disparity + b)))
    assert drift == pytest.approx(100 * abs(b) / np.median(disparity), rel=1e-6, abs=1e-6)


def test_shares_within_a_factor() -> None:
    reference = np.linspace(-1, 1, 100).reshape(10, 10)
    for factor, within in ((1.3, (90.0, 90.0)), (1.1, (100.0, 90.0)), (1.04, (100.0, 100.0))):
        candidate = reference.copy()
        candidate[0] += np.log(factor)
        scores = metrics.fidelity(reference, candidate + 2)
        assert (scores["within_1_25"], scores["within_1_05"]) == within
        assert scores["max_abs"] == pytest.approx(2 + np.log(factor))


def test_a_reversed_map_drifts_without_bound() -> None:
    log_disparity, _, _ = scene()
    assert metrics.shift_drift(log_disparity, -log_disparity) == np.inf


# ---------------------------------------------------------------- refusals


def nan_map() -> Array:
    log_disparity = scene()[0]
    log_disparity[3, 4] = np.nan
    return log_disparity


LOG, DEPTH, VALID = scene()
PAIR = np.array([[1, 1, 2, 2]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.uts(nan_map(), DEPTH, VALID), "not finite"),
        (lambda: metrics.utss(nan_map(), DEPTH, VALID), "not finite"),
        (lambda: metrics.uts(nan_map(), DEPTH, VALID & False), "not finite"),
        (lambda: metrics.disparity_rel(nan_map(), DEPTH, VALID), "not finite"),
        (lambda: metrics.fidelity(LOG, nan_map()), "not finite"),
        (lambda: metrics.whdr(nan_map(), PAIR, [">"]), "not finite"),
        (lambda: metrics.uts(np.stack([LOG, LOG]), DEPTH, VALID), "is H×W"),
        (lambda: metrics.uts(LOG[0], DEPTH, VALID), "is H×W"),
        (lambda: metrics.uts(LOG, DEPTH, VALID[1:]), "two maps of one size"),
        (lambda: metrics.utss(LOG, DEPTH[None], VALID[None]), "two maps of one size"),
        (lambda: metrics.correlation(LOG, DEPTH, VALID[1:]), "two maps of one size"),
        (lambda: metrics.fidelity(LOG, LOG[1:]), "one size"),
        (lambda: metrics.shift_drift(LOG, LOG[1:]), "one size"),
        (lambda: metrics.whdr(LOG, PAIR, []), "as many relations"),
        (lambda: metrics.whdr(LOG, PAIR, ["="]), "none of"),
    ],
)
def test_bad_input_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_numpy_is_enough() -> None:
    code = "import sys, training.metrics; print(*{m.split('.')[0] for m in sys.modules})"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"training", "numpy"} <= loaded
    assert not loaded & {"torch", "scipy", "cv2", "skimage", "PIL"}
