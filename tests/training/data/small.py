"""Small data sets in their published layout, made from synthetic scenes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from training.data.synthetic import scene


def nyu(root: Path, images: int = 6, part: str = "train", height: int = 96, width: int = 128) -> Path:
    """`root/nyu/<part>` with index.csv, photos and depth; returns `root`."""
    folder = root / "nyu" / part
    folder.mkdir(parents=True)
    rows = ["name,scene_type,scale_known"]
    for i in range(images):
        made = scene(i, height, width, "room")
        Image.fromarray(made.image).save(folder / f"{i * 10:05d}.jpg", quality=95)
        depth_mm = np.clip(made.depth * 1000, 0, 65535).astype(np.uint16)
        depth_mm[:4] = 0
        Image.fromarray(depth_mm).save(folder / f"{i * 10:05d}.png")
        rows.append(f"{i * 10:05d},kitchen,{i % 2}")
    (folder / "index.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return root
