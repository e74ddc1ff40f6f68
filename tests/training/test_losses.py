"""Each loss against the plain sum over all pairs in float64, by gradcheck, and its invariances."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from training import losses

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
Row = Callable[[Tensor, Tensor], Tensor]


def every_pair(residuals: Tensor) -> Tensor:
    return residuals[:, None] - residuals[None, :]


def normalised(disparity: Tensor) -> Tensor:
    return (disparity - disparity.mean()) / disparity.std(correction=1)


PLAIN: dict[str, Row] = {
    "si_pairwise_l1": lambda x, t: every_pair(x - t).abs().mean(),
    "si_pairwise_l2": lambda x, t: every_pair(x - t).square().mean(),
    "si_pointwise_l1": lambda x, t: (x - t - (x - t).median()).abs().mean(),
    "si_pointwise_l2": lambda x, t: (x - t - (x - t).mean()).square().mean(),
    "absolute_pointwise_l1": lambda x, t: (x - t).abs().mean(),
    "absolute_pointwise_l2": lambda x, t: (x - t).square().mean(),
    "ssi_pairwise_l1": lambda x, t: every_pair(normalised(x.exp()) - normalised(t)).abs().mean(),
}
SCALE_INVARIANT = [name for name in PLAIN if name.startswith("si_")]


def case(seed: int, images: int = 3, height: int = 5, width: int = 7) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shape = (images, 1, height, width)
    x = torch.randn(shape, generator=generator, dtype=torch.float64)
    target = torch.rand(shape, generator=generator, dtype=torch.float64) + 0.1
    valid = torch.rand(shape, generator=generator) < 0.7
    return x, target, valid


@pytest.mark.parametrize("name", PLAIN)
@given(seed=st.integers(0, 1000))
def test_equals_the_plain_sum(name: str, seed: int) -> None:
    x, target, valid = case(seed)
    expected = torch.stack([PLAIN[name](x[i][valid[i]], target[i][valid[i]]) for i in range(len(x))])
    loss: Loss = getattr(losses, name)
    torch.testing.assert_close(loss(x, target, valid), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", PLAIN)
def test_gradient(name: str) -> None:
    x, target, valid = case(1)
    loss: Loss = getattr(losses, name)
    assert torch.autograd.gradcheck(lambda y: loss(y, target, valid), x.requires_grad_())


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("poison", [float("nan"), float("inf"), -float("inf")])
def test_invalid_pixels_touch_neither_value_nor_gradient(name: str, poison: float) -> None:
    x, target, valid = case(2)
    loss: Loss = getattr(losses, name)
    clean = loss(x, target, valid)
    x = torch.where(valid, x, poison).requires_grad_()
    dirty = loss(x, torch.where(valid, target, poison), valid)
    torch.testing.assert_close(dirty, clean)
    (gradient,) = torch.autograd.grad(dirty.sum(), x)
    assert torch.isfinite(gradient).all()
    assert (gradient[~valid] == 0).all()


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("pixels", [0, 1])
def test_too_few_valid_pixels_give_zero(name: str, pixels: int) -> None:
    x, target, _ = case(3)
    valid = torch.zeros_like(x, dtype=torch.bool)
    valid.view(len(x), -1)[:, :pixels] = True
    value = getattr(losses, name)(x.requires_grad_(), target, valid)
    (gradient,) = torch.autograd.grad(value.sum(), x)
    assert (value == 0).all()
    assert torch.isfinite(gradient).all()


def test_constant_maps_have_no_shift_and_scale_invariant_loss() -> None:
    x, target, valid = case(4)
    for output, truth in ((torch.ones_like(x), target), (x, torch.ones_like(x))):
        prediction = output.clone().requires_grad_()
        value = losses.ssi_pairwise_l1(prediction, truth, valid)
        (gradient,) = torch.autograd.grad(value.sum(), prediction)
        assert (value == 0).all()
        assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("name", SCALE_INVARIANT)
@given(shift=st.floats(-50, 50))
def test_blind_to_scale(name: str, shift: float) -> None:
    x, target, valid = case(5)
    loss: Loss = getattr(losses, name)
    torch.testing.assert_close(loss(x + shift, target, valid), loss(x, target, valid))


@given(scale=st.floats(0.01, 100), shift=st.floats(-10, 10))
def test_ssi_is_blind_to_scale_and_shift_of_disparity(scale: float, shift: float) -> None:
    x, target, valid = case(6)
    moved = losses.ssi_pairwise_l1(x, scale * target + shift, valid)
    torch.testing.assert_close(moved, losses.ssi_pairwise_l1(x, target, valid), rtol=1e-6, atol=1e-9)


def test_ssi_does_not_overflow() -> None:
    x, target, valid = case(7)
    assert torch.isfinite(losses.ssi_pairwise_l1(x.float() + 500, target.float(), valid)).all()


def test_mixture_adds_the_si_term_only_where_the_scale_is_all_that_is_unknown() -> None:
    x, disparity, valid = case(8)
    uts = torch.tensor([True, False, True])
    ssi = losses.ssi_pairwise_l1(x, disparity, valid)
    si = losses.si_pairwise_l1(x, disparity.log(), valid)
    torch.testing.assert_close(losses.mixture(x, disparity, valid, uts), ssi + si * uts)


def test_mixture_takes_negative_disparity_of_unknown_shift() -> None:
    x, disparity, valid = case(9)
    shifted = losses.mixture(x, disparity - 5, valid, torch.zeros(3, dtype=torch.bool))
    torch.testing.assert_close(shifted, losses.ssi_pairwise_l1(x, disparity, valid))


def test_mixture_equals_the_plain_sums() -> None:
    x, disparity, valid = case(11)
    disparity[0, 0, 0] = -1  # has no logarithm: left out of the SI term alone
    uts = torch.tensor([True, False, True])
    expected = []
    for i in range(len(x)):
        output, truth = x[i][valid[i]], disparity[i][valid[i]]
        known = truth > 0
        si = PLAIN["si_pairwise_l1"](output[known], truth[known].log()) if uts[i] else 0
        expected.append(PLAIN["ssi_pairwise_l1"](output, truth) + si)
    torch.testing.assert_close(
        losses.mixture(x, disparity, valid, uts), torch.stack(expected), rtol=1e-10, atol=1e-12
    )
    assert torch.autograd.gradcheck(lambda y: losses.mixture(y, disparity, valid, uts), x.requires_grad_())


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("share", [0.02, 0.7, 1.0])
def test_float32_as_in_training(name: str, share: float) -> None:
    """Value and gradient against the plain sum, with ties, negative values and few valid pixels."""
    x, target, _ = case(12, height=16, width=24)
    x = (x * 20).round() / 20 + target.log().round()
    valid = torch.rand(x.shape, generator=torch.Generator().manual_seed(13)) < share
    exact, single = x.clone().requires_grad_(), x.float().requires_grad_()
    plain = torch.stack([PLAIN[name](exact[i][valid[i]], target[i][valid[i]]) for i in range(len(x))])
    found = getattr(losses, name)(single, target.float(), valid)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), plain, rtol=2e-5, atol=1e-6)
    (expected,) = torch.autograd.grad(plain.sum(), exact)
    (gradient,) = torch.autograd.grad(found.sum(), single)
    if name != "si_pointwise_l1":  # the median's place in the gradient is free among equals
        torch.testing.assert_close(gradient.double(), expected, rtol=1e-3, atol=2e-4 / len(plain))


@pytest.mark.parametrize("name", PLAIN)
def test_a_valid_pixel_that_is_not_a_number_shows(name: str) -> None:
    x, target, valid = case(14)
    valid[1, 0, 2, 3] = True
    x[1, 0, 2, 3] = float("nan")
    value = getattr(losses, name)(x.float(), target.float(), valid)
    assert value.isnan().tolist() == [False, True, False]


def test_half_precision_is_summed_in_float32() -> None:
    x, target, valid = case(10, height=200, width=200)
    value = losses.si_pairwise_l1(x.half(), target.half(), valid)
    assert value.dtype == torch.float32
    torch.testing.assert_close(value.double(), losses.si_pairwise_l1(x, target, valid), rtol=1e-3, atol=0)
