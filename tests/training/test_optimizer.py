from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from training import optimizer
from training.optimizer import SCHEDULES
from training.recipes import RECIPES

RECIPE = replace(
    RECIPES["mn-starter"], schedule="warm_up_stable_decay", learning_rate=2e-3, encoder_rate=0.1, steps=1000
)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.Linear(2, 2), nn.Linear(2, 1)


@pytest.mark.parametrize("name", SCHEDULES)
@given(progress=st.floats(0, 1))
def test_a_rate_is_positive_and_never_above_the_recipes(name: str, progress: float) -> None:
    assert 0 < SCHEDULES[name](progress) <= 1 + 1e-3


@pytest.mark.parametrize("name", ["one_cycle", "warm_up_stable_decay"])
def test_rates_warm_up_and_end_at_a_hundredth(name: str) -> None:
    rates = [SCHEDULES[name](step / 1000) for step in range(1001)]
    assert rates[0] == 1e-3
    assert max(rates) == pytest.approx(1.0, abs=0.03)
    assert rates[-1] == pytest.approx(0.01)
    top = rates.index(max(rates))
    assert all(later <= earlier for earlier, later in zip(rates[top:], rates[top + 1 :], strict=False))


def test_the_end_can_be_moved_while_the_rate_stands() -> None:
    net = Net()
    built = optimizer.build(net, RECIPE)
    for steps in (1000, 2000):
        rate = optimizer.set_learning_rate(built, replace(RECIPE, steps=steps), 700)
        assert rate == 2e-3
    assert [group["lr"] for group in built.param_groups] == [pytest.approx(2e-4), 2e-3]
    half = optimizer.set_learning_rate(built, RECIPE, 875)
    assert math.isclose(half, 2e-3 * (0.01 + 0.99 / 2))
