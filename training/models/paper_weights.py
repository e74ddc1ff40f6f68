"""The authors' checkpoints, `mn_lrn4.pth` … `b5_lrn4.pth`, as networks of ours.

Layout: github.com/saic-vul/geometry-preserving-de, release v1.0 (MIT): a bare state dict in which
the encoder appears twice, as `branches.0.` and again as `branches.1.backbone.`; the decoder is
`branches.1.{up_branch,adapters,final_decoder}`. Classification heads are carried along unused.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from training.models import ModelError, build
from training.models.encoders import ENCODERS, IMAGENET_MEAN, IMAGENET_STD
from training.models.lrn import LrnDepth
from training.models.pickled import read_state

ENCODER, ENCODER_AGAIN, DECODER = "branches.0.", "branches.1.backbone.", "branches.1."
UNUSED_HEADS = re.compile(r"(model\.(conv_head|bn2|classifier)|_conv_head|_bn1|_fc)\.")

DECODER_KEYS = (
    (re.compile(r"up_branch\.(\d)\.0\.adapt\.(.*)"), r"decoder.pools.\1.adapt.\2"),
    (re.compile(r"adapters\.(\d)\.0\.(.*)"), r"decoder.fusions.\1.\2"),
    (re.compile(r"final_decoder\.0\.(.*)"), r"decoder.head.\1"),
)
CRP_KEY = re.compile(r"up_branch\.(\d)\.0\.([1-4])_outvar_dimred\.(.*)")

# efficientnet-pytorch's layer names in a block → timm's: with an expansion, and without.
EXPANDED = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_se_reduce": "se.conv_reduce",
    "_se_expand": "se.conv_expand",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
UNEXPANDED = {
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn1",
    "_se_reduce": "se.conv_reduce",
    "_se_expand": "se.conv_expand",
    "_project_conv": "conv_pw",
    "_bn2": "bn2",
}
BLOCK_COUNT = re.compile(r"branches\.(?:0|1\.backbone)\._blocks\.(\d+)\.")
BLOCK_KEY = re.compile(r"_blocks\.(\d+)\.(\w+)\.(.*)")
# First layer of each group of MobileNetV2's features in the authors' encoder.
MOBILENET_GROUPS = {1: 0, 2: 2, 3: 4, 4: 7, 5: 14}


def load_paper_weights(path: str | Path, name: str | None = None) -> LrnDepth:
    """The network in the authors' file `path`, in eval mode, with ImageNet's mean and std.

    name: one of the eight models; read off the tensors' shapes when None.
    Unused keys (classification heads) are named on stderr. Raises ModelError when the file cannot
    be read, holds another model, a key too many or too few, or a value that is not finite.
    """
    return from_paper_state(read_state(Path(path)), str(path), name)


def from_paper_state(state: Mapping[str, Tensor], source: str, name: str | None = None) -> LrnDepth:
    """As `load_paper_weights`, from tensors already read; `source` names them in messages."""
    name = name or model_of(state, source)
    model = build(name)
    weights, unused = translate(state, name, source)
    weights |= {"mean": _channel(IMAGENET_MEAN), "std": _channel(IMAGENET_STD)}
    assign(model, weights, f"{source} as {name}")
    if unused:
        heads = sorted({key.rsplit(".", 1)[0] for key in unused})
        print(f"{source}: unused, not part of the network: {', '.join(heads)}", file=sys.stderr)  # noqa: T201
    return model.eval()


def is_paper_state(state: Mapping[str, Tensor]) -> bool:
    return any(key.startswith((ENCODER, ENCODER_AGAIN)) for key in state)


def model_of(state: Mapping[str, Tensor], source: str) -> str:
    """The model whose decoder widths and number of blocks the tensors have."""
    widths = tuple(
        state[key].shape[0] if (key := f"branches.1.up_branch.{i}.0.adapt.0.weight") in state else 0
        for i in reversed(range(5))
    )
    blocks = {m[1] for key in state if (m := BLOCK_COUNT.match(key))}
    for name, row in ENCODERS.items():
        expected = row.taps[-1] + 1 if row.kind == "blocks" else 0
        if row.channels == widths and expected == len(blocks):
            return name
    raise ModelError(
        f"{source}: none of the eight models has decoder widths {widths} and {len(blocks)} blocks"
    )


def translate(state: Mapping[str, Tensor], name: str, source: str) -> tuple[dict[str, Tensor], list[str]]:
    """Our keys → tensors, and the keys of classification heads, which the network does not use."""
    weights: dict[str, Tensor] = {}
    unused = []
    depths = _stage_lengths(name)
    for key, value in state.items():
        canonical = key.replace(ENCODER_AGAIN, ENCODER, 1)
        if UNUSED_HEADS.match(canonical.removeprefix(ENCODER)):
            unused.append(canonical)
            continue
        ours = _our_key(canonical, name, depths)
        if ours is None:
            raise ModelError(f"{source}: key '{key}' does not belong to {name}")
        if ours in weights and not torch.equal(weights[ours], value):
            raise ModelError(f"{source}: the two copies of the encoder differ at '{key}'")
        weights[ours] = value
    return weights, unused


def assign(model: LrnDepth, weights: Mapping[str, Tensor], source: str) -> None:
    """Put `weights` into `model`: every key, every shape, finite values, or ModelError."""
    expected = model.state_dict()
    for key, value in expected.items():
        if key not in weights:
            raise ModelError(f"{source}: '{key}' is missing ({len(weights)} tensors found)")
        if weights[key].shape != value.shape:
            raise ModelError(f"{source}: '{key}' is {tuple(weights[key].shape)}, not {tuple(value.shape)}")
        if not torch.isfinite(weights[key]).all():
            raise ModelError(f"{source}: '{key}' holds values that are not finite (NaN or Inf)")
    for key in weights:
        if key not in expected:
            raise ModelError(f"{source}: key '{key}' does not belong to this model")
    model.load_state_dict(dict(weights))


def _our_key(key: str, name: str, depths: list[int]) -> str | None:
    if key.startswith(ENCODER):
        return _encoder_key(key.removeprefix(ENCODER), name, depths)
    rest = key.removeprefix(DECODER)
    if crp := CRP_KEY.fullmatch(rest):
        return f"decoder.pools.{crp[1]}.stages.{int(crp[2]) - 1}.{crp[3]}"
    for pattern, ours in DECODER_KEYS:
        if pattern.fullmatch(rest):
            return pattern.sub(ours, rest)
    return None


def _encoder_key(key: str, name: str, depths: list[int]) -> str | None:
    if name == "mn":
        match = re.fullmatch(r"layers\.([1-5])\.(\d+)\.(.*)", key)
        return match and f"encoder.layers.{MOBILENET_GROUPS[int(match[1])] + int(match[2])}.{match[3]}"
    if name == "lite0":
        return f"encoder.{key.removeprefix('model.')}" if key.startswith("model.") else None
    if match := BLOCK_KEY.fullmatch(key):
        stage, block = _place(int(match[1]), depths)
        layer = (UNEXPANDED if stage == 0 else EXPANDED).get(match[2])
        return layer and f"encoder.blocks.{stage}.{block}.{layer}.{match[3]}"
    for theirs, ours in (("_conv_stem.", "conv_stem."), ("_bn0.", "bn1.")):
        if key.startswith(theirs):
            return f"encoder.{ours}{key.removeprefix(theirs)}"
    return None


def _stage_lengths(name: str) -> list[int]:
    blocks = getattr(build(name).encoder, "blocks", [])
    return [len(stage) for stage in blocks]


def _place(flat: int, depths: list[int]) -> tuple[int, int]:
    """The (stage, block) of block number `flat`, counted through all stages."""
    for stage, depth in enumerate(depths):
        if flat < depth:
            return stage, flat
        flat -= depth
    return len(depths), flat


def _channel(values: tuple[float, float, float]) -> Tensor:
    return torch.tensor(values).view(1, 3, 1, 1)
