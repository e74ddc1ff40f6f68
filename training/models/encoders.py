"""The table of encoders, and the modules that hand their five taps to the decoder.

Facts per encoder: Romanov et al., appendix D, and the authors' code (taps, batch-norm constants,
padding). Encoders come from torchvision and timm without their classification heads; this module
imports neither until one is built, so that the table of names is cheap to read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

IMAGENET_MEAN = (123.675, 116.28, 103.53)  # 255 · (0.485, 0.456, 0.406)
IMAGENET_STD = (58.395, 57.12, 57.375)  # 255 · (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Encoder:
    """One row of the table.

    taps: what the decoder receives at 1/2 … 1/32: indices of `features` (MobileNetV2), of stages
    (Lite0) or of blocks counted through all stages (B0…B5, where -1 is the stem).
    mean, std: the normalisation (RGB, 0…255) that the encoder's own ImageNet weights expect; the
    authors' checkpoints of all eight models expect ImageNet's instead.
    """

    title: str
    source: str
    channels: tuple[int, int, int, int, int]
    taps: tuple[int, int, int, int, int]
    kind: str
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD


ENCODERS: dict[str, Encoder] = {
    "mn": Encoder("MN-LRN", "mobilenet_v2", (16, 24, 32, 96, 320), (1, 3, 6, 13, 17), "features"),
    # The 1/16 tap is the end of the 80-channel stage, not of the later 112-channel one.
    "lite0": Encoder(
        "EfficientNet-Lite0-LRN",
        "tf_efficientnet_lite0",
        (16, 24, 40, 80, 320),
        (0, 1, 2, 3, 6),
        "stages",
        mean=(127.0, 127.0, 127.0),
        std=(128.0, 128.0, 128.0),
    ),
    # B0's 1/16 tap is the first of its three 112-channel blocks; the others tap the stage's end.
    "b0": Encoder(
        "EfficientNet-B0-LRN",
        "tf_efficientnet_b0",
        (32, 24, 40, 112, 320),
        (-1, 2, 4, 8, 15),
        "blocks",
    ),
    "b1": Encoder(
        "EfficientNet-B1-LRN",
        "tf_efficientnet_b1",
        (32, 24, 40, 112, 320),
        (-1, 4, 7, 15, 22),
        "blocks",
    ),
    "b2": Encoder(
        "EfficientNet-B2-LRN",
        "tf_efficientnet_b2",
        (32, 24, 48, 120, 352),
        (-1, 4, 7, 15, 22),
        "blocks",
    ),
    "b3": Encoder(
        "EfficientNet-B3-LRN",
        "tf_efficientnet_b3",
        (40, 32, 48, 136, 384),
        (-1, 4, 7, 17, 25),
        "blocks",
    ),
    "b4": Encoder(
        "EfficientNet-B4-LRN",
        "tf_efficientnet_b4",
        (48, 32, 56, 160, 448),
        (-1, 5, 9, 21, 31),
        "blocks",
    ),
    "b5": Encoder(
        "EfficientNet-B5-LRN",
        "tf_efficientnet_b5",
        (48, 40, 64, 176, 512),
        (-1, 7, 12, 26, 38),
        "blocks",
    ),
}


def build_encoder(name: str, pretrained: bool = False) -> nn.Module:
    """The encoder of model `name`: N×3×H×W normalised → list of five taps, 1/2 … 1/32.

    pretrained: ImageNet weights through torchvision's or timm's download (needs a network).
    """
    return BUILDERS[ENCODERS[name].kind](ENCODERS[name], pretrained)


def _features(encoder: Encoder, pretrained: bool) -> nn.Module:
    import torchvision

    from training.models.lrn import TappedSequence

    weights = torchvision.models.MobileNet_V2_Weights.IMAGENET1K_V1 if pretrained else None
    features = torchvision.models.mobilenet_v2(weights=weights).features[: encoder.taps[-1] + 1]
    return TappedSequence(features, encoder.taps)


def _stages(encoder: Encoder, pretrained: bool) -> nn.Module:
    import timm

    from training.models.lrn import TappedEfficientNet

    net = timm.create_model(encoder.source, pretrained=pretrained)
    ends: list[int] = []
    for stage in net.blocks:
        ends.append((ends[-1] if ends else -1) + len(stage))
    return TappedEfficientNet(net.conv_stem, net.bn1, net.blocks, tuple(ends[tap] for tap in encoder.taps))


def _blocks(encoder: Encoder, pretrained: bool) -> nn.Module:
    import timm
    from torch import nn

    from training.models.lrn import TappedEfficientNet

    # Drop-connect 0.2 grows linearly with the block index, as in the authors' encoders.
    net = timm.create_model(encoder.source, pretrained=pretrained, drop_path_rate=0.2)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps, module.momentum = 1e-3, 0.01
    return TappedEfficientNet(net.conv_stem, net.bn1, net.blocks, encoder.taps)


BUILDERS: dict[str, Callable[[Encoder, bool], nn.Module]] = {
    "features": _features,
    "stages": _stages,
    "blocks": _blocks,
}
