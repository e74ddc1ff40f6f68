from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.stereo.made import write_movie
from training.data.sample import DataError
from training.stereo import video

RATE, FRAMES = 10, 200


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A movie whose n-th frame has brightness n + 30, with a key frame every 12."""
    path = tmp_path_factory.mktemp("video") / "counting.mp4"
    return write_movie(path, [np.full((64, 96, 3), 30 + n, np.uint8) for n in range(FRAMES)], RATE)


def numbers(path: Path, times: list[float]) -> list[int | None]:
    frames = video.frames_at(path, times)
    return [None if frame is None else round(float(frame.mean())) - 30 for frame in frames]


def test_probe(counting: Path) -> None:
    assert video.probe(counting) == video.Movie(counting, 64, 96, FRAMES / RATE)


def test_times_leave_out_both_ends() -> None:
    assert video.sample_times(100, 10) == (10, 20, 30, 40, 50, 60, 70, 80)
    assert video.sample_times(20, 1) == tuple(range(2, 18))
    assert video.sample_times(0, 1) == ()


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_the_frame_of_a_time_is_the_first_at_or_after_it(suffix: str, tmp_path: Path) -> None:
    codec = "mpeg4" if suffix == ".avi" else "libx264"
    pictures = [np.full((64, 96, 3), 30 + n, np.uint8) for n in range(FRAMES)]
    path = write_movie(tmp_path / f"counting{suffix}", pictures, RATE, codec)
    times = [0, 0.5, 0.55, 0.6, 3.0, 11.71, 19.9]
    expected = [0, 5, 6, 6, 30, 118, 199]
    assert np.allclose(np.array(numbers(path, times), float), expected, atol=1)


def test_a_frame_does_not_depend_on_the_others_asked_for(counting: Path) -> None:
    times = [2.0, 2.1, 2.1, 4.95, 5.0, 13.3]
    together = [f for f in video.frames_at(counting, times) if f is not None]
    alone = [f for time in times for f in video.frames_at(counting, [time]) if f is not None]
    assert len(together) == len(alone) == len(times)
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(one, other)


def test_behind_the_end_there_is_nothing(counting: Path) -> None:
    assert numbers(counting, [19.0, 25.0, 30.0]) == [190, None, None]


def test_a_damaged_spot_costs_its_frames_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 255, (64, 96, 3), np.uint8) for _ in range(FRAMES)]
    path = write_movie(tmp_path / "damaged.mkv", pictures, RATE)
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third : third + 30_000] = bytes(30_000)
    path.write_bytes(content)
    found = [frame is not None for frame in video.frames_at(path, [n / 2 for n in range(2, 39)])]
    assert found[0]
    assert found[-1]
    assert sum(found) >= len(found) - 6


def test_what_is_no_movie_is_named(tmp_path: Path) -> None:
    path = tmp_path / "movie.mp4"
    with pytest.raises(DataError, match=r"movie\.mp4: no such movie"):
        video.probe(path)
    path.write_bytes(b"not a movie" * 100)
    with pytest.raises(DataError, match=r"movie\.mp4: not a movie that can be read"):
        video.probe(path)
