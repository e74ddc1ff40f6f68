"""COLMAP's text model of calibrated images: `cameras.txt` and `images.txt` (no distortion left).

World to camera: X_c = R(q)·X + t with q = (w, x, y, z); axes x right, y down, z forward. Pixel coordinates
start at the upper left corner of the picture: the middle of its first pixel is (0.5, 0.5).
Source: colmap.github.io/format.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.testsets.shot import MAX_PIXELS, DataError

# Model → where its parameters hold fx, fy, cx, cy.
MODELS: dict[str, tuple[int, int, int, int]] = {"PINHOLE": (0, 1, 2, 3), "SIMPLE_PINHOLE": (0, 0, 1, 2)}


@dataclass(frozen=True)
class Camera:
    """Size, focal lengths and principal point in pixels."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    def resized(self, width: int, height: int) -> Camera:
        """The camera of the same picture at another size."""
        x, y = width / self.width, height / self.height
        return Camera(width, height, self.fx * x, self.fy * y, self.cx * x, self.cy * y)

    def matrix(self) -> NDArray[np.float64]:
        """3×3, camera coordinates → (u·z, v·z, z)."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1]], np.float64)


@dataclass(frozen=True)
class View:
    """One image: its file name as listed, its camera, and the 3×4 matrix world → camera coordinates."""

    name: str
    camera: Camera
    pose: NDArray[np.float64]


def read_cameras(path: Path) -> dict[int, Camera]:
    """Camera number → camera; DataError names the line of a model with distortion, or of nonsense."""
    cameras = {}
    for number, line in _lines(path):
        words = line.split()
        where = f"{path}, line {number}"
        if len(words) < 4:
            raise DataError(f"{where}: expected 'CAMERA_ID MODEL WIDTH HEIGHT PARAMETERS…'")
        if words[1] not in MODELS:
            raise DataError(
                f"{where}: camera model {words[1][:40]}; {' and '.join(MODELS)} are read: take the "
                "undistorted images and their calibration"
            )
        cameras[int(_number(words[0], where))] = _camera(words[1], words[2:], where)
    if not cameras:
        raise DataError(f"{path}: lists no camera")
    return cameras


def _camera(model: str, words: Sequence[str], where: str) -> Camera:
    places = MODELS[model]
    width, height, *values = (_number(word, where) for word in words)
    if len(values) != max(places) + 1:
        raise DataError(f"{where}: {model} has {max(places) + 1} parameters, found {len(values)}")
    fx, fy, cx, cy = (values[place] for place in places)
    if min(width, height) < 1 or width * height > MAX_PIXELS or min(fx, fy) <= 0:
        raise DataError(f"{where}: {width:g}×{height:g} pixels, focal length {fx:g}, {fy:g}: not a camera")
    return Camera(int(width), int(height), fx, fy, cx, cy)


def read_views(path: Path, cameras: Mapping[int, Camera]) -> tuple[View, ...]:
    """The images in their order in the file; DataError names a line that is not one."""
    views = []
    for number, line in _lines(path, every_other=True):
        words = line.split(maxsplit=9)
        where = f"{path}, line {number}"
        if len(words) != 10:
            raise DataError(f"{where}: expected 'IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME'")
        *pose, camera = (_number(word, where) for word in words[1:9])
        if int(camera) not in cameras:
            raise DataError(f"{where}: camera {camera:g} is not in cameras.txt ({_some(cameras)})")
        views.append(View(words[9], cameras[int(camera)], _pose(pose, where)))
    if not views:
        raise DataError(f"{path}: lists no image")
    return tuple(views)


def _some(cameras: Mapping[int, Camera]) -> str:
    return ", ".join(str(c) for c in sorted(cameras)[:8])


def _pose(values: Sequence[float], where: str) -> NDArray[np.float64]:
    """3×4 from unit quaternion (normalised here) and translation."""
    q = np.array(values[:4])
    length = np.linalg.norm(q)
    if not 0.5 < length < 2:
        raise DataError(f"{where}: the quaternion has length {length:g}; expected 1")
    w, x, y, z = q / length
    rotation = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.column_stack([np.array(rotation), np.array(values[4:])])


def _number(word: str, where: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise DataError(f"{where}: '{word[:40]}' is not a number")
    return value


def _lines(path: Path, every_other: bool = False) -> Iterator[tuple[int, str]]:
    """Number and text of the lines that are neither empty nor a comment.

    every_other: after each of them one line is skipped, whatever it holds: the image's points, which may be
    none at all.
    """
    try:
        with path.open(encoding="utf-8") as file:
            lines = enumerate(file, start=1)
            for number, line in lines:
                if text := line.split("#", 1)[0].strip() if line.startswith("#") else line.strip():
                    yield number, text
                    if every_other:
                        next(lines, None)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file (the calibration of the undistorted images)") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not a text file that can be read ({error})") from error
