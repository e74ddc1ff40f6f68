"""Scale-invariant and scale-and-shift-invariant losses (Romanov et al., section 4, appendix C).

Every loss takes `(log_disparity, target, valid)`, all N×1×H×W with `valid` bool, and returns N
values, one an image, in float32 or better. R = log_disparity − target over the P valid pixels of
an image. Invalid pixels touch neither value nor gradient; an image with fewer than two valid
pixels gives 0. No loss builds an array larger than its input: pairs are summed by sorting. There is
no loop over images, and the two sorts of `mixture` are nearly all that it costs (`python -m
training.speed` measures it).

The paper's text prints three formulas with slips; the right forms stand here: σ of the normalised
disparity is the square root (section 4 prints the variance), eq. 17 carries its square, and the
pairwise L2 is the full mean over pairs, twice eq. 18.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

# The integers that hold the bits of a float.
INTEGERS = {torch.float32: torch.int32, torch.float64: torch.int64}


def si_pairwise_l1(log_disparity: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Mean absolute difference of all pairs of residuals, eq. (1), in O(P log P) by eq. (2).

    L = 1/P² Σᵢⱼ |Rᵢ − Rⱼ| = 2/P² Σₖ (2k − P − 1) R₍ₖ₎,   R₍₁₎ ≤ … ≤ R₍P₎
    """
    pixels = _pixels(log_disparity, valid)
    return _pairwise_l1(_residuals(log_disparity, target, pixels), pixels)


def si_pairwise_l2(log_disparity: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Mean squared difference of all pairs of residuals: twice eq. (18), in O(P).

    L = 1/P² Σᵢⱼ (Rᵢ − Rⱼ)² = 2 (mean R² − (mean R)²)
    """
    return 2 * si_pointwise_l2(log_disparity, target, valid)


def si_pointwise_l1(log_disparity: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Mean absolute residual after the best shift: L = min_c 1/P Σᵢ |Rᵢ − c|, c the median."""
    pixels = _pixels(log_disparity, valid)
    residuals = _residuals(log_disparity, target, pixels)
    return _mean((residuals - _lower_median(residuals, pixels)).abs(), pixels)


def si_pointwise_l2(log_disparity: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Mean squared residual after the best shift: L = min_c 1/P Σᵢ (Rᵢ − c)², c the mean."""
    pixels = _pixels(log_disparity, valid)
    return _mean(_centred(_residuals(log_disparity, target, pixels), pixels).square(), pixels)


def absolute_pointwise_l1(log_disparity: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """L = 1/P Σᵢ |Rᵢ|: needs targets of true scale."""
    pixels = _pixels(log_disparity, valid)
    return _mean(_residuals(log_disparity, target, pixels).abs(), pixels)


def absolute_pointwise_l2(log_disparity: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """L = 1/P Σᵢ Rᵢ²: needs targets of true scale."""
    pixels = _pixels(log_disparity, valid)
    return _mean(_residuals(log_disparity, target, pixels).square(), pixels)


def ssi_pairwise_l1(log_disparity: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Pairwise L1 between normalised disparities; `target` is disparity up to scale and shift.

    d̂ = exp(log_disparity), D = target, both minus their mean and divided by
    σ = √(1/(P−1) Σ (d − mean)²); then L = 1/P² Σᵢⱼ |Rᵢ − Rⱼ| of R = d̂ − D.
    An image whose target (or prediction) is constant gives 0.
    """
    pixels = _pixels(log_disparity, valid)
    predicted, varies_p = _normalised(_disparity(log_disparity, pixels), pixels)
    true, varies_t = _normalised(_select(target, pixels), pixels)
    loss = _pairwise_l1(predicted - true, pixels)
    return torch.where((varies_p & varies_t)[:, 0], loss, 0.0)


def mixture(log_disparity: Tensor, disparity: Tensor, valid: Tensor, uts: Tensor) -> Tensor:
    """Eq. (3): SI pairwise L1 where the scale alone is unknown (`uts`, bool N), plus SSI pairwise L1.

    disparity: > 0 where valid, up to scale (`uts`) or to scale and shift. The SI term drops pixels
    of non-positive disparity, which have no logarithm.
    """
    positive = has_logarithm(disparity, valid) & uts.view(-1, 1, 1, 1)
    return si_pairwise_l1(log_disparity, disparity.log(), positive) + ssi_pairwise_l1(
        log_disparity, disparity, valid
    )


def has_logarithm(disparity: Tensor, valid: Tensor) -> Tensor:
    """The valid pixels whose log-disparity may serve as a target."""
    return valid & (disparity > 0)


@dataclass(frozen=True)
class _Pixels:
    """Which pixels count. mask: 1 or 0, N×P; bits: the same as an integer of all ones or all zeros;
    count: valid pixels of each row, N×1, a float.
    """

    mask: Tensor
    bits: Tensor
    count: Tensor


def _pixels(like: Tensor, valid: Tensor) -> _Pixels:
    dtype = torch.promote_types(like.dtype, torch.float32)
    flat = valid.flatten(1)
    count = flat.sum(dim=1, keepdim=True).to(dtype)
    return _Pixels(flat.to(dtype), flat.to(INTEGERS[dtype]).neg_(), count)


class _Select(torch.autograd.Function):
    """values where valid, 0 elsewhere, as an `and` of bits: whatever an invalid pixel holds, NaN and
    infinity too, reaches neither value nor gradient. A tenth of the time of `torch.where` on a CPU.
    """

    @staticmethod
    def forward(context: Any, values: Tensor, bits: Tensor) -> Tensor:
        context.save_for_backward(bits)
        return (values.view(bits.dtype) & bits).view(values.dtype)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (bits,) = context.saved_tensors
        gradient = gradients[0].contiguous()
        return (gradient.view(bits.dtype) & bits).view(gradient.dtype), None


def _select(image: Tensor, pixels: _Pixels) -> Tensor:
    """N×1×H×W → N×P, 0 where invalid; half precision, which cannot sum a million pixels, as float32."""
    flat = image.flatten(1).to(pixels.mask.dtype)
    selected: Tensor = _Select.apply(flat.contiguous(), pixels.bits)
    return selected


def _residuals(log_disparity: Tensor, target: Tensor, pixels: _Pixels) -> Tensor:
    """R, N×P, 0 where invalid."""
    return _select(log_disparity, pixels) - _select(target, pixels)


def _beyond(values: Tensor, pixels: _Pixels, end: float) -> Tensor:
    """`values` where valid (0 elsewhere), and `end` times the largest number where not."""
    return values + (1 - pixels.mask) * (torch.finfo(values.dtype).max * end)


def _disparity(log_disparity: Tensor, pixels: _Pixels) -> Tensor:
    """exp(log_disparity) up to a factor, 0 where invalid. The exponent is the distance below the
    largest value, which cannot overflow.
    """
    logs = _select(log_disparity, pixels)
    largest = _beyond(logs.detach(), pixels, -0.5).amax(dim=1, keepdim=True)
    return ((logs - largest) * pixels.mask).exp() * pixels.mask


def _pairwise_l1(residuals: Tensor, pixels: _Pixels) -> Tensor:
    """1/P² Σᵢⱼ |Rᵢ − Rⱼ| over the valid pixels of each row.

    Written as 2/P² Σᵢ (2·rankᵢ − P − 1)·Rᵢ, whose gradient is those very weights: one sort, and no
    sorted copy that a gradient would have to be gathered back from.
    """
    with torch.no_grad():
        order = _order(residuals, pixels)
        # Invalid pixels come last; the weights they are given here are taken away again.
        by_rank = torch.arange(1, 2 * order.shape[1], 2, device=order.device) - pixels.count
        weight = torch.empty_like(residuals).scatter_(1, order, by_rank) * pixels.mask
    return 2 * (weight * residuals).sum(dim=1) / pixels.count[:, 0].clamp(min=1).square()


def _order(values: Tensor, pixels: _Pixels) -> Tensor:
    """Indices of each row by ascending value, the valid pixels before all others.

    NumPy's vectorised sort of whole numbers takes half the time of its argsort, and a twentieth of
    PyTorch's on a CPU: value and index go into one number, the value's bits such that they ascend.
    """
    keys = _beyond(values, pixels, 0.5)
    if values.device.type != "cpu" or values.dtype != torch.float32:
        return keys.argsort(dim=1)
    bits = keys.view(torch.int32)
    ascending = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    packed = (ascending.long() << 32).bitwise_or_(torch.arange(values.shape[1]))
    packed.numpy().sort(axis=1)
    return packed.bitwise_and_(0xFFFFFFFF)


def _mean(values: Tensor, pixels: _Pixels) -> Tensor:
    """Mean over valid pixels; 0 where fewer than two are valid."""
    total = (values * pixels.mask).sum(dim=1)
    count = pixels.count[:, 0]
    return torch.where(count > 1, total / count.clamp(min=1), 0.0)


def _centred(values: Tensor, pixels: _Pixels) -> Tensor:
    """values − their mean, 0 where invalid; values must be 0 where invalid."""
    mean = values.sum(dim=1, keepdim=True) / pixels.count.clamp(min=1)
    return (values - mean) * pixels.mask


def _lower_median(values: Tensor, pixels: _Pixels) -> Tensor:
    middle = (pixels.count.long() - 1).clamp(min=0) // 2
    order = _order(values.detach(), pixels)
    return values.gather(1, order.gather(1, middle))


def _normalised(values: Tensor, pixels: _Pixels) -> tuple[Tensor, Tensor]:
    """(v − mean) / σ over valid pixels, and whether the row varies at all (bool N×1)."""
    centred = _centred(values, pixels)
    variance = centred.square().sum(dim=1, keepdim=True) / (pixels.count - 1).clamp(min=1)
    scale = values.detach().abs().amax(dim=1, keepdim=True)
    tiny = torch.finfo(values.dtype).eps * scale
    # Not "variance > …": a variance that is not a number must show in the loss.
    varies = (pixels.count > 1) & ~(variance <= tiny.square())
    # The square root's gradient is infinite at 0: rows that do not vary never reach it.
    return centred / torch.where(varies, variance, 1.0).sqrt(), varies
