from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from training.data.builtin import Scenes
from training.data.sample import DataError, Kind
from training.data.shares import divide

SCENES = Scenes(held_out=True, height=32, width=32)  # 32 of them


@pytest.mark.parametrize(
    ("uts", "utss", "counts"), [(1, 0, (32, 0)), (0, 1, (0, 32)), (0.25, 0.75, (8, 24)), (0.1, 0, (3, 0))]
)
def test_shares_are_of_the_images(uts: float, utss: float, counts: tuple[int, int]) -> None:
    part = divide(SCENES, uts, utss, seed=0)
    kinds = Counter(part[i].kind for i in range(len(part)))
    assert (kinds[Kind.UTS], kinds[Kind.UTSS]) == counts
    assert len({index for index, _ in part.chosen}) == len(part)


def test_what_is_uts_at_ten_percent_is_so_at_twenty() -> None:
    few, more = ({i for i, k in divide(SCENES, s, 0, 1).chosen if k is Kind.UTS} for s in (0.1, 0.2))
    assert few < more


def test_an_image_has_one_scale_and_shift_for_good() -> None:
    part = divide(SCENES, 0.5, 0.5, seed=2)
    for place in (0, 31):
        true = SCENES[part.chosen[place][0]]
        assert np.array_equal(part[place].disparity, part[place].disparity)
        known = true.valid
        slope, offset = np.polyfit(true.disparity[known], part[place].disparity[known], 1)
        assert slope > 0
        made = slope * true.disparity[known] + offset
        assert np.allclose(part[place].disparity[known], made, rtol=1e-3, atol=1e-3 * slope)
        assert (abs(offset) < 1e-4 * slope) == (part[place].kind is Kind.UTS)


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(DataError, match=r"synthetic: 32 images, of which 0\.01 UTS and 0 UTSS leave none"):
        divide(SCENES, 0.01, 0, 0)


def test_a_sample_of_unknown_shift_cannot_be_uts() -> None:
    lesser = divide(SCENES, 0, 1, 0)
    with pytest.raises(DataError, match="synthetic, image"):
        divide(lesser, 1, 0, 0)[0]
