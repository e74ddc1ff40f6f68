"""The benchmark of training runs, and compares like with like."""

from __future__ import annotations

import json

import pytest
import torch

from training import losses, speed


def test_measures_in_one_go(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--batch", "2", "--size", "64", "--steps", "1", "--device", "cpu", "--json", "-"]
    assert speed.main(options) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["step_ms"] > row["loss_ms"] > 0
    assert row["loss_share_percent"] == pytest.approx(100 * row["loss_ms"] / row["step_ms"])
    assert row["gain"] == pytest.approx(row["ours_images_per_second"] / row["plain_images_per_second"])


def test_the_plain_loss_is_the_same_loss() -> None:
    generator = torch.Generator().manual_seed(0)
    x, d = (torch.rand(2, 1, 16, 16, generator=generator) + 0.1 for _ in range(2))
    valid = torch.rand(2, 1, 16, 16, generator=generator) < 0.7
    ours = losses.mixture(x, d, valid, torch.ones(2, dtype=torch.bool)).mean()
    torch.testing.assert_close(speed.sorted_mixture(x, d, valid), ours)


@pytest.mark.parametrize("wrong", [["--size", "100"], ["--batch", "1"], ["--steps", "0"]])
def test_bad_sizes_are_one_line(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert speed.main(wrong) == 2
    assert capsys.readouterr().err.startswith("error: --size must be a multiple of 32")
