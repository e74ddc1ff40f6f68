"""The golden files: one photo through the network, as Python, Kotlin and Swift must all see it.

input.png (network size) · log_disparity.f32 (H×W little-endian float32, from PyTorch) ·
points.ply · frame_*.yuv with frames.json (a part of the photo as a phone's camera would give it) and
frame.png (what they all show) · manifest.json (SHA-256 of each, and the tolerance of each exported file).

A frame's `rotation_degrees` and `mirrored` say how the picture of its planes becomes upright: first it is
turned clockwise by rotation_degrees, then, if mirrored, left and right are swapped. `height` and `width`
are those of the planes, before the turn.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from export import geometry, manifest
from export.target import KNOWN

# Photos of scikit-image that exported files are compared on; the first is the golden input.
PHOTOS = ("coffee", "astronaut", "motorcycle")
FRAME_HEIGHT, FRAME_WIDTH = 96, 128
ROW_PADDING = 16
TO_UPRIGHT = "turn clockwise by rotation_degrees; then, if mirrored, swap left and right"


def photos(height: int, width: int) -> list[NDArray[np.uint8]]:
    """The photos of PHOTOS at their own size, cut to the shape of a height×width network: no bars, and
    nothing squashed.
    """
    import skimage.data

    left, _, _ = skimage.data.stereo_motorcycle()
    whole = (skimage.data.coffee(), skimage.data.astronaut(), left[..., :3])
    return [centre(photo, height, width) for photo in whole]


def centre(photo: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """The largest part in the middle of `photo` whose sides are as height to width, to a pixel."""
    scale = min(photo.shape[0] / height, photo.shape[1] / width)
    rows, columns = max(1, round(scale * height)), max(1, round(scale * width))
    top, left = (photo.shape[0] - rows) // 2, (photo.shape[1] - columns) // 2
    return np.ascontiguousarray(photo[top : top + rows, left : left + columns])


def write(
    folder: Path, image: NDArray[np.uint8], log_disparity: NDArray[np.float32], roles: Sequence[str]
) -> None:
    """Write the golden files of a network-size `image` and PyTorch's output into `folder`."""
    folder.mkdir()
    Image.fromarray(image).save(folder / "input.png")
    (folder / "log_disparity.f32").write_bytes(log_disparity.astype("<f4").tobytes())
    points = geometry.points(log_disparity)
    (folder / "points.ply").write_bytes(geometry.ply_bytes(points, image.reshape(-1, 3)))
    write_frames(folder, image)
    record = {
        "sha256": {p.name: manifest.digest(p) for p in sorted(folder.iterdir())},
        "fov_degrees": geometry.DEFAULT_FOV_DEGREES,
        "tolerance": {
            role: {k: v for k, v in asdict(KNOWN[role].tolerance).items() if v is not None} for role in roles
        },
    }
    _write_json(folder / "manifest.json", record)


def write_frames(folder: Path, image: NDArray[np.uint8]) -> None:
    """Camera frames: the upright picture mirrored or not, then turned back by each rotation, as YUV.

    frame.png is the picture after its chroma was halved: a right decoder finds just that in every frame.
    """
    upright = image[: FRAME_HEIGHT * 2, : FRAME_WIDTH * 2][::2, ::2]
    Image.fromarray(_rgb(*_yuv(upright))).save(folder / "frame.png")
    frames = []
    for layout in ("planar", "interleaved"):
        for rotation in (0, 90, 180, 270):
            for mirrored in (False, True):
                sensor = np.rot90(upright[:, ::-1] if mirrored else upright, rotation // 90)
                name = f"frame_{layout}_{rotation}{'_mirrored' if mirrored else ''}.yuv"
                data, description = yuv420(np.ascontiguousarray(sensor), interleaved=layout == "interleaved")
                (folder / name).write_bytes(data)
                frames.append(
                    {"file": name, "rotation_degrees": rotation, "mirrored": mirrored, **description}
                )
    _write_json(folder / "frames.json", {"upright": "frame.png", "to_upright": TO_UPRIGHT, "frames": frames})


def yuv420(rgb: NDArray[np.uint8], interleaved: bool) -> tuple[bytes, dict[str, Any]]:
    """RGB H×W×3 (even sides) as YUV 4:2:0, BT.601 full range, rows padded to show the stride.

    Chroma is the mean of 2×2 pixels. interleaved: U and V share their rows (pixel stride 2), the
    layout most phones give; else they are planes of their own.
    """
    height, width = rgb.shape[:2]
    y, u, v = _yuv(rgb)
    parts = [_padded(y)]
    parts += (
        [_padded(np.stack([u, v], 2).reshape(height // 2, -1))] if interleaved else [_padded(u), _padded(v)]
    )
    offsets = np.cumsum([0, *(part.size for part in parts)])
    chroma_stride = parts[1].shape[1]
    step = 2 if interleaved else 1
    planes = [
        {"plane": "y", "offset": 0, "row_stride": parts[0].shape[1], "pixel_stride": 1},
        {"plane": "u", "offset": int(offsets[1]), "row_stride": chroma_stride, "pixel_stride": step},
        {
            "plane": "v",
            "offset": int(offsets[1]) + 1 if interleaved else int(offsets[2]),
            "row_stride": chroma_stride,
            "pixel_stride": step,
        },
    ]
    data = b"".join(part.tobytes() for part in parts)
    return data, {"height": height, "width": width, "planes": planes}


def _yuv(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
    """Y H×W, U and V H/2×W/2."""
    r, g, b = (rgb[..., i].astype(np.float64) for i in range(3))
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    halves = [_halved(c) + 128 for c in ((b - luma) / 1.772, (r - luma) / 1.402)]
    return tuple(_rounded(plane) for plane in (luma, *halves))


def _rgb(y: NDArray[np.uint8], u: NDArray[np.uint8], v: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The inverse of `_yuv`, each chroma sample repeated over its 2×2 pixels."""
    luma, blue, red = (y.astype(np.float64), *(c.repeat(2, 0).repeat(2, 1) - 128.0 for c in (u, v)))
    green = luma - 0.344136 * blue - 0.714136 * red
    return _rounded(np.stack([luma + 1.402 * red, green, luma + 1.772 * blue], axis=2))


def _rounded(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)


def _halved(channel: NDArray[np.float64]) -> NDArray[np.float64]:
    height, width = channel.shape
    blocks: NDArray[np.float64] = channel.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return blocks


def _padded(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.pad(plane, ((0, 0), (0, ROW_PADDING)))


def _write_json(path: Path, values: Any) -> None:
    path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
