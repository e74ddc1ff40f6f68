"""What the Android app must compute, by the Python reference, beside the exporter's golden files.

`python -m tests.android.reference GOLDEN OUT` reads a golden folder and writes raw arrays with index.json:
fits (photo → network input, of many sizes), frames (each golden camera frame → network input), maps (output
→ colours, 16-bit depth), resized (output → photo's size), clouds (stretched, letterboxed, of a focal length).
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from export import fit, geometry
from export.fit import Box, Fit

PAD = (0, 128, 255)
# Photo → network: bilinear up and down, area, one side each, letterbox of either shape, sides that stay.
FITS = [
    ((96, 128), (96, 128)), ((96, 128), (128, 128)), ((97, 131), (64, 96)), ((301, 402), (96, 128)),
    ((200, 500), (160, 160)), ((500, 120), (64, 224)), ((3, 2), (32, 64)), ((192, 256), (96, 128)),
    ((193, 256), (96, 128)), ((480, 640), (384, 384)), ((1, 700), (32, 32)),
]  # fmt: skip
PHOTOS = [(96, 128), (37, 53), (300, 301)]  # that a map is resized to


class Writer:
    """Arrays as files of their bytes, little-endian; returns what index.json says of them."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.count = folder, 0

    def __call__(self, array: NDArray[Any]) -> dict[str, Any]:
        name = f"{self.count:03d}.bin"
        self.count += 1
        (self.folder / name).write_bytes(array.astype(array.dtype.newbyteorder("<")).tobytes())
        return {"file": name, "height": array.shape[0], "width": array.shape[1]}


def fits(write: Writer) -> list[dict[str, Any]]:
    """Random pictures through `to_network` in both modes."""
    random = np.random.default_rng(15)
    cases = []
    for photo_size, size in FITS:
        photo = random.integers(0, 256, (*photo_size, 3), dtype=np.uint8)
        for mode in ("stretch", "letterbox"):
            chosen = Fit(mode, "bilinear", PAD)
            box = fit.placement(*photo_size, *size, mode)
            case = {"photo": write(photo), "input": write(fit.to_network(photo, *size, chosen))}
            cases.append({**case, "fit": asdict(chosen), "box": asdict(box)})
    return cases


def frames(golden: Path, write: Writer) -> list[dict[str, Any]]:
    """What every golden camera frame becomes: `frame.png` through `to_network`."""
    upright = np.asarray(Image.open(golden / "frame.png").convert("RGB"))
    return [
        {"fit": asdict(chosen), "input": write(fit.to_network(upright, 160, 128, chosen))}
        for chosen in (Fit("stretch", "bilinear", PAD), Fit("letterbox", "bilinear", PAD))
    ]


def maps(output: NDArray[np.float32], write: Writer) -> list[dict[str, Any]]:
    """The golden output, one with values that are none, a constant one."""
    holes = output.copy()
    holes[:3, :7], holes[5, 5], holes[6, 6] = np.nan, np.inf, -np.inf
    cases = []
    for values in (output, holes, np.full_like(output, -1.25)):
        case = {"output": write(values), "colours": write(geometry.colour_map(values))}
        case["depth16"] = write(geometry.depth_png16(values))
        known = values[np.isfinite(values)].astype(np.float64)
        low, high = np.quantile(known, (geometry.LOW_QUANTILE, geometry.HIGH_QUANTILE))
        median = np.sort(known)[known.size // 2]
        cases.append({**case, "low": float(low), "high": float(high), "median": float(median)})
    return cases


def resized(output: NDArray[np.float32], write: Writer) -> list[dict[str, Any]]:
    """The golden output at photos' sizes, stretched and letterboxed."""
    height, width = output.shape
    return [
        {
            "output": write(output),
            "box": asdict(fit.placement(*photo, height, width, mode)),
            "photo": write(fit.to_photo(output, *photo, Fit(mode))),
        }
        for photo in PHOTOS
        for mode in ("stretch", "letterbox")
    ]


def clouds(output: NDArray[np.float32], write: Writer) -> list[dict[str, Any]]:
    """Points of a stretched and of a letterboxed photo, with a focal length and with the assumed one."""
    height, width = output.shape
    cases = []
    for photo, mode, focal in (((480, 640), "stretch", 500.0), ((640, 480), "letterbox", None)):
        box: Box = fit.placement(*photo, height, width, mode)
        px = focal or geometry.focal_from_fov(photo[1], geometry.DEFAULT_FOV_DEGREES)
        points = geometry.points(output, px, box, photo)
        case = {"output": write(output), "box": asdict(box), "points": write(points)}
        cases.append({**case, "photo": list(photo), "focal_px": px})
    return cases


def main(argv: list[str]) -> None:
    golden, out = Path(argv[0]), Path(argv[1])
    height, width = np.asarray(Image.open(golden / "input.png")).shape[:2]
    output = np.fromfile(golden / "log_disparity.f32", "<f4").reshape(height, width)
    write = Writer(out)
    index = {
        "fits": fits(write), "frames": frames(golden, write), "maps": maps(output, write),
        "resized": resized(output, write), "clouds": clouds(output, write),
    }  # fmt: skip
    (out / "index.json").write_text(json.dumps(index, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
