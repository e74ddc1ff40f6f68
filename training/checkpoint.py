"""A run on disk: `last.ckpt` to resume from, `model.safetensors` to export."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.files import replacing
from training.models import ModelError
from training.models.pickled import read_dict
from training.models.weights import METADATA_MODEL

FORMAT = 1
KEYS = ("format", "recipe", "step", "model", "trained", "optimizer", "sets")
OPTIONAL = ("unreadable",)


def write(path: Path, run: Mapping[str, Any]) -> None:
    """Save a resumable run: KEYS and OPTIONAL, with tensors and plain values only."""
    assert set(run) == {*KEYS, *OPTIONAL}
    # Through memory: on a full disk torch's own writer fails without saying so.
    content = io.BytesIO()
    torch.save(dict(run), content)
    with replacing(path) as temporary:
        temporary.write_bytes(content.getbuffer())


def read(path: Path) -> dict[str, Any]:
    """A run saved by `write`, read with `weights_only=True`. ModelError if it is not one.

    `model` in what comes back is the network to use (the moving average where there is one);
    `trained` the weights that training goes on with.
    """
    run = read_dict(path)
    if run.get("format") != FORMAT or set(KEYS) - set(run):
        raise ModelError(f"{path}: not a training checkpoint of format {FORMAT}")
    return run


def write_weights(
    path: Path,
    weights: Mapping[str, Tensor],
    model: str,
    metadata: Mapping[str, Any],
    half: bool = False,
) -> None:
    """`.safetensors` with metadata: `model` and whatever `metadata` holds (JSON where not a text).

    half: convolutions as float16 (batch norm stays float32): half the size, as for shipped weights.
    """
    from safetensors.torch import save

    kept = {
        k: (v.half() if half and v.ndim == 4 and k not in ("mean", "std") else v).contiguous()
        for k, v in weights.items()
        if not k.endswith("num_batches_tracked")
    }
    texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in metadata.items()}
    with replacing(path) as temporary:
        temporary.write_bytes(save(kept, {METADATA_MODEL: model, **texts}))
