"""Each loss is used on the images that it can be used on, and on no others."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from training.objectives import OBJECTIVES


def batch() -> dict[str, Any]:
    """An absolute, a UTS and a UTSS image; the last has negative disparity."""
    generator = torch.Generator().manual_seed(0)
    disparity = torch.rand(3, 1, 8, 8, generator=generator) + 0.1
    disparity[2] -= 2
    valid = torch.rand(3, 1, 8, 8, generator=generator) < 0.8
    flags = {"uts": torch.tensor([True, True, False]), "absolute": torch.tensor([True, False, False])}
    return {"disparity": disparity, "valid": valid, **flags}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_used_where_it_can_be(name: str) -> None:
    prediction = torch.randn(3, 1, 8, 8, generator=torch.Generator().manual_seed(1)).requires_grad_()
    values = OBJECTIVES[name](prediction, batch())
    (gradient,) = torch.autograd.grad(values.sum(), prediction)
    expected = {"si": (True, True, False), "absolute": (True, False, False)}
    usable = expected.get(name.split("_", maxsplit=1)[0], (True, True, True))
    assert tuple((values > 0).tolist()) == usable
    assert tuple(bool(g.abs().sum() > 0) for g in gradient) == usable
    assert torch.isfinite(gradient).all()
