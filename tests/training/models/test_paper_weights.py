"""The authors' layout, written out for `mn` from a network of ours: what is read, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from training import models
from training.models.encoders import IMAGENET_MEAN
from training.models.paper_weights import MOBILENET_GROUPS, load_paper_weights

State = dict[str, Tensor]


def paper_state(encoder: str = "both") -> State:
    """A fresh `mn` under the authors' names; encoder: "first", "again" or "both" of its two names."""
    prefixes = {"first": ["branches.0."], "again": ["branches.1.backbone."]}
    both = [*prefixes["first"], *prefixes["again"]]
    state: State = {}
    torch.manual_seed(0)
    for key, value in models.build("mn").state_dict().items():
        if match := re.fullmatch(r"encoder\.layers\.(\d+)\.(.*)", key):
            group = max(g for g, first in MOBILENET_GROUPS.items() if first <= int(match[1]))
            name = f"layers.{group}.{int(match[1]) - MOBILENET_GROUPS[group]}.{match[2]}"
            state |= {prefix + name: value for prefix in prefixes.get(encoder, both)}
        elif key.startswith("decoder."):
            state[decoder_key(key)] = value
    return state


def decoder_key(key: str) -> str:
    rules: list[tuple[str, str | Callable[[re.Match[str]], str]]] = [
        (r"decoder\.pools\.(\d)\.adapt\.", r"branches.1.up_branch.\1.0.adapt."),
        (
            r"decoder\.pools\.(\d)\.stages\.(\d)\.",
            lambda m: f"branches.1.up_branch.{m[1]}.0.{int(m[2]) + 1}_outvar_dimred.",
        ),
        (r"decoder\.fusions\.(\d)\.", r"branches.1.adapters.\1.0."),
        (r"decoder\.head\.", r"branches.1.final_decoder.0."),
    ]
    for pattern, theirs in rules:
        key = re.sub(pattern, theirs, key)
    return key


def saved(state: State, tmp_path: Path, legacy: bool = False) -> Path:
    path = tmp_path / "mn_lrn4.pth"
    torch.save(state, path, _use_new_zipfile_serialization=not legacy)
    return path


@pytest.mark.parametrize("encoder", ["both", "first", "again"])
@pytest.mark.parametrize("legacy", [False, True])
def test_reads_either_name_of_the_encoder_and_the_old_file_format(
    tmp_path: Path, encoder: str, legacy: bool
) -> None:
    path = saved(paper_state(encoder), tmp_path, legacy)
    model = load_paper_weights(path)
    torch.manual_seed(0)
    ours = models.build("mn").state_dict()
    for key, value in model.state_dict().items():
        if key not in ("mean", "std"):
            assert torch.equal(value, ours[key]), key
    assert model.mean.flatten().tolist() == pytest.approx(IMAGENET_MEAN)
    assert not model.training
    assert torch.equal(
        models.load(path).state_dict()["encoder.layers.0.0.weight"], ours["encoder.layers.0.0.weight"]
    )


def test_unused_heads_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = paper_state() | {"branches.0._fc.weight": torch.zeros(1000, 1280)}
    load_paper_weights(saved(state, tmp_path), "mn")
    assert "unused, not part of the network: branches.0._fc" in capsys.readouterr().err


HEAD = "branches.1.final_decoder.0.weight"
DAMAGE: dict[str, tuple[Callable[[State], State], str]] = {
    "key missing": (lambda s: {k: v for k, v in s.items() if k != HEAD}, "'decoder.head.weight' is missing"),
    "key too many": (
        lambda s: s | {"branches.1.more": torch.zeros(1)},
        "key 'branches.1.more' does not belong",
    ),
    "shape": (lambda s: s | {HEAD: torch.zeros(1, 8, 1, 1)}, r"is \(1, 8, 1, 1\), not \(1, 16, 1, 1\)"),
    "not finite": (lambda s: s | {HEAD: s[HEAD] * float("nan")}, "not finite"),
    "copies differ": (
        lambda s: {k: v + k.startswith("branches.1.backbone.layers.1.0.0") for k, v in s.items()},
        "the two copies of the encoder differ at",
    ),
    "no such widths": (
        lambda s: {k: v for k, v in s.items() if "adapt." not in k},
        "none of the eight models has decoder widths",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_any_other_mismatch_is_an_error(tmp_path: Path, damage: str) -> None:
    change, message = DAMAGE[damage]
    with pytest.raises(models.ModelError, match=message):
        load_paper_weights(saved(change(paper_state()), tmp_path))


def test_another_model_than_asked_for_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(models.ModelError, match="does not belong to lite0"):
        load_paper_weights(saved(paper_state(), tmp_path), "lite0")
