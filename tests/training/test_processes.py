"""Two processes on a CPU train as one does; what they agree on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from signal import SIGINT, SIGTERM, Signals

import pytest
import torch
from torch import Tensor

from tests.training.data import small
from tests.training.launched import environment, losses, script, train
from training import checkpoint, models, processes

FROZEN = "crops=((0.0, 64),), batch=4, freeze_batch_norm='all', learning_rate=1e-3, schedule='constant'"
STEPS = ["--steps", "5", "--workers", "0", "--device", "cpu"]


def together(count: int, *arguments: str | Path, cwd: Path, changes: str) -> subprocess.CompletedProcess[str]:
    """`count` processes of training.run, as `torchrun --nproc-per-node count -m training.run` starts them."""
    program = cwd / "program.py"
    program.write_text(script(changes))
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    return subprocess.run(
        [*launcher, str(program), *map(str, arguments)],
        cwd=cwd, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip


def distance(first: dict[str, Tensor], second: dict[str, Tensor]) -> float:
    """|a − b| / |a| over all weights. (Adam makes steps of rounding errors where the gradient is 0.)"""
    pairs = [(first[key].double(), second[key].double()) for key in first]
    off = sum(float((a - b).square().sum()) for a, b in pairs)
    return float((off / sum(float(a.square().sum()) for a, _ in pairs)) ** 0.5)


def test_two_processes_give_the_losses_of_one(tmp_path: Path) -> None:
    data = small.nyu(tmp_path / "data", images=8)
    one = train("mn-rooms", "--data", data, *STEPS, "--out", "one", cwd=tmp_path, changes=FROZEN)
    assert one.returncode == 0, one.stderr
    two = together(2, "mn-rooms", "--data", data, *STEPS, "--out", "two", cwd=tmp_path, changes=FROZEN)
    assert two.returncode == 0, two.stderr
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), abs=1e-5)
    first, second = (checkpoint.read(tmp_path / run / "last.ckpt") for run in ("one", "two"))
    for part in ("trained", "model"):  # the moving average, too
        assert distance(first[part], second[part]) < 1e-3
    assert two.stdout.splitlines() == one.stdout.replace("one", "two").splitlines()  # one of them speaks
    assert two.stderr.count("held out for validation") == 1


def test_a_batch_that_cannot_be_divided_is_refused(tmp_path: Path) -> None:
    done = together(3, "mn", *STEPS, cwd=tmp_path, changes=FROZEN)
    assert done.returncode != 0
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert errors
    assert "the batch of 4 images cannot be divided among 3 processes" in errors[0]


@pytest.mark.parametrize(
    ("seen", "stop"), [([], None), ([SIGINT], SIGINT), ([SIGTERM], SIGTERM), ([SIGINT, SIGTERM], SIGTERM)]
)
def test_one_process_agrees_with_itself(seen: list[Signals], stop: Signals | None) -> None:
    verdict = processes.agree(torch.tensor(0.25, requires_grad=True), seen, late=True, failed=3)
    assert verdict == processes.Verdict(0.25, stop, late=True, failed=True)
    assert processes.gather([1, 2]) == [1, 2]


@pytest.mark.parametrize("name", ["mn", "lite0"])
def test_synchronised_batch_norm_is_the_same_network(name: str) -> None:
    """Activations that timm keeps in its norms survive. (Trained it can be on CUDA alone.)"""
    torch.manual_seed(0)
    model = models.build(name).eval()
    image = torch.rand(1, 3, 64, 64) * 255
    keys = list(model.state_dict())
    before = model(image)
    processes.synchronise(model)
    kinds = {type(module).__name__ for module in model.modules()}
    assert any("SyncBatchNorm" in kind for kind in kinds)
    assert "BatchNorm2d" not in kinds
    assert list(model.state_dict()) == keys
    torch.testing.assert_close(model(image), before, rtol=0, atol=0)
