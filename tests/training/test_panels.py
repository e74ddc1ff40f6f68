from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from training import panels
from training.progress import Progress


def batch(uts: bool) -> dict[str, Any]:
    disparity = torch.linspace(0.1, 1, 16).repeat(16, 1)[None, None]
    valid = torch.ones(1, 1, 16, 16, dtype=torch.bool)
    valid[..., :4, :] = False
    image = torch.full((1, 3, 16, 16), 7, dtype=torch.uint8)
    return {"image": image, "disparity": disparity, "valid": valid, "uts": torch.tensor([uts])}


@pytest.mark.parametrize("uts", [True, False])
def test_truth_and_a_perfect_prediction_look_alike(uts: bool) -> None:
    """Whatever the unknown scale: photo, truth, prediction, mask, side by side."""
    given = batch(uts)
    made = panels.panel(given, given["disparity"].log() + 3)
    photo, truth, prediction, mask = np.split(made, 4, axis=1)
    assert (photo == 7).all()
    assert (truth[:4] == 0).all()  # invalid is black
    assert np.abs(truth[4:].astype(int) - prediction[4:]).max() <= 2
    assert truth[5, -1].sum() > truth[5, 0].sum()  # near is bright
    assert (mask[:4] == 0).all()
    assert (mask[4:] == 255).all()


def test_an_image_of_no_valid_pixel_is_black() -> None:
    values = np.full((4, 4), np.nan, np.float32)
    assert not panels.coloured(values, np.ones((4, 4), bool)).any()


def test_at_most_four_rows() -> None:
    given = {name: value.repeat(6, *[1] * (value.ndim - 1)) for name, value in batch(True).items()}
    assert panels.panel(given, torch.zeros(6, 1, 16, 16)).shape == (64, 64, 3)


def test_written_for_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    board = panels.board(tmp_path, 0)
    assert board is not None
    board.curves(Progress(1, 10, 0.5, 1e-3, 20.0, 9.0, delta1=30.0))
    board.pictures(1, batch(True), torch.zeros(1, 1, 16, 16))
    board.close()
    events = EventAccumulator(str(tmp_path)).Reload()
    assert [e.value for e in events.Scalars("loss")] == [0.5]
    assert [e.value for e in events.Scalars("delta1")] == [30.0]
    (picture,) = events.Images("batch")
    assert (picture.height, picture.width) == (16, 64)


def test_off_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    assert panels.board(tmp_path, 0) is None
