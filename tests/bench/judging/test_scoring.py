from __future__ import annotations

import numpy as np
import pytest

from bench.judging import scoring
from bench.testsets.shot import Truth


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


def test_the_mean_over_scenes_counts_each_scene_once() -> None:
    values, groups = np.array([0.0, 0.0, 0.0, 8.0]), ["a", "a", "a", "b"]
    by_image, by_scene = (scoring.score(values, None, groups, by) for by in (False, True))
    assert by_image is not None
    assert by_scene is not None
    assert by_image.value == 2
    assert by_scene.value == 4
    assert by_scene.ci95 == (0, 8)


def test_a_drop_is_worse_when_positive_whatever_the_metric() -> None:
    columns = {"delta1": np.array([2.0, 4.0]), "correlation": np.array([0.5, 0.7])}
    beside = {"delta1": np.array([1.0, 3.0]), "correlation": np.array([0.6, 0.8])}
    found = scoring.scores(columns, beside, ["a", "b"], by_scene=False)
    assert found["delta1"].drop == pytest.approx(1)
    assert found["correlation"].drop == pytest.approx(0.1)


def test_only_images_that_both_were_scored_on_make_a_drop() -> None:
    found = scoring.score(np.array([1.0, np.nan, 3.0]), np.array([0.0, 9.0, np.nan]), ["a", "b", "c"])
    assert found is not None
    assert found.drop == 1
    assert found.images == 2


def test_depth_up_to_a_factor_has_no_figure_in_metres() -> None:
    log_disparity = np.linspace(0, 2, 64, dtype=np.float32).reshape(8, 8)
    truth = Truth(depth=np.exp(-log_disparity) * 7, metric=False)
    figures = scoring.figures(log_disparity, truth, None)
    assert figures["delta1"] == 0
    assert figures["correlation"] == pytest.approx(1)
    assert not set(scoring.IN_METRES) & set(figures)


def test_the_median_is_kept() -> None:
    found = scoring.score(np.array([0.0, 1.0, 8.0]), None, ["a", "b", "c"])
    assert found is not None
    assert found.median == 1


@pytest.mark.parametrize(("relation", "expected"), [(">", 0.0), ("<", 100.0)])
def test_a_pair_whose_second_point_is_nearer(relation: str, expected: float) -> None:
    """Log-disparity of B above A's: A is farther."""
    assert scoring.ordinal((0.0, 1.0, 1.0, 2.7), relation) == {"whdr": expected, "utss_whdr": expected}


def test_a_tie_counts_as_nearer() -> None:
    assert scoring.ordinal((1.0, 1.0, 2.7, 2.7), "<")["whdr"] == 0
