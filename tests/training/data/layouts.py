"""Every training set in its published layout, small: made of plain pictures whose depth is known."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
from numpy.typing import NDArray

from training.data.sample import Kind

# Photo and truth of each picture, in the order in which they were made.
Files = list[tuple[Path, Path]]


@dataclass(frozen=True)
class Layout:
    """make(root, scenes): a picture for each entry of `scenes`, which names its scene.

    kind: of every picture. rim: pixels that the reader cuts off: left, top, right, bottom.
    """

    make: Callable[[Path, Sequence[str]], Files]
    kind: Kind
    height: int = 48
    width: int = 64
    rim: tuple[int, int, int, int] = (0, 0, 0, 0)

    def depth(self, number: int) -> NDArray[np.float32]:
        return depth(number, self.height, self.width)

    def cut(self, array: NDArray[Any]) -> NDArray[Any]:
        left, top, right, bottom = self.rim
        return array[top : self.height - bottom, left : self.width - right]


def depth(number: int, height: int = 48, width: int = 64) -> NDArray[np.float32]:
    """Metres, 1…9, whole millimetres; 0 = none in a corner."""
    coarse = np.random.default_rng(number).uniform(1, 9, (4, 4)).astype(np.float32)
    made: NDArray[np.float32] = np.round(cv2.resize(coarse, (width, height)), 3)
    made[: height // 6, : width // 6] = 0
    return made


def photo(path: Path, number: int, height: int = 48, width: int = 64) -> Path:
    coarse = np.random.default_rng((number, 1)).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return write(path, cv2.resize(coarse, (width, height)))


def read(path: Path) -> NDArray[np.uint8]:
    """A picture as RGB."""
    picture: NDArray[np.uint8] | None = cv2.imread(str(path))
    assert picture is not None
    return picture[..., ::-1]


def write(path: Path, picture: NDArray[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture)
    return path


def png16(path: Path, values: NDArray[Any]) -> Path:
    assert values.min() >= 0
    assert values.max() < 65_536
    return write(path, np.rint(values).astype(np.uint16))


def disparity(number: int, height: int = 48, width: int = 64) -> NDArray[np.float32]:
    """1/m, 0 = none."""
    metres = depth(number, height, width)
    return np.divide(1, metres, out=np.zeros_like(metres), where=metres > 0)


def table(path: Path, header: str, lines: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


def nyu(root: Path, scenes: Sequence[str]) -> Files:
    folder = root / "nyu" / "train"
    files = [
        (photo(folder / f"{i:05d}.jpg", i), png16(folder / f"{i:05d}.png", depth(i) * 1000))
        for i in range(len(scenes))
    ]
    table(folder / "index.csv", "name,scale_known", [f"{i:05d},1" for i in range(len(scenes))])
    return files


def nyu_mat(root: Path, scenes: Sequence[str], split: Sequence[int] | None = None) -> Path:
    """The .mat file, transposed as MATLAB stores it; `split`: official training images, from 1."""
    path = root / "nyu" / "nyu_depth_v2_labeled.mat"
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures = [read(photo(root / "photo.png", i)) for i in range(len(scenes))]
    maps = [depth(i) for i in range(len(scenes))]
    with h5py.File(path, "w") as file:
        file["images"] = np.stack([p.transpose(2, 1, 0) for p in pictures])
        file["depths"] = np.stack([np.where(m > 0, m, 3).T for m in maps])  # filled
        file["rawDepths"] = np.stack([m.T for m in maps])
        names = [file.create_dataset(f"#refs#/{i}", data=[[ord(c)] for c in s]) for i, s in enumerate(scenes)]
        file["scenes"] = np.array([[n.ref for n in names]], h5py.ref_dtype)
    if split is not None:
        lines = "\n".join(map(str, split))
        path.with_name("trainNdxs.txt").write_text(lines, encoding="utf-8")
    return path


def nyu_sync(root: Path, scenes: Sequence[str]) -> Files:
    files = []
    for i, scene in enumerate(scenes):
        folder = root / "nyu" / "sync" / scene
        source = png16(folder / f"sync_depth_{i:05d}.png", depth(i, 480, 640) * 1000)
        files.append((photo(folder / f"rgb_{i:05d}.jpg", i, 480, 640), source))
    return files


def diml(root: Path, scenes: Sequence[str]) -> Files:
    files = []
    for i, scene in enumerate(scenes):
        folder = root / "diml" / scene / "1" / "16.01.20" / "1"
        source = png16(folder / "up_png" / f"in_k_00_160120_{i:06d}_ud.png", depth(i) * 1000)
        files.append((photo(folder / "col" / f"in_k_00_160120_{i:06d}_c.png", i), source))
    return files


def diml_sample(root: Path, scenes: Sequence[str], size: str = "HR", part: str = "train") -> Files:
    files = []
    for i, scene in enumerate(scenes):
        folder = root / "diml" / part / size / scene
        source = png16(folder / "depth_filled" / f"in_00_{i:06d}_depth_filled.png", depth(i) * 1000)
        files.append((photo(folder / "color" / f"in_00_{i:06d}_c.png", i), source))
    return files


def megadepth(root: Path, scenes: Sequence[str]) -> Files:
    files = []
    for i, scene in enumerate(scenes):
        folder = root / "phoenix" / "S6" / "zl548" / "MegaDepth_v1" / scene / "dense0"
        source = folder / "depths" / f"{i}_o.h5"
        source.parent.mkdir(parents=True, exist_ok=True)
        hdf5(source, depth(i) * 3)
        files.append((photo(folder / "imgs" / f"{i}_o.jpg", i), source))
    return files


def hdf5(path: Path, values: NDArray[Any]) -> None:
    with h5py.File(path, "w") as file:
        file["depth"] = values.astype(np.float32)


def redweb(root: Path, scenes: Sequence[str]) -> Files:
    folder = root / "ReDWeb_V1"
    files = []
    for i in range(len(scenes)):
        inverse = disparity(i)
        # Nearest 0, farthest 254, unknown 255.
        values = np.where(inverse > 0, np.rint(254 * (1 - inverse / inverse.max())), 255).astype(np.uint8)
        source = write(folder / "RDs" / f"{i:04d}.png", values)
        files.append((photo(folder / "Imgs" / f"{i:04d}.jpg", i), source))
    return files


def movies(root: Path, scenes: Sequence[str]) -> Files:
    folder = root / "movies"
    files, lines = [], dict[str, list[str]]()
    for i, scene in enumerate(scenes):
        px = 40 * disparity(i) - 12
        known = disparity(i) > 0
        low, high = float(px[known].min()), float(px[known].max())
        coded = np.where(known, (px - low) * 65_534 / (high - low) + 1, 0)
        source = png16(folder / scene / "disparity" / f"{i:06d}.png", coded)
        files.append((photo(folder / scene / "left" / f"{i:06d}.jpg", i), source))
        lines.setdefault(scene, []).append(f"{i:06d},{i}.0,0.97,{low},{high},1")
    for scene, rows in lines.items():
        header = "name,time_s,valid,disparity_min_px,disparity_max_px,kept"
        table(folder / scene / "index.csv", header, [*rows, f"{999999:06d},9.0,0.3,,,0"])
    (folder / "movies.json").write_text(json.dumps({"format": 1, "movies": []}), encoding="utf-8")
    return files


def own(root: Path, scenes: Sequence[str]) -> Files:
    files = []
    for i, scene in enumerate(scenes):
        source = png16(root / "depth" / scene / f"{i:04d}.png", depth(i) * 1000)
        files.append((photo(root / "images" / scene / f"{i:04d}.jpg", i), source))
    return files


FOCAL_PX, BASELINE_M = 400.0, 0.54


def kitti2015(root: Path, scenes: Sequence[str]) -> Files:
    folder, files, lines = root / "kitti2015", [], []
    for i, scene in enumerate(scenes):
        name = f"{i:06d}_10"
        px = disparity(i) * FOCAL_PX * BASELINE_M
        source = png16(folder / "disp_occ_0" / f"{name}.png", px * 256)
        files.append((photo(folder / "image_2" / f"{name}.jpg", i), source))
        lines.append(f"{name},train,image_2/{name}.jpg,disp_occ_0/{name}.png,{FOCAL_PX},{BASELINE_M},{scene}")
    header = "id,part,left,disparity,focal_px,baseline_m,drive"
    table(folder / "pairs.csv", header, [*lines, "x,test,image_2/x.jpg,disp_occ_0/x.png,1,1,"])
    return files


def kitti2012(root: Path, scenes: Sequence[str]) -> Files:
    folder, files, lines = root / "kitti2012", [], []
    for i, scene in enumerate(scenes):
        name = f"{i:06d}_10"
        known = "disp_occ" if i % 2 else "disp_noc"
        source = png16(folder / known / f"{name}.png", disparity(i) * FOCAL_PX * BASELINE_M * 256)
        files.append((photo(folder / "colored_0" / f"{name}.jpg", i), source))
        columns = f"{known}/{name}.png," if i % 2 else f",{known}/{name}.png"
        lines.append(f"colored_0/{name}.jpg,{columns},{FOCAL_PX},{BASELINE_M},{scene}")
    table(folder / "pairs.csv", "left,disparity_occ,disparity_noc,focal_px,baseline_m,drive", lines)
    return files


def kitti_depth(root: Path, scenes: Sequence[str]) -> Files:
    folder, files, lines = root / "kitti_depth", [], []
    for i, scene in enumerate(scenes):
        rgb, annotated = f"{scene}/rgb/{i:010d}.jpg", f"{scene}/depth_annotated/{i:010d}.png"
        files.append((photo(folder / rgb, i), png16(folder / annotated, depth(i) * 256)))
        lines.append(f"{rgb},{annotated},{scene}")
    table(folder / "frames.csv", "rgb,depth_annotated,drive", lines)
    return files


def kitti_object_lidar(root: Path, scenes: Sequence[str]) -> Files:
    folder = root / "kitti_object_lidar"
    files = [
        (
            photo(folder / f"training_{i:06d}" / "rgb.jpg", i),
            png16(folder / f"training_{i:06d}" / "depth_velodyne.png", depth(i) * 256),
        )
        for i in range(len(scenes))
    ]
    table(folder / "frames.csv", "frame", [f"training_{i:06d}" for i in range(len(scenes))])
    return files


def collected(name: str, kind: Kind, root: Path, scenes: Sequence[str]) -> Files:
    folder, files, lines = root / "more" / name, [], []
    for i, scene in enumerate(scenes):
        inverse = disparity(i)
        shifted = np.where(inverse > 0, 1000 + 60_000 * (inverse - 0.1), 0)
        values = {Kind.ABSOLUTE: depth(i) * 1000, Kind.UTS: inverse * 60_000, Kind.UTSS: shifted}[kind]
        files.append((photo(folder / f"{i:03d}.jpg", i), png16(folder / f"{i:03d}.png", values)))
        lines.append(f'{i:03d},{kind.value},"{scene}: what, where",train,someone/something@0:{i}.jpg')
    header = "name,kind,meaning,use,source"
    table(folder / "index.csv", header, [*lines, f'900,{kind.value},"elsewhere: x",test,a/b'])
    return files


def _collected(name: str, kind: Kind) -> Layout:
    return Layout(partial(collected, name, kind), kind)


LAYOUTS: dict[str, Layout] = {
    "nyu": Layout(nyu, Kind.ABSOLUTE, rim=(8, 8, 8, 8)),
    "nyu_sync": Layout(nyu_sync, Kind.ABSOLUTE, 480, 640, rim=(43, 45, 32, 8)),
    "diml": Layout(diml, Kind.ABSOLUTE),
    "megadepth": Layout(megadepth, Kind.UTS),
    "redweb": Layout(redweb, Kind.UTSS),
    "movies": Layout(movies, Kind.UTSS),
    "own": Layout(own, Kind.ABSOLUTE),
    "kitti2015": Layout(kitti2015, Kind.ABSOLUTE),
    "kitti2012": Layout(kitti2012, Kind.ABSOLUTE),
    "kitti_depth": Layout(kitti_depth, Kind.ABSOLUTE),
    "kitti_object_lidar": Layout(kitti_object_lidar, Kind.ABSOLUTE),
    "stereo_photo": _collected("stereo_photo", Kind.UTSS),
    "mvs_outdoor": _collected("mvs_outdoor", Kind.UTS),
    "mvs_indoor": _collected("mvs_indoor", Kind.UTS),
    "mvs2_outdoor": _collected("mvs2_outdoor", Kind.UTS),
    "mvs2_indoor": _collected("mvs2_indoor", Kind.UTSS),
    "rgbd_rooms": _collected("rgbd_rooms", Kind.ABSOLUTE),
    "rgbd_objects": _collected("rgbd_objects", Kind.ABSOLUTE),
    "rgbd_plants": _collected("rgbd_plants", Kind.ABSOLUTE),
    "rgbd_synth": _collected("rgbd_synth", Kind.UTS),
    "tabletop": _collected("tabletop", Kind.ABSOLUTE),
    "street": _collected("street", Kind.ABSOLUTE),
    "rendered": _collected("rendered", Kind.UTS),
    "phone": _collected("phone", Kind.UTSS),
    "portrait": _collected("portrait", Kind.UTSS),
    "lidar_phone": _collected("lidar_phone", Kind.ABSOLUTE),
}
