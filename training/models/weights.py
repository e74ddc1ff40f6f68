"""Checkpoint files → networks: `.safetensors` of ours, `.ckpt` of a resumable run, the authors' `.pth`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from training.models import NAMES, ModelError, build
from training.models.lrn import LrnDepth
from training.models.paper_weights import assign, from_paper_state, is_paper_state, model_of
from training.models.pickled import read_state

METADATA_MODEL = "model"
# The authors' release (v1.0, MIT) and what the paper trained it on (section 5).
PAPER_LICENCE = "MIT (weights released by the paper's authors)"
PAPER_SETS = ("DIML indoor", "MegaDepth", "ReDWeb", "stereo movies")


@dataclass(frozen=True)
class Facts:
    """What a checkpoint says of itself."""

    name: str
    licence: str
    trained_on: tuple[str, ...]


def load(path: Path) -> LrnDepth:
    """The trained network in `path`, in eval mode.

    Raises ModelError with one line: missing, truncated, of another model, not finite.
    """
    if not path.is_file():
        raise ModelError(f"{path}: no such file, and no model's name (names: {', '.join(NAMES)})")
    if path.suffix == ".safetensors":
        weights, metadata = read_safetensors(path)
        return from_weights(weights, metadata.get(METADATA_MODEL), str(path))
    if path.suffix == ".ckpt":
        return _from_checkpoint(path)
    state = read_state(path)
    if not is_paper_state(state):
        raise ModelError(f"{path}: not a checkpoint of the authors, and not a .safetensors or .ckpt")
    return from_paper_state(state, str(path))


def from_weights(weights: dict[str, Tensor], name: str | None, source: str) -> LrnDepth:
    """The network `name` holding `weights`; every key must be there, finite and of its shape."""
    if name not in NAMES:
        raise ModelError(f"{source}: its metadata names the model '{name}', not one of {NAMES}")
    model = build(name)
    counters = {k: v for k, v in model.state_dict().items() if k.endswith("num_batches_tracked")}
    assign(model, {**counters, **weights}, f"{source} as {name}")
    return model.eval()


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a `.safetensors` file; ModelError when it cannot be read."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path}: not a .safetensors file that can be read ({error})") from error


def facts(path: Path, model: LrnDepth) -> Facts:
    """Name, terms and training sets of the network that `load(path)` gave."""
    if path.suffix == ".safetensors":
        metadata = read_safetensors(path)[1]
        trained_on = tuple(json.loads(metadata.get("trained_on", "[]")))
        return Facts(metadata[METADATA_MODEL], metadata.get("licence", "not stated"), trained_on)
    if path.suffix == ".ckpt":
        from training.checkpoint import read
        from training.data.readers import licence

        run = read(path)
        return Facts(run["recipe"]["model"], licence(run["sets"]), tuple(run["sets"]))
    return Facts(model_of(read_state(path), str(path)), PAPER_LICENCE, PAPER_SETS)


def fingerprint(model: LrnDepth) -> str:
    """SHA-256 of the weights, the first 12 digits: the version of whatever is made from them."""
    total = hashlib.sha256()
    for key, value in sorted(model.state_dict().items()):
        if not key.endswith("num_batches_tracked"):
            total.update(key.encode())
            total.update(value.detach().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()[:12]


def load_encoder(model: LrnDepth, path: Path) -> None:
    """Put ImageNet weights of the encoder alone into `model`: torchvision's or timm's key names.

    Classification heads in the file are ignored; any other key that is missing, unknown or of
    another shape raises ModelError.
    """
    weights, _ = read_safetensors(path) if path.suffix == ".safetensors" else (read_state(path), {})
    target = model.encoder
    prefix = "layers." if hasattr(target, "layers") else ""
    ours = {prefix + key.removeprefix("features."): value for key, value in weights.items()}
    expected = target.state_dict()
    needed = {k for k in expected if not k.endswith("num_batches_tracked")}
    if missing := sorted(needed - ours.keys()):
        raise ModelError(f"{path}: not this encoder: '{missing[0]}' is missing")
    for key in needed:
        if ours[key].shape != expected[key].shape:
            raise ModelError(f"{path}: '{key}' is {tuple(ours[key].shape)}, not {tuple(expected[key].shape)}")
    target.load_state_dict({k: ours[k] for k in needed}, strict=False)


def _from_checkpoint(path: Path) -> LrnDepth:
    from training.checkpoint import read

    run = read(path)
    return from_weights(run["model"], run["recipe"]["model"], str(path))
