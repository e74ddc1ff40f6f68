"""The network on one page: encoder taps, Light-Weight RefineNet decoder, log-disparity.

Romanov et al., section 5 and appendix D; RefineNet-LW after Nekrasov et al. 2018. There is no
activation anywhere in the decoder, so that the output is unbounded log-disparity.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from typing import Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CRP_STAGES = 4


class Tapped(Protocol):
    """What the network asks of an encoder beside its five taps."""

    def until(self, tap: int) -> list[nn.Module]:
        """The layers up to tap number `tap`, counted from 0."""


class LrnDepth(nn.Module):
    """RGB 0…255, N×3×H×W (multiples of 32) → log(1/depth) up to a constant, N×1×H×W.

    `mean` and `std` are buffers: they travel in the checkpoint, since the authors' networks and
    ours were trained with different ones.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        encoder: nn.Module,
        channels: Sequence[int],
        mean: Sequence[float],
        std: Sequence[float],
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = Decoder(channels)
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        return self.decoder(self.encoder((image - self.mean) / self.std))  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """Five taps, 1/2 … 1/32, to one channel of full size.

    r₅ = crp(e₅);  rₖ = crp(eₖ + up₂(conv1x1(rₖ₊₁)));  out = up₂(conv1x1(r₁)).
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        coarse_first = tuple(reversed(channels))
        self.pools = nn.ModuleList(ChainedResidualPooling(c) for c in coarse_first)
        self.fusions = nn.ModuleList(nn.Conv2d(below, here, 1) for below, here in pairwise(coarse_first))
        self.head = nn.Conv2d(channels[0], 1, 1)

    def forward(self, taps: list[Tensor]) -> Tensor:
        deep, *finer = reversed(taps)
        x = self.pools[0](deep)
        for tap, fusion, pool in zip(finer, self.fusions, self.pools[1:], strict=True):
            x = pool(tap + _twice(fusion(x)))
        return _twice(self.head(x))


class ChainedResidualPooling(nn.Module):
    """x ← bn(conv1x1(x)); top ← bn(conv1x1(maxpool5x5(top))), x ← x + top, four times; x / 5."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.adapt = _conv_bn(channels)
        self.stages = nn.ModuleList(_conv_bn(channels) for _ in range(CRP_STAGES))
        self.pool = nn.MaxPool2d(5, stride=1, padding=2)

    def forward(self, x: Tensor) -> Tensor:
        x = top = self.adapt(x)
        for stage in self.stages:
            top = stage(self.pool(top))
            x = x + top
        return x / (CRP_STAGES + 1)


class TappedSequence(nn.Module):
    """Layers one after another (MobileNetV2's `features`); returns the outputs at `taps`."""

    def __init__(self, layers: nn.Sequential, taps: tuple[int, ...]) -> None:
        super().__init__()
        self.layers = layers
        self.taps = taps

    def until(self, tap: int) -> list[nn.Module]:
        """The layers up to tap number `tap`, counted from 0."""
        return list(self.layers)[: self.taps[tap] + 1]

    def forward(self, x: Tensor) -> list[Tensor]:
        outputs = []
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index in self.taps:
                outputs.append(x)
        return outputs


class TappedEfficientNet(nn.Module):
    """timm's stem and stages; `taps` count blocks through all stages, -1 is the stem.

    The attributes carry timm's names, so that encoder checkpoints load by name.
    """

    def __init__(
        self, conv_stem: nn.Module, bn1: nn.Module, blocks: nn.Sequential, taps: tuple[int, ...]
    ) -> None:
        super().__init__()
        self.conv_stem, self.bn1, self.taps = conv_stem, bn1, taps
        self.blocks = blocks

    def until(self, tap: int) -> list[nn.Module]:
        """The layers up to tap number `tap`, counted from 0."""
        return [self.conv_stem, self.bn1, *self._flat()[: self.taps[tap] + 1]]

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.bn1(self.conv_stem(x))
        outputs = [x] if -1 in self.taps else []
        for index, block in enumerate(self._flat()):
            x = block(x)
            if index in self.taps:
                outputs.append(x)
        return outputs

    def _flat(self) -> list[nn.Module]:
        return list(chain.from_iterable(cast(Iterable[Iterable[nn.Module]], self.blocks)))


def _conv_bn(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels))


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
