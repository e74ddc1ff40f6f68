"""Networks by name: `NAMES`, `build`, `load`.

Importing this package loads no torch; building does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from training.models.encoders import ENCODERS, build_encoder

if TYPE_CHECKING:
    from training.models.lrn import LrnDepth

NAMES: tuple[str, ...] = tuple(ENCODERS)
__all__ = ["ENCODERS", "NAMES", "ModelError", "build", "load", "shipped"]

SHIPPED_DIR = Path(__file__).parent.parent / "weights"


class ModelError(ValueError):
    """A name or file from which no network can be made; the message is one line for the user."""


def build(name: str, pretrained: bool = False) -> LrnDepth:
    """The network `name`, N×3×H×W RGB 0…255 → N×1×H×W log-disparity, with fresh weights.

    pretrained: the encoder starts from ImageNet weights that torchvision or timm downloads.
    Raises ModelError for an unknown name.
    """
    if name not in ENCODERS:
        raise ModelError(f"unknown model '{name}': choose one of {', '.join(NAMES)}")
    from training.models.lrn import LrnDepth

    row = ENCODERS[name]
    return LrnDepth(build_encoder(name, pretrained), row.channels, row.mean, row.std)


def load(path_or_name: str | Path) -> LrnDepth:
    """A trained network in eval mode: a shipped name, a `.safetensors`, a `.ckpt`, or the authors'
    `.pth`. Raises ModelError with one line when the file does not hold such a network.
    """
    from training.models import weights

    return weights.load(shipped(path_or_name) or Path(path_or_name))


def shipped(name: str | Path) -> Path | None:
    """The shipped weights of model `name`, or None where the name is no model's.

    Raises ModelError for a model that ships without weights.
    """
    if str(name) not in ENCODERS:
        return None
    path = SHIPPED_DIR / f"{name}.safetensors"
    if not path.is_file():
        raise ModelError(
            f"{name}: no weights are shipped for it; train it (python -m training.run {name}) "
            "or give the authors' checkpoint (--weights FILE)"
        )
    return path
