"""A run that is killed, fed with broken files, or that breaks itself loses little and says what happened."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.training.data import small
from tests.training.launched import command, environment, log, losses, train
from training import checkpoint, state
from training.data.builtin import Scenes
from training.data.mixture import TRIES, Failure
from training.data.sample import DataError
from training.failures import Failures
from training.state import TrainingError

RUN = ("mn-rooms", "--workers", "1", "--device", "cpu")
TINY = "crops=((0.0, 64), (0.5, 96)), batch=2"


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)


def steps_logged(folder: Path) -> int:
    path = folder / "log.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_a_stop_of_the_whole_group_leaves_a_checkpoint(tmp_path: Path) -> None:
    """As a batch system sends it: to the workers too, which the main process still needs."""
    arguments = (*RUN, "--data", small.nyu(tmp_path / "data"), "--steps", "500", "--out", "run")
    process = subprocess.Popen(
        command(*arguments, changes=TINY), cwd=tmp_path, env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    wait_for(lambda: steps_logged(tmp_path / "run") >= 3, process)
    os.killpg(process.pid, signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 143, errors
    assert "Traceback" not in errors
    assert checkpoint.read(tmp_path / "run" / "last.ckpt")["step"] >= 3


def test_killed_and_resumed_equals_the_uninterrupted_run(tmp_path: Path) -> None:
    data = ("--data", small.nyu(tmp_path / "data"))
    whole = train(*RUN, *data, "--steps", "30", "--out", "whole", cwd=tmp_path, changes=TINY)
    assert whole.returncode == 0, whole.stderr
    arguments = (*RUN, *data, "--steps", "30", "--out", "cut", "--checkpoint-minutes", "0.01")
    process = subprocess.Popen(
        command(*arguments, changes=TINY), cwd=tmp_path, env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    cut = tmp_path / "cut"
    wait_for(lambda: (cut / "last.ckpt").exists() and steps_logged(cut) >= 15, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    saved = checkpoint.read(cut / "last.ckpt")["step"]
    assert 0 < saved <= steps_logged(cut) < 30
    with (cut / "log.jsonl").open("a") as file:
        file.write('{"step": 29, "los')  # a line that the kill cut off
    done = train(*RUN, *data, "--resume", "--out", "cut", cwd=tmp_path, changes=TINY)
    assert done.returncode == 0, done.stderr
    assert losses(cut) == losses(tmp_path / "whole")
    first, second = (checkpoint.read(folder / "last.ckpt")["model"] for folder in (tmp_path / "whole", cut))
    for key, value in first.items():
        assert torch.equal(value, second[key]), key


def test_a_loss_that_is_not_finite_stops_and_saves_the_batch(tmp_path: Path) -> None:
    poison = (
        "from training import objectives\n"
        "plain, calls = objectives.OBJECTIVES['mixture'], []\n"
        "def poisoned(prediction, batch):\n"
        "    calls.append(1)\n"
        "    return plain(prediction, batch) * (float('nan') if len(calls) == 3 else 1)\n"
        "objectives.OBJECTIVES['mixture'] = poisoned"
    )
    done = train("mn", "--steps", "9", "--workers", "0", cwd=tmp_path, before=poison)
    assert done.returncode == 2, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: step 2: the loss is nan; the batch is in runs/mn/not_finite.pt")
    batch = torch.load(tmp_path / "runs/mn/not_finite.pt", weights_only=True)
    assert batch["image"].shape == (2, 3, 64, 64)
    assert len(losses(tmp_path / "runs/mn")) == 2


def test_a_loss_that_no_image_serves_stops(tmp_path: Path) -> None:
    """Images up to scale and shift for a loss that needs the shift: nothing would ever be learnt."""
    data = small.nyu(tmp_path / "data")
    changes = "crops=((0.0, 64),), batch=1, loss='si_pairwise_l1', shares=(0.0, 1.0)"
    done = train("mn", "--data", data, "--workers", "0", "--steps", "99", cwd=tmp_path, changes=changes)
    assert done.returncode == 2, done.stderr
    last = done.stderr.splitlines()[-1]
    assert "the loss was exactly 0 for 20 steps: 'si_pairwise_l1' can use none of the images of nyu" in last


def test_weights_that_are_not_finite_are_not_saved(tmp_path: Path) -> None:
    from training import models
    from training.recipes import RECIPES

    run = state.start(RECIPES["mn-rooms"], models.build("mn"))
    state.save(run, tmp_path, ["nyu"])
    before = (tmp_path / "last.ckpt").read_bytes()
    with torch.no_grad():
        next(run.model.parameters()).fill_(float("inf"))
    with pytest.raises(TrainingError, match="the weights are not finite"):
        state.save(run, tmp_path, ["nyu"])
    assert (tmp_path / "last.ckpt").read_bytes() == before


def test_more_broken_samples_than_one_percent_stop_the_run(tmp_path: Path) -> None:
    data = small.nyu(tmp_path / "data")
    (data / "nyu/train/00030.jpg").write_bytes(b"not a picture")
    done = train("mn-rooms", "--data", data, "--steps", "20", "--workers", "1", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "left out" not in done.stderr  # it is the error itself that names the file
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: nyu: 1 of 5 samples could not be read, more than 1%; the last: ")
    assert "00030.jpg" in last


def test_few_broken_samples_are_named_counted_and_replaced(tmp_path: Path) -> None:
    """One in 152; the same in the uninterrupted run as with other workers and a resume."""
    data = small.nyu(tmp_path / "data", images=160, height=48, width=64)
    (data / "nyu/train/00070.png").write_bytes(b"not a picture")
    train_steps = (*RUN[:1], "--data", data, "--device", "cpu")
    changes = "crops=((0.0, 32),), batch=16"
    whole = train(*train_steps, "--steps", "11", "--workers", "0", cwd=tmp_path, changes=changes)
    assert whole.returncode == 0, whole.stderr
    named = [line for line in whole.stderr.splitlines() if line.startswith("left out")]
    assert len(named) == 1
    assert "00070.png" in named[0]
    assert log(tmp_path / "runs/mn-rooms")[-1]["unreadable"] == 1
    again = train(
        *train_steps, "--steps", "11", "--workers", "2", "--out", "again", cwd=tmp_path, changes=changes
    )
    assert again.returncode == 0, again.stderr
    assert losses(tmp_path / "again") == losses(tmp_path / "runs/mn-rooms")
    assert len(checkpoint.read(tmp_path / "again/last.ckpt")["unreadable"]) == 1


def test_failures_are_named_once_and_judged_by_set() -> None:
    scenes = Scenes(held_out=True)  # 32: a single one is more than 1 %
    many = Scenes()
    failures = Failures((many, scenes), set())
    assert failures.note([Failure(0, 5, 1, "a.png: broken")]) == [
        "left out, another stands in for it: a.png: broken"
    ]
    assert failures.note([Failure(0, 5, 1, "a.png: broken")]) == []
    assert failures.seen == {(0, 5)}
    with pytest.raises(DataError, match=r"synthetic: 1 of 32 samples could not be read.*b\.png"):
        failures.note([Failure(1, 3, 1, "b.png: broken")])
    with pytest.raises(DataError, match="10 samples in a row could not be read; the last: c"):
        failures.note([Failure(0, 9, TRIES, "c")])
    assert Failures((many,), {(0, 5)}).note([Failure(0, 5, 1, "known before a resume")]) == []


def test_one_percent_is_not_more_than_one_percent() -> None:
    failures = Failures((Scenes(),), set())
    largest = len(Scenes()) // 100
    failures.note([Failure(0, i, 1, "x") for i in range(largest)])
    with pytest.raises(DataError, match="656 of 65,536"):
        failures.note([Failure(0, largest, 1, "x")])
