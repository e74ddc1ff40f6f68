"""The command, as a user runs it; and exact resume."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest
import torch

from tests.training.data import small
from tests.training.launched import command, environment, losses, train
from training import checkpoint, models
from training.models import ModelError, weights

QUICK = ["--steps", "4", "--workers", "0", "--device", "cpu"]


def test_trains_on_scenes_where_no_data_is_found_and_says_so(tmp_path: Path) -> None:
    done = train("mn", *QUICK, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no data set found: 4 steps on built-in synthetic scenes" in done.stderr
    assert "not found: nyu: https://" in done.stderr
    assert done.stdout.strip() == "python -m export.all --weights runs/mn/model.safetensors"
    model = models.load(tmp_path / "runs" / "mn" / "model.safetensors")
    assert weights.facts(tmp_path / "runs/mn/model.safetensors", model).trained_on == ("synthetic",)
    assert len(losses(tmp_path / "runs" / "mn")) == 4


def test_a_new_run_moves_an_earlier_one_aside(tmp_path: Path) -> None:
    for _ in range(2):
        done = train("mn", "--steps", "1", "--workers", "0", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert "the run that was in runs/mn is now in runs/mn/earlier-1" in done.stderr
    for folder in ("runs/mn", "runs/mn/earlier-1"):
        assert checkpoint.read(tmp_path / folder / "last.ckpt")["step"] == 1
        assert len(losses(tmp_path / folder)) == 1


def test_a_resumed_run_equals_the_uninterrupted_one(tmp_path: Path) -> None:
    data = small.nyu(tmp_path / "data")
    whole = train("mn-rooms", "--data", data, *QUICK, "--out", "whole", cwd=tmp_path)
    assert whole.returncode == 0, whole.stderr
    again = train("mn-rooms", "--data", data, *QUICK, "--out", "cut", "--minutes", "0.0001", cwd=tmp_path)
    assert "stopped after step 1" in again.stderr, again.stderr
    while len(losses(tmp_path / "cut")) < 4:
        again = train("mn-rooms", "--data", data, "--resume", "--workers", "0", "--out", "cut", cwd=tmp_path)
        assert again.returncode == 0, again.stderr
    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")
    first, second = (checkpoint.read(tmp_path / run / "last.ckpt") for run in ("whole", "cut"))
    for key, value in first["model"].items():
        assert torch.equal(value, second["model"][key]), key


def test_a_resume_on_other_data_or_as_another_recipe_is_refused(tmp_path: Path) -> None:
    data = small.nyu(tmp_path / "elsewhere")
    assert train("mn", *QUICK, "--data", data, "--out", "out", cwd=tmp_path).returncode == 0
    done = train("mn", "--resume", "--out", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "was trained on nyu; found are synthetic" in done.stderr.splitlines()[-1]
    done = train("b0", "--resume", "--data", data, "--out", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "a run of 'mn', not of 'b0'" in done.stderr.splitlines()[-1]


def test_lookahead_resumes_exactly_too(tmp_path: Path) -> None:
    steps = ["--steps", "8", "--workers", "0"]
    train("mn", *steps, "--out", "whole", cwd=tmp_path)
    train("mn", *steps, "--out", "cut", "--minutes", "0.005", cwd=tmp_path)
    assert 0 < len(losses(tmp_path / "cut")) < 8
    done = train("mn", "--resume", "--workers", "0", "--out", "cut", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=("SIGINT", "SIGTERM")
)
def test_signals_leave_a_checkpoint(tmp_path: Path, number: signal.Signals, status: int) -> None:
    arguments = command("mn", "--steps", "10000", "--workers", "0")
    process = subprocess.Popen(
        arguments, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("step 10/"):
            break
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == status, errors
    assert checkpoint.read(tmp_path / "runs/mn/last.ckpt")["step"] >= 10
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "unknown recipe 'nonsense': --list names all"),
        (["mn-utss"], "near: mn-uts"),
        ([], "no recipe given"),
        (["mn", "--steps", "many"], "argument --steps: invalid int value: 'many'"),
        (["mn", "--steps", "0"], "--steps 0: at least 1"),
        (["mn", "--data", "nowhere"], "--data nowhere: no such folder"),
        (["mn", "--data", "."], "--data .: holds none of the known sets (nyu,"),
        (["mn", "--weights", "absent.safetensors"], "absent.safetensors: no such file"),
        (["mn", "--resume"], "last.ckpt: no such checkpoint"),
        (["mn", "--device", "cuda"], "no CUDA device was found"),
        (
            ["mn", "--encoder-weights", "junk.safetensors", "--steps", "1"],
            "junk.safetensors: not a .safetensors",
        ),
    ],
)
def test_bad_input_is_one_line(tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "junk.safetensors").write_bytes(b"junk")
    done = train(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))"
    done = train("mn", *QUICK, cwd=tmp_path, before=limit)
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines()[-1] == "error: runs/mn: File too large"
    assert {p.name for p in (tmp_path / "runs/mn").iterdir()} <= {"log.jsonl", "tensorboard"}


def test_checkpoints_of_another_kind_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.ckpt"
    torch.save({"weights": torch.zeros(1)}, path)
    with pytest.raises(ModelError, match="not a training checkpoint of format 1"):
        checkpoint.read(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ModelError, match="not a checkpoint that can be read"):
        checkpoint.read(path)


def test_pickles_are_not_executed(tmp_path: Path) -> None:
    path = tmp_path / "evil.pth"
    torch.save({"branches.0.x": Evil(tmp_path / "was_here")}, path)
    with pytest.raises(ModelError, match="not a checkpoint that can be read"):
        models.load(path)
    time.sleep(0)
    assert not (tmp_path / "was_here").exists()


class Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    model = models.build("mn")
    with torch.no_grad():
        model.decoder.head.weight.fill_(float("nan"))
    checkpoint.write_weights(tmp_path / "nan.safetensors", model.state_dict(), "mn", {})
    with pytest.raises(ModelError, match=r"decoder\.head\.weight' holds values that are not finite"):
        models.load(tmp_path / "nan.safetensors")


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    checkpoint.write_weights(tmp_path / "x.safetensors", models.build("mn").state_dict(), "lite0", {})
    with pytest.raises(ModelError, match=r"x\.safetensors as lite0: .* is missing"):
        models.load(tmp_path / "x.safetensors")
    done = train("lite0", "--weights", tmp_path / "x.safetensors", cwd=tmp_path)
    assert done.returncode == 2
