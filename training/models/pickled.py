"""PyTorch's own file format, read without executing anything in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.models import ModelError


def read_dict(path: Path) -> dict[str, Any]:
    """The dictionary in a `.pth` or `.ckpt` file; ModelError with one line when there is none."""
    try:
        values = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # bytes from outside: torch's readers raise a dozen kinds
        reason = (str(error).strip() or "unreadable").splitlines()[0]
        raise ModelError(f"{path}: not a checkpoint that can be read ({reason[:120]})") from error
    if not isinstance(values, dict):
        raise ModelError(f"{path}: holds a {type(values).__name__}, not a dictionary")
    return values


def read_state(path: Path) -> dict[str, Tensor]:
    """A plain state dict of tensors, or ModelError."""
    state = read_dict(path)
    if not all(isinstance(value, Tensor) for value in state.values()):
        raise ModelError(f"{path}: not a plain state dict of tensors")
    return state
