"""Frames of stereo films (or stereo pairs) with matched disparity, as our stereo pipeline writes them: UTSS.

    DIR/movies.json                           {"format": 1, …}
    DIR/MOVIE/index.csv                       name, time_s, valid, disparity_min_px, disparity_max_px, kept
    DIR/MOVIE/left/NNNNNN.jpg                 the left picture
    DIR/MOVIE/disparity/NNNNNN.png            16 bit, larger is nearer, 0 = invalid

value = 1 + (disparity − min)·65534/(max − min), rounded. Only rows with `kept` = 1 are read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.data import rows, truth
from training.data.pictures import read_png16
from training.data.sample import DataError, Kind, Sample
from training.data.validation import part

PUBLISHED_AT = "your own films, by python -m training.stereo.extract"
FORMAT = 1
COLUMNS = ("name", "disparity_min_px", "disparity_max_px", "kept")
KEPT = {"1": True, "true": True, "0": False, "false": False}


@dataclass(frozen=True)
class Frame:
    """disparity_px = start_px + (value − 1)·step_px."""

    movie: str
    name: str
    start_px: float
    step_px: float


@dataclass(frozen=True)
class Movies:
    folder: Path
    frames: tuple[Frame, ...]
    name: str = "movies"

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int) -> Sample:
        frame = self.frames[index]
        movie = self.folder / frame.movie
        source = movie / "disparity" / f"{frame.name}.png"
        values = read_png16(source)
        valid = values > 0
        disparity = np.float32(frame.start_px - frame.step_px) + values * np.float32(frame.step_px)
        known = (np.where(valid, disparity, np.float32(0)), valid)
        return truth.beside(movie / "left" / f"{frame.name}.jpg", source, known, Kind.UTSS)


def find(data: Path, held_out: bool = False) -> Movies | None:
    """The pipeline's output: `data/movies` or `data` itself; None where neither holds a movies.json.
    Films are held out whole.
    """
    marker = next((m for f in (data / "movies", data) if (m := f / "movies.json").is_file()), None)
    if marker is None:
        return None
    _check_format(marker)
    folder = marker.parent
    frames = [frame for index in sorted(folder.glob("*/index.csv")) for frame in _frames(index)]
    chosen = part(frames, [frame.movie for frame in frames], held_out)
    return Movies(folder, chosen) if chosen else None


def _check_format(marker: Path) -> None:
    try:
        found = json.loads(marker.read_text(encoding="utf-8"))["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{marker}: not the mark of extracted films ({error})") from error
    if found != FORMAT:
        raise DataError(f"{marker}: format {found!r}; this version reads format {FORMAT}")


def _frames(index: Path) -> list[Frame]:
    frames = []
    for row in rows.read_rows(index, COLUMNS):
        kept = KEPT.get(row["kept"].lower())
        if kept is None:
            raise DataError(f"{index}: kept '{row['kept']}' of {row['name']} is neither 1 nor 0")
        if kept:
            low, high = (rows.number(index, row, c) for c in ("disparity_min_px", "disparity_max_px"))
            name = rows.plain(index, row["name"])
            frames.append(Frame(index.parent.name, name, low, (high - low) / 65_534))
    return frames
