from __future__ import annotations

import json
from pathlib import Path

from training.progress import Log, Progress


def done(step: int, loss: float = 1.0) -> Progress:
    return Progress(step, 9, loss, 1e-3, 1.0, 1.0)


def steps(path: Path) -> list[int]:
    return [json.loads(line)["step"] for line in path.read_text().splitlines()]


def test_a_line_is_in_the_file_as_soon_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with Log(path, 0) as log:
        log.write(done(1))
        assert steps(path) == [1]
        assert "delta1" not in path.read_text()  # what was not measured is absent


def test_a_resumed_log_goes_on_behind_its_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with Log(path, 0) as log:
        for step in (1, 2, 3):
            log.write(done(step))
    path.write_text(path.read_text() + '{"step": 4, "lo')
    with Log(path, 2) as log:
        log.write(done(3, loss=0.5))
    assert steps(path) == [1, 2, 3]
    assert json.loads(path.read_text().splitlines()[-1])["loss"] == 0.5


def test_other_processes_write_nothing(tmp_path: Path) -> None:
    with Log(tmp_path / "log.jsonl", 0, write=False) as log:
        log.write(done(1))
    assert not list(tmp_path.iterdir())
