"""Log-disparity → point cloud, depth PNG, colour map: mirrored by Kotlin and Swift. NumPy only.

Camera axes: x right, y down, z forward. Pinhole with square pixels, principal point at the photo's
centre ((W−1)/2, (H−1)/2).
"""

from __future__ import annotations

from math import radians, tan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.fit import Box
from export.inferno import INFERNO

DEFAULT_FOV_DEGREES = 60.0
LOW_QUANTILE, HIGH_QUANTILE = 0.01, 0.99


def focal_from_fov(width: int, fov_degrees: float) -> float:
    """Focal length in pixels of a picture `width` pixels wide: (W/2) / tan(fov/2)."""
    if not 1 <= fov_degrees < 180:
        raise ValueError(f"field of view {fov_degrees}°: from 1 to below 180")
    return width / 2 / tan(radians(fov_degrees) / 2)


def points(
    log_disparity: NDArray[np.floating[Any]],
    focal_px: float | None = None,
    box: Box | None = None,
    photo: tuple[int, int] | None = None,
) -> NDArray[np.float32]:
    """The point of every pixel of the network-size map, row by row: N×3 float32, z with median 1.

    z = exp(m − output), m the output of the pixel of median depth (of an even number the nearer one);
    x = (X − (Wₚ−1)/2)·z/f and y likewise, with X = (u + ½)·Wₚ/W − ½ the place in the photo of column u.
    box: the part of the map that is not padding (default: all). photo: (Hₚ, Wₚ) where it differs from
    the box, as when a 4:3 photo was stretched into a square. focal_px: in pixels of the photo; default
    60° of horizontal field of view (`focal_from_fov` for another). Computed in float64, rounded to
    float32 at the end. ValueError for a focal length that is not positive.
    """
    inner = log_disparity if box is None else box.cut(log_disparity)
    height, width = inner.shape
    photo_h, photo_w = photo or (height, width)
    focal = focal_from_fov(photo_w, DEFAULT_FOV_DEGREES) if focal_px is None else focal_px
    if not focal > 0:
        raise ValueError(f"focal length {focal} px: above 0")
    output = inner.astype(np.float64)
    middle = output.size // 2
    z = np.exp(np.partition(output.ravel(), middle)[middle] - output)
    across = (np.arange(width) + 0.5) * (photo_w / width) - 0.5 - (photo_w - 1) / 2
    down = (np.arange(height) + 0.5) * (photo_h / height) - 0.5 - (photo_h - 1) / 2
    cloud = np.stack([across[None, :] * z / focal, down[:, None] * z / focal, z], axis=2)
    return cloud.reshape(-1, 3).astype(np.float32)


def ply_bytes(cloud: NDArray[np.float32], colours: NDArray[np.uint8]) -> bytes:
    """PLY, binary little-endian: `float x y z`, `uchar red green blue`. cloud N×3, colours N×3."""
    if cloud.shape != colours.shape or cloud.ndim != 2 or cloud.shape[1] != 3:
        raise ValueError(f"N×3 points need N×3 colours, not {cloud.shape} and {colours.shape}")
    vertex = np.dtype([("xyz", "<f4", 3), ("rgb", "u1", 3)])
    vertices = np.empty(len(cloud), vertex)
    vertices["xyz"], vertices["rgb"] = cloud, colours
    properties = [f"property float {axis}" for axis in "xyz"]
    properties += [f"property uchar {channel}" for channel in ("red", "green", "blue")]
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(cloud)}", *properties]
    return "\n".join([*header, "end_header\n"]).encode("ascii") + vertices.tobytes()


def depth_png16(log_disparity: NDArray[np.floating[Any]]) -> NDArray[np.uint16]:
    """Disparity scaled so that its largest value is 65535: ⌊65535·exp(output − max) + ½⌋, at least 1
    (0 = none, where the output is not finite).
    """
    known = np.isfinite(log_disparity)
    if not known.any():
        return np.zeros(log_disparity.shape, np.uint16)
    output = np.where(known, log_disparity, -np.inf).astype(np.float64)
    values = np.floor(65535 * np.exp(output - output.max()) + 0.5)
    return np.where(known, np.maximum(values, 1), 0).astype(np.uint16)


def colour_map(
    log_disparity: NDArray[np.floating[Any]], limits: tuple[float, float] | None = None
) -> NDArray[np.uint8]:
    """Inferno over the 1 %…99 % quantiles of log-disparity (or `limits`), near bright: H×W×3 RGB.

    Entry ⌊255·clip((output − low)/(high − low), 0, 1) + ½⌋, in float64; entry 0 where low = high, and
    where the output is not finite. A quantile q lies at q·(N−1) of the sorted values, in between linearly.
    """
    output = log_disparity.astype(np.float64)
    known = np.isfinite(output)
    if not known.any():
        return INFERNO[np.zeros(output.shape, np.intp)]
    low, high = limits or np.quantile(output[known], (LOW_QUANTILE, HIGH_QUANTILE))
    share = np.where(known, output - low, 0) / max(high - low, 1e-12)
    return INFERNO[np.floor(255 * np.clip(share, 0, 1) + 0.5).astype(np.intp)]
