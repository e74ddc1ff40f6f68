"""Checkpoints through PyTorch: the float model that every file is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from export.runners import RunnerError
from export.runners.nchw import planes

if TYPE_CHECKING:
    from training.models.lrn import LrnDepth


@dataclass(frozen=True)
class TorchRunner:
    """A network in eval mode, weights and images channels last: 1.7–2.5× faster on a CPU."""

    model: LrnDepth
    threads: int
    device: str = "cpu"
    height: int = 0
    width: int = 0
    delegate: str = "CPU"
    input: ClassVar[Mapping[str, Any]] = {"dtype": "float32"}
    output: ClassVar[Mapping[str, Any]] = {"dtype": "float32"}

    def tensor(self, image: NDArray[Any]) -> NDArray[Any]:
        return planes(image, self.height, self.width)

    def predict(self, tensor: NDArray[Any]) -> NDArray[Any]:
        """N×3×H×W → N×1×H×W: this runtime takes several images of one size."""
        import torch

        if torch.get_num_threads() != self.threads:  # the process has one number; another runner may set it
            torch.set_num_threads(self.threads)
        images = torch.from_numpy(tensor).to(self.device).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            output: NDArray[Any] = self.model(images).cpu().numpy()
        return output

    def log_disparity(self, output: NDArray[Any]) -> NDArray[np.float32]:
        return np.asarray(output[0, 0], dtype=np.float32)


def load(path: Path, threads: int = 1, device: str = "cpu") -> TorchRunner:
    """The network in a checkpoint; any multiple of 32 goes in, several images at a time.

    RunnerError where it holds none.
    """
    try:
        import torch

        from training.models import ModelError
        from training.models import load as load_network
    except ImportError as error:
        raise RunnerError(f"{path}: PyTorch is not installed (pip install 'plumb-depth[train]')") from error
    try:
        model = load_network(path)
    except ModelError as error:
        raise RunnerError(str(error)) from error
    model = model.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return TorchRunner(model, threads, device)
