"""What is to be extracted: settings, sources, and the chunks that they fall into.

    DIR/movies.json                    {"format": 1, "movies": [a source with its settings and counts, …]}
    DIR/<source>/plan.json             settings and source; a later run must have the same
    DIR/<source>/left/NNNNNN.jpg       the left eye
    DIR/<source>/disparity/NNNNNN.png  its disparity, 16 bit: see filters.to_png16
    DIR/<source>/index.csv             one row a frame: see index.py
    DIR/<source>/.parts/NNNNNN.csv     rows of a finished chunk, named by its first frame, until all are there

A source is a movie or a list of pairs; its folder has the file's name, without the ending.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from training.data.sample import DataError
from training.files import replacing
from training.stereo import video
from training.stereo.borders import Borders, borders_of_movie
from training.stereo.filters import dull
from training.stereo.layouts import LAYOUTS, Picture, split
from training.stereo.matchers import MatcherSpec

FORMAT = 1
CHUNK_FRAMES = 30  # half a minute with RAFT on a GPU: what a lost worker costs
PROBED_FRAMES = 32  # spread over the movie, for its black bars


@dataclass(frozen=True)
class Settings:
    """All that the files depend on besides the source. Pixels are those of the extracted frame."""

    matcher: MatcherSpec
    layout: str | None  # None for pairs
    swapped: bool = False  # the first eye is the right one
    every_s: float = 1.0
    max_width: int | None = None
    least_valid: float = 0.8
    least_range_px: float = 8.0


@dataclass(frozen=True)
class Source:
    """A movie (`times_s`) or a list of pairs (`pairs`): one of them is empty."""

    name: str
    file: Path
    size_bytes: int
    times_s: tuple[float, ...] = ()
    pairs: tuple[tuple[Path, Path], ...] = ()
    duration_s: float | None = None

    @property
    def frames(self) -> int:
        return len(self.times_s) + len(self.pairs)


@dataclass(frozen=True)
class Chunk:
    """Frames first … first + count − 1 of a source, to be written into `folder`."""

    folder: Path
    source: Source
    settings: Settings
    borders: Borders
    first: int
    count: int

    @property
    def part(self) -> Path:
        return self.folder / ".parts" / f"{self.first:06d}.csv"


def plan_movie(path: Path, settings: Settings) -> Source:
    movie = video.probe(path)
    times = video.sample_times(movie.duration_s, settings.every_s)
    if not times:
        raise DataError(
            f"{path}: {movie.duration_s:.1f} s are too short for a frame every {settings.every_s} s"
        )
    return Source(
        _folder_name(path), path.resolve(), path.stat().st_size, times, duration_s=round(movie.duration_s, 3)
    )


def plan_pairs(path: Path) -> Source:
    """Pairs of picture files: a CSV with columns `left` and `right` (paths relative to it), or a folder of
    folders that hold `left.*` and `right.*`. DataError for a missing file and for eyes of two sizes."""
    found = _pairs_of_folder(path) if path.is_dir() else _pairs_of_csv(path)
    pairs = tuple((left.resolve(), right.resolve()) for left, right in found)
    if not pairs:
        raise DataError(
            f"{path}: holds no pair (a CSV with columns left, right; or folders with left.*, right.*)"
        )
    for left, right in pairs:
        if _picture_size(left) != _picture_size(right):
            raise DataError(f"{right}: not of the same size as {left}")
    size = sum(file.stat().st_size for pair in pairs for file in pair)
    return Source(_folder_name(path), path.resolve(), size, pairs=pairs)


def probed_borders(source: Source, settings: Settings) -> Borders:
    """The bars of a movie, from frames of it that show something; none for pairs."""
    if settings.layout is None:
        return Borders()
    step = max(1, len(source.times_s) // PROBED_FRAMES)
    return borders_of_movie(
        eyes
        for frame in video.frames_at(source.file, source.times_s[::step])
        if frame is not None and dull((eyes := eyes_of(frame, settings))[0]) is None
    )


def eyes_of(frame: Picture, settings: Settings) -> tuple[Picture, Picture]:
    """Left and right eye of a movie's frame."""
    if settings.layout is None:
        raise ValueError("pairs have no layout")
    first, second = split(frame, LAYOUTS[settings.layout])
    return (second, first) if settings.swapped else (first, second)


def prepared(source: Source, settings: Settings, out: Path) -> tuple[list[Chunk], int]:
    """The chunks of a source that are still to be done, and how many frames are done. Writes plan.json, or
    raises DataError where one with other settings lies already."""
    folder = out / source.name
    wanted = _plan(source, settings)
    found = _read_plan(folder / "plan.json")
    if found is None:
        borders = probed_borders(source, settings)
        with replacing(folder / "plan.json") as temporary:
            text = json.dumps({**wanted, "borders": borders}, indent=1, ensure_ascii=False)
            temporary.write_text(text + "\n", encoding="utf-8")
    else:
        borders = Borders(*found.pop("borders"))
        if different := [key for key in wanted if wanted[key] != found.get(key)]:
            was = "; ".join(f"{key}: {found.get(key)} there, {wanted[key]} now" for key in different)
            raise DataError(f"{folder}: made with other settings ({was}); name another --out, or remove it")
    chunks = [
        Chunk(folder, source, settings, borders, first, min(CHUNK_FRAMES, source.frames - first))
        for first in range(0, source.frames, CHUNK_FRAMES)
    ]
    left = [] if (folder / "index.csv").is_file() and not chunks[0].part.parent.exists() else chunks
    left = [chunk for chunk in left if not chunk.part.is_file()]
    return left, source.frames - sum(chunk.count for chunk in left)


def _plan(source: Source, settings: Settings) -> dict[str, Any]:
    options = asdict(settings)
    options["matcher"]["weights"] = _identity(settings.matcher.weights)
    plan = {
        "format": FORMAT,
        "file": source.file.name,
        "size_bytes": source.size_bytes,
        "frames": source.frames,
        "duration_s": source.duration_s,
        "settings": options,
    }
    copied: dict[str, Any] = json.loads(json.dumps(plan))  # tuples to lists, as they come back from the file
    return copied


def _identity(weights: str | None) -> str | None:
    """Of a file its SHA-256: where it lies does not matter."""
    if weights is None or not Path(weights).is_file():
        return weights
    with Path(weights).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_plan(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        plan: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        Borders(*map(int, plan["borders"]))
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a plan of this program ({error}); remove the folder") from error
    return plan


def _folder_name(path: Path) -> str:
    stem = path.stem if path.is_file() else path.name
    return re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_") or "movie"


def _pairs_of_csv(path: Path) -> Iterator[tuple[Path, Path]]:
    if not path.is_file():
        raise DataError(f"{path}: no such file or folder of pairs")
    with path.open(newline="", encoding="utf-8") as file:
        try:
            for row in csv.DictReader(file):
                yield path.parent / row["left"], path.parent / row["right"]
        except (KeyError, TypeError, ValueError, csv.Error) as error:
            raise DataError(f"{path}: not a CSV with columns left and right ({error})") from error


def _pairs_of_folder(path: Path) -> Iterator[tuple[Path, Path]]:
    for folder in sorted(path.iterdir()):
        left, right = (sorted(folder.glob(f"{eye}.*")) for eye in ("left", "right"))
        if left and right:
            yield left[0], right[0]


def _picture_size(path: Path) -> tuple[int, int]:
    try:
        with Image.open(path) as image:
            return image.size
    except OSError as error:
        raise DataError(f"{path}: not a picture that can be read ({error})") from error


def limited(eye: Picture, max_width: int | None) -> Picture:
    """The picture, made smaller where it is wider than that."""
    import cv2

    height, width = eye.shape[:2]
    if max_width is None or width <= max_width:
        return np.ascontiguousarray(eye)
    size = (max_width, max(1, round(height * max_width / width)))
    smaller: Picture = cv2.resize(eye, size, interpolation=cv2.INTER_AREA)
    return smaller
