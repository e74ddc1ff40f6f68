from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from training import models, state
from training.loop import training_mode
from training.recipes import RECIPES


@pytest.mark.parametrize(
    ("name", "trained"), [("mn", "layers.7."), ("lite0", "blocks.3."), ("b0", "blocks.3.")]
)
def test_frozen_taps_stay_as_they_are(name: str, trained: str) -> None:
    torch.manual_seed(0)
    recipe = replace(RECIPES[name], optimizer="adamw", weight_decay=0.1, frozen_taps=3)
    run = state.start(recipe, models.build(name))
    before = {key: value.clone() for key, value in run.model.state_dict().items()}
    image = torch.rand(2, 3, 64, 64) * 255
    with torch.no_grad():
        taps = run.model.eval().encoder(image)
    training_mode(run)
    run.model(image).square().mean().backward()
    run.optimizer.step()
    with torch.no_grad():
        again = run.model.eval().encoder(image)
    assert [torch.equal(a, b) for a, b in zip(taps, again, strict=True)] == [True, True, True, False, False]
    changed = {k for k, v in run.model.state_dict().items() if not torch.equal(v, before[k])}
    assert any(key.startswith(f"encoder.{trained}") for key in changed)
    assert any(key.startswith("decoder.") for key in changed)


def test_nothing_is_frozen_unless_asked() -> None:
    run = state.start(RECIPES["mn"], models.build("mn"))
    assert all(parameter.requires_grad for parameter in run.model.parameters())
