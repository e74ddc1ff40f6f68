"""Divisions folded into convolutions, and those that must stay."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from export.rewrite.divisions import DIVISION, fold_divisions


class Divided(nn.Module):
    """x / 5, then by a buffer, padded, into a convolution; `keep` adds what forbids to fold."""

    scale: Tensor

    def __init__(self, keep: str = "") -> None:
        super().__init__()
        self.register_buffer("scale", torch.tensor([2.0, 3.0, 4.0]).view(1, 3, 1, 1))
        self.convolution = nn.Conv2d(3, 3, 3, groups=3 if keep == "groups" else 1)
        self.keep = keep

    def forward(self, x: Tensor) -> Tensor:
        y = x / 5 / self.scale
        fill = 1.0 if self.keep == "padding" else 0.0
        output: Tensor = self.convolution(F.pad(y, [0, 1, 0, 1], value=fill))
        return output + y.mean() if self.keep == "second use" else output


def folded(model: Divided, x: Tensor) -> tuple[int, Tensor]:
    """How many divisions are left, and the output of the rewritten graph."""
    program = torch.export.export(model, (x,))
    fold_divisions(program)
    left = len(program.graph.find_nodes(op="call_function", target=DIVISION))
    return left, program.module()(x)


@pytest.mark.parametrize(("keep", "left"), [("", 0), ("groups", 2), ("padding", 2), ("second use", 2)])
def test_folds_what_changes_nothing_and_nothing_else(keep: str, left: int) -> None:
    torch.manual_seed(0)
    model, x = Divided(keep).eval(), 100 * torch.randn(1, 3, 8, 8)
    with torch.no_grad():
        expected = model(x)
        found, output = folded(model, x)
    assert found == left
    torch.testing.assert_close(output, expected, rtol=1e-5, atol=1e-5)
