"""Frames of a movie at given times, through PyAV (FFmpeg)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from training.data.sample import DataError
from training.stereo.layouts import Picture

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame

CUT_SHARE = 0.1  # of the movie, at either end: logos, titles, credits
TOLERANCE_S = 1e-3  # of a time stamp: containers round them to milliseconds
# Where the index of a file leads past the time looked for, the search starts earlier.
EARLIER_S = (0.0, 5.0, 30.0, float("inf"))
READ_ON_S = 3.0  # further ahead than this, looking for a key frame is faster than decoding all between
HD_HEIGHT = 720  # from here on BT.709 is meant where a file does not say
UNSPECIFIED, BT709 = 2, 1  # AVCOL_SPC_UNSPECIFIED; SWS_CS_ITU709


@dataclass(frozen=True)
class Movie:
    """Size of the whole frame, both eyes, and length."""

    path: Path
    height: int
    width: int
    duration_s: float


def probe(path: Path) -> Movie:
    """Open the movie and decode one frame; DataError where that is impossible."""
    with opened(path) as container:
        stream = container.streams.video[0]
        if stream.duration is not None and stream.time_base is not None:
            duration = float(stream.duration * stream.time_base)
        elif container.duration is not None:
            duration = container.duration / 1e6
        else:
            raise DataError(
                f"{path}: its length is not stated; copy it into a container that has one (.mkv, .mp4)"
            )
        first = next(container.decode(stream), None)
        if first is None:
            raise DataError(f"{path}: holds no frame that can be decoded")
        return Movie(path, first.height, first.width, duration)


def sample_times(duration_s: float, every_s: float) -> tuple[float, ...]:
    """One time every `every_s` seconds, in seconds from the beginning, without the first and last 10 %."""
    start, end = CUT_SHARE * duration_s, (1 - CUT_SHARE) * duration_s
    return tuple(round(start + i * every_s, 6) for i in range(int(np.ceil(max(0, end - start) / every_s))))


def frames_at(path: Path, times: Sequence[float]) -> Iterator[Picture | None]:
    """For each of the ascending times the first frame at or after it, H×W×3 uint8 RGB; None where the
    file is damaged. Which frame comes does not depend on the other times asked for.
    """
    import av

    with opened(path) as container:
        reader = _Reader(container)
        for time in times:
            try:
                frame = reader.at(time)
                yield None if frame is None else rgb(frame)
            except av.FFmpegError:
                reader.forget()
                yield None


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """The movie, with decoding in one thread (workers are processes); DataError where it is none."""
    import av

    if not path.is_file():
        raise DataError(f"{path}: no such movie")
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise DataError(f"{path}: holds no video")
            container.streams.video[0].codec_context.thread_count = 1
            yield container
    except av.FFmpegError as error:
        raise DataError(f"{path}: not a movie that can be read ({error.strerror})") from error


class _Reader:
    """Goes forward through a movie, by decoding or, over longer gaps, by seeking."""

    def __init__(self, container: InputContainer) -> None:
        self.container = container
        self.stream = container.streams.video[0]
        self.base = self.stream.time_base or 1
        self.start = self.stream.start_time or 0
        self.frames: Iterator[VideoFrame] = iter(())
        self.now: float | None = None  # time of the frame decoded last; None: nowhere
        self.last: VideoFrame | None = None

    def forget(self) -> None:
        self.now = self.last = None

    def at(self, time: float) -> VideoFrame | None:
        near = self.now is not None and time - READ_ON_S <= self.now
        if near and self.now is not None and self.now >= time - TOLERANCE_S:
            return self.last
        if near and (frame := self.forward(time)) is not None:
            return frame
        for earlier in EARLIER_S:
            self.seek(max(0.0, time - earlier))
            first = self.step()
            if first is None or self.now is None:
                continue
            if self.now <= time + TOLERANCE_S or earlier == float("inf"):
                return first if self.now >= time - TOLERANCE_S else self.forward(time)
        return None

    def forward(self, time: float) -> VideoFrame | None:
        while (frame := self.step()) is not None:
            if self.now is not None and self.now >= time - TOLERANCE_S:
                return frame
        return None

    def step(self) -> VideoFrame | None:
        """The next frame that has a time and was decoded whole."""
        for frame in self.frames:
            if frame.pts is not None and not frame.is_corrupt:
                self.now, self.last = float((frame.pts - self.start) * self.base), frame
                return frame
        self.forget()
        return None

    def seek(self, time: float) -> None:
        self.container.seek(int(time / self.base) + self.start, stream=self.stream, backward=True)
        self.frames = self.container.decode(self.stream)


def rgb(frame: VideoFrame) -> Picture:
    """H×W×3; matrix as the file says, BT.709 for HD that says nothing."""
    source = BT709 if frame.colorspace == UNSPECIFIED and frame.height >= HD_HEIGHT else None
    return np.asarray(frame.reformat(format="rgb24", src_colorspace=source).to_ndarray(), dtype=np.uint8)
