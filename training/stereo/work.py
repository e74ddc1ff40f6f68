"""One chunk of a source, from frames to files; what every worker does, whoever started it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from training.data.pictures import read_rgb
from training.data.sample import DataError
from training.files import replacing
from training.stereo import filters, index, video
from training.stereo.borders import borders_of_frame
from training.stereo.index import Row
from training.stereo.layouts import Picture
from training.stereo.matchers import SPECKLE_PX, Matcher, match_pair
from training.stereo.plan import Chunk, eyes_of, limited

JPEG_QUALITY = 92

Eyes = tuple[Picture, Picture]


@dataclass(frozen=True)
class Done:
    chunk: Chunk
    kept: int


@dataclass(frozen=True)
class Failed:
    """What no other worker would do better: no space, weights that do not fit. One line."""

    error: str


def attempt(chunk: Chunk, matcher: Matcher) -> Done | Failed:
    try:
        return extract(chunk, matcher)
    except DataError as error:
        return Failed(str(error))
    except OSError as error:
        return Failed(f"{error.filename or chunk.folder}: {error.strerror or error}")


def extract(chunk: Chunk, matcher: Matcher) -> Done:
    """Write the files of a chunk, then its part of the index: only then does it count as done, and doing it
    again gives the same bytes."""
    rows = []
    for offset, eyes in enumerate(_frames(chunk)):
        number = chunk.first + offset
        time_s = chunk.source.times_s[number] if chunk.source.times_s else None
        rows.append(_frame(chunk, f"{number:06d}", time_s, eyes, matcher))
    index.write(chunk.part, rows)
    return Done(chunk, sum(row.kept == index.KEPT for row in rows))


def _frames(chunk: Chunk) -> Iterator[Eyes | None]:
    """Left and right eye of each frame; None where it cannot be read."""
    selected = slice(chunk.first, chunk.first + chunk.count)
    for left, right in chunk.source.pairs[selected]:
        try:
            yield read_rgb(left), read_rgb(right)
        except DataError:
            yield None
    if times := chunk.source.times_s[selected]:
        for frame in video.frames_at(chunk.source.file, times):
            yield None if frame is None else eyes_of(frame, chunk.settings)


def _frame(chunk: Chunk, name: str, time_s: float | None, eyes: Eyes | None, matcher: Matcher) -> Row:
    """Judge a frame and, if it is kept, write its two files."""
    settings = chunk.settings
    if eyes is None:
        return index.row(name, time_s, filters.UNREADABLE)
    picture = _cut(eyes, chunk)
    reason = picture if isinstance(picture, str) else filters.dull(picture[0])
    if reason is not None or isinstance(picture, str):
        return index.row(name, time_s, reason)
    left, right = (limited(eye, settings.max_width) for eye in picture)
    speckle_px = SPECKLE_PX[settings.matcher.name]
    disparity, valid = match_pair(left, right, matcher, settings.matcher.agreement_px, speckle_px)
    share = float(valid.mean())
    reason = filters.verdict(disparity, valid, settings.least_valid, settings.least_range_px)
    if reason is not None:
        return index.row(name, time_s, reason, share)
    coded, low, high = filters.to_png16(disparity, valid)
    _save(chunk.folder / "left" / f"{name}.jpg", left, "JPEG", quality=JPEG_QUALITY)
    _save(chunk.folder / "disparity" / f"{name}.png", coded, "PNG")
    return index.row(name, time_s, None, share, (low, high))


def _cut(eyes: Eyes, chunk: Chunk) -> Eyes | str:
    """Both eyes without black borders; the reason where too little is left."""
    left, right = (chunk.borders.cut(eye) for eye in eyes)
    own = borders_of_frame(left, right)
    height, width = left.shape[:2]
    if own.top == height:
        return filters.DARK
    small = min(height - own.top - own.bottom, width - own.left - own.right) < filters.SMALLEST_SIDE_PX
    if small or own.area_left(height, width) < filters.SMALLEST_AREA:
        return filters.BORDERS
    return own.cut(left), own.cut(right)


def _save(path: Path, picture: Picture | np.ndarray, kind: str, quality: int = 0) -> None:
    with replacing(path) as temporary:
        Image.fromarray(picture).save(temporary, kind, **({"quality": quality} if quality else {}))
