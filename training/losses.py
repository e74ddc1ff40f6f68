"""Scale-invariant and scale-and-shift-invariant losses (Romanov et al., section 4, appendix C).

Every loss takes `(log_disparity, target, valid)`, all N×1×H×W with `valid` bool, and returns N
values, one an image, in float32 or better. R = log_disparity − target over the P valid pixels of
an image. Invalid pixels touch neither value nor gradient; an image with fewer than two valid
pixels gives 0. No loss builds an array larger than its input: pairs are summed by sorting.

The paper's text prints three formulas with slips; the right forms stand here: σ of the normalised
disparity is the square root (section 4 prints the variance), eq. 17 carries its square, and the
pairwise L2 is the full mean over pairs, twice eq. 18.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def si_pairwise_l1(log_disparity: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Mean absolute difference of all pairs of residuals, eq. (1), in O(P log P) by eq. (2).

    L = 1/P² Σᵢⱼ |Rᵢ − Rⱼ| = 2/P² Σₖ (2k − P − 1) R₍ₖ₎,   R₍₁₎ ≤ … ≤ R₍P₎
    """
    return _pairwise_l1(_residuals(log_disparity, target, valid), _flat(valid))


def si_pairwise_l2(log_disparity: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Mean squared difference of all pairs of residuals: twice eq. (18), in O(P).

    L = 1/P² Σᵢⱼ (Rᵢ − Rⱼ)² = 2 (mean R² − (mean R)²)
    """
    residuals, mask = _residuals(log_disparity, target, valid), _flat(valid)
    return 2 * _mean(_centred(residuals, mask).square(), mask)


def si_pointwise_l1(log_disparity: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Mean absolute residual after the best shift: L = min_c 1/P Σᵢ |Rᵢ − c|, c the median."""
    residuals, mask = _residuals(log_disparity, target, valid), _flat(valid)
    return _mean((residuals - _lower_median(residuals, mask)).abs(), mask)


def si_pointwise_l2(log_disparity: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Mean squared residual after the best shift: L = min_c 1/P Σᵢ (Rᵢ − c)², c the mean."""
    residuals, mask = _residuals(log_disparity, target, valid), _flat(valid)
    return _mean(_centred(residuals, mask).square(), mask)


def absolute_pointwise_l1(log_disparity: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """L = 1/P Σᵢ |Rᵢ|: needs targets of true scale."""
    residuals, mask = _residuals(log_disparity, target, valid), _flat(valid)
    return _mean(residuals.abs(), mask)


def absolute_pointwise_l2(log_disparity: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """L = 1/P Σᵢ Rᵢ²: needs targets of true scale."""
    residuals, mask = _residuals(log_disparity, target, valid), _flat(valid)
    return _mean(residuals.square(), mask)


def ssi_pairwise_l1(log_disparity: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Pairwise L1 between normalised disparities; `target` is disparity up to scale and shift.

    d̂ = exp(log_disparity), D = target, both minus their mean and divided by
    σ = √(1/(P−1) Σ (d − mean)²); then L = 1/P² Σᵢⱼ |Rᵢ − Rⱼ| of R = d̂ − D.
    An image whose target (or prediction) is constant gives 0.
    """
    mask = _flat(valid)
    # exp of the distance below the largest value cannot overflow; the loss is blind to the factor.
    logs = torch.where(mask, _flat(log_disparity), -torch.inf)
    top = logs.amax(dim=1, keepdim=True).detach()
    predicted = torch.where(mask, logs - top, 0.0).exp()
    normal_p, varies_p = _normalised(predicted, mask)
    normal_t, varies_t = _normalised(torch.where(mask, _flat(target), 0.0), mask)
    usable = varies_p & varies_t
    return torch.where(usable[:, 0], _pairwise_l1(normal_p - normal_t, mask & usable), 0.0)


def mixture(log_disparity: Tensor, disparity: Tensor, valid: Tensor, uts: Tensor) -> Tensor:
    """Eq. (3): SI pairwise L1 where the scale alone is unknown (`uts`, bool N), plus SSI pairwise L1.

    disparity: > 0 where valid, up to scale (`uts`) or to scale and shift. The SI term drops pixels
    of non-positive disparity, which have no logarithm.
    """
    positive = valid & (disparity > 0) & uts.view(-1, 1, 1, 1)
    log_target = torch.where(positive, disparity, 1.0).log()
    return si_pairwise_l1(log_disparity, log_target, positive) + ssi_pairwise_l1(
        log_disparity, disparity, valid
    )


def _flat(image: Tensor) -> Tensor:
    """N×1×H×W → N×P, in float32 at least (half precision cannot sum a million pixels)."""
    flat = image.flatten(1)
    return flat.float() if flat.dtype in (torch.float16, torch.bfloat16) else flat


def _residuals(log_disparity: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """R, N×P, zero where invalid: selected before the subtraction, so that a NaN or infinity in an
    invalid pixel reaches neither value nor gradient.
    """
    mask = _flat(valid)
    return torch.where(mask, _flat(log_disparity), 0.0) - torch.where(mask, _flat(target), 0.0)


def _pairwise_l1(residuals: Tensor, mask: Tensor) -> Tensor:
    """1/P² Σᵢⱼ |Rᵢ − Rⱼ| over the valid pixels of each row.

    Written as 2/P² Σᵢ (2·rankᵢ − P − 1)·Rᵢ, whose gradient is those very weights: one argsort, and no
    sorted copy that a gradient would have to be gathered back from.
    """
    count = mask.sum(dim=1, keepdim=True)
    with torch.no_grad():
        # Invalid pixels sort behind all others, where their weight is 0.
        order = _argsort(torch.where(mask, residuals, torch.finfo(residuals.dtype).max))
        rank = torch.arange(1, residuals.shape[1] + 1, device=residuals.device)
        by_rank = torch.where(rank <= count, 2 * rank - count - 1, 0).to(residuals.dtype)
        weight = torch.empty_like(residuals).scatter_(1, order, by_rank)
    pairs = count[:, 0].clamp(min=1).to(residuals.dtype).square()
    return 2 * (weight * residuals).sum(dim=1) / pairs


def _argsort(values: Tensor) -> Tensor:
    """Ascending order of each row. NumPy's vectorised argsort takes a sixth of PyTorch's time on a CPU."""
    if values.device.type != "cpu":
        return values.argsort(dim=1)
    return torch.from_numpy(np.argsort(values.numpy(), axis=1))


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean over valid pixels; 0 where fewer than two are valid."""
    count = mask.sum(dim=1)
    total = torch.where(mask, values, 0.0).sum(dim=1)
    return torch.where(count > 1, total / count.clamp(min=1), 0.0)


def _centred(values: Tensor, mask: Tensor) -> Tensor:
    count = mask.sum(dim=1, keepdim=True).clamp(min=1)
    mean = torch.where(mask, values, 0.0).sum(dim=1, keepdim=True) / count
    return torch.where(mask, values - mean, 0.0)


def _lower_median(values: Tensor, mask: Tensor) -> Tensor:
    ordered = torch.where(mask, values, torch.finfo(values.dtype).max).sort(dim=1).values
    middle = (mask.sum(dim=1, keepdim=True) - 1).clamp(min=0) // 2
    return ordered.gather(1, middle)


def _normalised(values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """(v − mean) / σ over valid pixels, and whether the row varies at all (bool N×1)."""
    centred = _centred(values, mask)
    count = mask.sum(dim=1, keepdim=True)
    variance = centred.square().sum(dim=1, keepdim=True) / (count - 1).clamp(min=1)
    scale = torch.where(mask, values, 0.0).abs().amax(dim=1, keepdim=True)
    tiny = torch.finfo(values.dtype).eps * scale
    varies = (count > 1) & (variance > tiny.square())
    # The square root's gradient is infinite at 0: rows that do not vary never reach it.
    return centred / torch.where(varies, variance, 1.0).sqrt(), varies
