"""TensorBoard: curves, and pictures of what the network makes of its batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from training.progress import Progress

SHOWN = 4
# Colours span these quantiles of the truth's valid pixels.
DARKEST, BRIGHTEST = 0.01, 0.99


class Board(Protocol):
    """Where curves and pictures go."""

    def curves(self, progress: Progress) -> None: ...

    def pictures(self, step: int, batch: dict[str, Any], prediction: Tensor) -> None: ...

    def close(self) -> None: ...


class TensorBoard:
    """Event files in `folder`; those of a run that is resumed at `step` are cut off there.

    ImportError where the package `tensorboard` is not installed.
    """

    def __init__(self, folder: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.writer: Any = SummaryWriter(str(folder), purge_step=step)

    def curves(self, progress: Progress) -> None:
        for name in ("loss", "learning_rate", "images_per_second", "delta1"):
            value = getattr(progress, name)
            if value is not None:
                self.writer.add_scalar(name, value, progress.step)

    def pictures(self, step: int, batch: dict[str, Any], prediction: Tensor) -> None:
        """Rows of photo, truth, prediction and valid mask."""
        self.writer.add_image("batch", panel(batch, prediction), step, dataformats="HWC")
        self.writer.flush()

    def close(self) -> None:
        self.writer.close()


def panel(batch: dict[str, Any], prediction: Tensor) -> NDArray[np.uint8]:
    """A row of photo, truth, prediction and mask for each of the first images, H×W×3 RGB."""
    rows = []
    for i in range(min(SHOWN, len(prediction))):
        photo, truth, valid = (batch[name][i].cpu().numpy() for name in ("image", "disparity", "valid"))
        output = prediction[i, 0].detach().float().cpu().numpy()
        rows.append(_row(photo.transpose(1, 2, 0), truth[0], valid[0], bool(batch["uts"][i]), output))
    return np.concatenate(rows, axis=0)


def _row(
    photo: NDArray[np.uint8],
    disparity: NDArray[np.float32],
    valid: NDArray[np.bool_],
    uts: bool,
    output: NDArray[np.float32],
) -> NDArray[np.uint8]:
    """Truth and prediction where they can be compared: log-disparity where the scale alone is unknown,
    disparity where the shift is too.
    """
    if uts:
        valid = valid & (disparity > 0)
        truth, shown = np.log(np.where(valid, disparity, 1)), output
    else:
        truth, shown = disparity, np.exp(output - output.max())
    mask = np.repeat(np.where(valid, np.uint8(255), np.uint8(0))[..., None], 3, axis=2)
    everywhere = np.ones_like(valid)
    return np.concatenate([photo, coloured(truth, valid), coloured(shown, everywhere), mask], axis=1)


def coloured(values: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Inferno, near bright, invalid black."""
    known = valid & np.isfinite(values)
    if not known.any():
        return np.zeros((*values.shape, 3), np.uint8)
    dark, bright = np.quantile(values[known], (DARKEST, BRIGHTEST))
    share = np.clip((np.where(known, values, dark) - dark) / max(bright - dark, 1e-12), 0, 1)
    colours = cv2.applyColorMap(np.rint(share * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    return np.where(known[..., None], colours[..., ::-1], np.uint8(0))


def board(folder: Path, step: int) -> Board | None:
    """TensorBoard in `folder`, or None where it is not installed."""
    try:
        return TensorBoard(folder, step)
    except ImportError:
        return None
