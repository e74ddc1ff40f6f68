from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from training.data.sample import DataError
from training.stereo.borders import Borders
from training.stereo.crew import ATTEMPTS, Died, Processes, finished
from training.stereo.matchers import MatcherSpec
from training.stereo.plan import Chunk, Settings, Source
from training.stereo.work import Done, Failed

SGBM = MatcherSpec("sgbm", 2)


def chunks(count: int, folder: Path = Path("film")) -> list[Chunk]:
    times = tuple(float(n) for n in range(count))
    source = Source("film", Path("film.mkv"), 0, times)
    return [Chunk(folder, source, Settings(SGBM, "sbs"), Borders(), n, 1) for n in range(count)]


class FakeCrew:
    """Workers that answer in the order of their numbers; `fates`: first frame → what comes of it, in turn."""

    def __init__(self, size: int, fates: dict[int, list[Failed | Died]]) -> None:
        self.size, self.fates = size, fates
        self.given: dict[int, Chunk] = {}
        self.dead: set[int] = set()
        self.started, self.most_at_work, self.stopped = 0, 0, False

    def start(self) -> int:
        self.started += 1
        return self.started

    def give(self, worker: int, chunk: Chunk) -> None:
        assert worker not in self.dead
        assert worker not in self.given
        self.given[worker] = chunk
        self.most_at_work = max(self.most_at_work, len(self.given))

    def wait(self) -> list[tuple[int, Done | Failed | Died]]:
        worker = min(self.given)
        chunk = self.given.pop(worker)
        fates = self.fates.get(chunk.first, [])
        news = fates.pop(0) if fates else Done(chunk, 1)
        if isinstance(news, Died):
            self.dead.add(worker)
        return [(worker, news)]

    def stop(self) -> None:
        self.stopped = True


def test_each_chunk_is_done_once() -> None:
    crew = FakeCrew(3, {})
    done = [d.chunk.first for d in finished(chunks(8), crew, pytest.fail)]
    assert sorted(done) == list(range(8))
    assert (crew.started, crew.most_at_work, crew.stopped) == (3, 3, True)


def test_the_chunk_of_a_dead_worker_is_done_by_another() -> None:
    crew, warnings = FakeCrew(2, {1: [Died()], 4: [Died(), Died()]}), list[str]()
    done = [d.chunk.first for d in finished(chunks(6), crew, warnings.append)]
    assert sorted(done) == list(range(6))
    assert crew.started == 2 + 3
    died = sorted(warning.split(" of ")[0] for warning in warnings)
    assert died == [f"a worker died at frames {n}…{n}" for n in (1, 4, 4)]


def test_a_chunk_that_kills_every_worker_ends_the_run() -> None:
    crew = FakeCrew(2, {3: [Died()] * ATTEMPTS})
    with pytest.raises(DataError, match=r"film\.mkv: 3 workers died at frames 3…3"):
        list(finished(chunks(6), crew, lambda text: None))
    assert crew.stopped


def test_what_a_worker_reports_ends_the_run() -> None:
    crew = FakeCrew(2, {2: [Failed("disk: no space left")]})
    with pytest.raises(DataError, match="disk: no space left"):
        list(finished(chunks(6), crew, pytest.fail))
    assert crew.stopped


def test_a_killed_process_is_reported_as_dead(tmp_path: Path) -> None:
    crew = Processes(SGBM, 1)
    try:
        worker = crew.start()
        pid = crew.workers[worker].process.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        crew.give(worker, chunks(1, tmp_path)[0])
        assert crew.wait() == [(worker, Died())]
        other = crew.start()
        crew.give(other, chunks(1, tmp_path)[0])
        assert crew.wait() == [(other, Failed("film.mkv: no such movie"))]
    finally:
        crew.stop()
    assert not crew.workers


def test_a_fault_in_the_matcher_is_reported(tmp_path: Path) -> None:
    crew = Processes(MatcherSpec("raft", 8, str(tmp_path / "none.pth")), 1)
    try:
        worker = crew.start()
        crew.give(worker, chunks(1, tmp_path)[0])
        assert crew.wait() == [(worker, Failed(f"{tmp_path / 'none.pth'}: no such file of weights"))]
    finally:
        crew.stop()
