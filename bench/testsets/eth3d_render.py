"""`python -m bench.testsets.eth3d_render eth3d/courtyard … --out DIR`: ETH3D's depth, which is not published.

    SCENE/images/dslr_images_undistorted/NAME.JPG              → DIR/SCENE/NAME.jpg  a quarter of the size
    SCENE/dslr_calibration_undistorted/{cameras,images}.txt
    SCENE/dslr_scan_eval/{scan_alignment.mlp,*.ply}            → DIR/SCENE/NAME.png  16 bits, mm, 0 = none

(`scan_clean` where there is no `dslr_scan_eval`.) Depth along the optical axis, z-buffered
(`rendering.rasterize`), without far sides and gaps (`rendering.visibility`). In memory are the buffers of
VIEWS_AT_ONCE views and one block of points; the scans themselves are memory-mapped. Schöps et al., "A
multi-view stereo benchmark with high-resolution images and multi-camera videos", CVPR 2017.
"""

from __future__ import annotations

import argparse
import io
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.command import Parser
from bench.testsets.shot import DataError
from export.manifest import VERSION

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from bench.testsets.rendering.colmap import Camera, View
    from bench.testsets.rendering.rasterize import Depth, Projection
    from bench.testsets.rendering.scans import Scan

EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_TERMINATED = 2, 130, 143
PUBLISHED_AT = "https://www.eth3d.net/datasets"
IMAGES, CALIBRATION = "images", "dslr_calibration_undistorted"
# The first of these that a scene has is rendered.
SCANS = ("dslr_scan_eval", "scan_clean")
SHRINK = 4
MAX_MM = 65535
# Views whose buffers are in memory together (7 MB each): the scans are read once for all of them.
VIEWS_AT_ONCE = 16
JPEG = {"quality": 95, "subsampling": 0}


@dataclass(frozen=True)
class Scene:
    """name: its folder's · views with the photo of each."""

    name: str
    views: tuple[View, ...]
    photos: tuple[Path, ...]
    scans: tuple[Scan, ...]


def parser() -> argparse.ArgumentParser:
    p = Parser(
        prog="python -m bench.testsets.eth3d_render",
        description="Render ETH3D's laser scans to dense depth: DIR/SCENE/NAME.png (16 bits, millimetres, "
        "0 = none) beside the photo NAME.jpg, both at a quarter of the photo's size. "
        f"The scenes are published at {PUBLISHED_AT}.",
    )
    p.add_argument("scenes", nargs="+", type=Path, metavar="SCENE_FOLDER")
    p.add_argument("--out", type=Path, required=True, metavar="DIR")
    p.add_argument("--version", action="version", version=f"plumb-depth {VERSION}")
    return p


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    try:
        run(options.scenes, options.out)
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except ModuleNotFoundError as error:
        print(f"error: {error.name} is not installed (pip install 'plumb-depth[bench]')", file=sys.stderr)
        return EXIT_BAD_INPUT
    except OSError as error:
        print(f"error: {error.filename or 'output'}: {error.strerror or error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    return 0


def run(folders: Sequence[Path], out: Path) -> None:
    # All are looked at before the first is rendered, which takes minutes.
    scenes = [read_scene(folder) for folder in folders]
    if twice := sorted({s.name for s in scenes if [t.name for t in scenes].count(s.name) > 1}):
        raise DataError(f"{twice[0]}: two scenes of this name; render one at a time, each with its own --out")
    for scene in scenes:
        points = sum(len(scan.vertices) for scan in scene.scans)
        scans = f"{len(scene.scans)} scans of {scene.scans[0].path.parent.name}, {points:,} points"
        print(f"{scene.name}: {len(scene.views)} images, {scans}", file=sys.stderr)
        for photo, camera, depth in rendered(scene):
            print(write(photo, camera, depth, out / scene.name))


def read_scene(folder: Path) -> Scene:
    """Calibration and scans of a scene; DataError names the file that is missing or broken."""
    from bench.testsets.rendering import colmap, scans
    from bench.testsets.shot import inside

    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; scenes are published at {PUBLISHED_AT}")
    cameras = colmap.read_cameras(folder / CALIBRATION / "cameras.txt")
    index = folder / CALIBRATION / "images.txt"
    views = colmap.read_views(index, cameras)
    photos = tuple(inside(folder / IMAGES, view.name) for view in views)
    for photo in photos:
        if not photo.is_file():
            raise DataError(f"{photo}: no such file, but {index} lists it")
    if len({photo.stem for photo in photos}) < len(photos):
        raise DataError(f"{index}: lists two images of the same name")
    places = [folder / name for name in SCANS if (folder / name).is_dir()]
    if not places:
        raise DataError(f"{folder}: holds no scans ({' or '.join(SCANS)}); published at {PUBLISHED_AT}")
    return Scene(folder.resolve().name, views, photos, scans.read_scans(places[0]))


def rendered(scene: Scene) -> Iterator[tuple[Path, Camera, Depth]]:
    """Photo, its camera, and depth in metres at a quarter of the size, infinity = none."""
    from bench.testsets.rendering.visibility import dense

    for start in range(0, len(scene.views), VIEWS_AT_ONCE):
        views = scene.views[start : start + VIEWS_AT_ONCE]
        photos = scene.photos[start : start + VIEWS_AT_ONCE]
        buffers = z_buffers([projection(view) for view in views], scene.scans)
        for view, photo in zip(views, photos, strict=True):
            small = shrunk(view.camera)
            yield photo, view.camera, dense(buffers.pop(0), min(small.fx, small.fy))


def shrunk(camera: Camera) -> Camera:
    return camera.resized(max(1, round(camera.width / SHRINK)), max(1, round(camera.height / SHRINK)))


def projection(view: View) -> Projection:
    """World → pixels of the small picture and of the margin around it."""
    from bench.testsets.rendering.rasterize import Projection
    from bench.testsets.rendering.visibility import MARGIN

    small = shrunk(view.camera)
    return Projection(small.matrix() @ view.pose, small.height, small.width).widened(MARGIN)


def z_buffers(projections: Sequence[Projection], scans: Sequence[Scan]) -> list[Depth]:
    """The nearest point in each pixel of each projection; infinity = none."""
    from bench.testsets.rendering.rasterize import may_see, splat
    from bench.testsets.rendering.scans import blocks

    buffers = [p.blank() for p in projections]
    for scan in scans:
        of_scan = [p.after(scan.to_world) for p in projections]
        for block in blocks(scan):
            for i in may_see(of_scan, block.origin, block.offsets):
                splat(buffers[i], of_scan[i], block.origin, block.offsets)
    return buffers


def write(photo: Path, camera: Camera, depth: Depth, folder: Path) -> Path:
    """NAME.png and then NAME.jpg, each whole; says on stderr what the depth covers. The path of the PNG."""
    from PIL import Image

    from bench.files import write_bytes
    from bench.testsets.shot import opened

    image = opened(photo).convert("RGB")
    if image.size != (camera.width, camera.height):
        size, expected = "×".join(map(str, image.size)), f"{camera.width}×{camera.height}"
        raise DataError(f"{photo}: {size} pixels, but its camera has {expected}; take the undistorted image")
    millimetres, too_far = encoded(depth)
    target = folder / f"{photo.stem}.png"
    write_bytes(target, _bytes(Image.fromarray(millimetres), "PNG"))
    small = image.resize((depth.shape[1], depth.shape[0]), Image.Resampling.BOX)
    write_bytes(target.with_suffix(".jpg"), _bytes(small, "JPEG", **JPEG))
    covered = 100 * (millimetres > 0).mean()
    far = f"; {too_far:,} pixels past {MAX_MM / 1000} m left out" if too_far else ""
    print(f"{target}: {covered:.1f} % of its pixels have depth{far}", file=sys.stderr)
    return target


def encoded(depth: Depth) -> tuple[NDArray[np.uint16], int]:
    """Millimetres, 0 = none, and how many pixels are farther than 16 bits can say, and so are none."""
    import numpy as np

    millimetres = np.round(depth * 1000.0)
    too_far = np.isfinite(depth) & (millimetres > MAX_MM)
    kept = np.where(millimetres <= MAX_MM, millimetres, 0)
    return kept.astype(np.uint16), int(too_far.sum())


def _bytes(image: Image.Image, kind: str, **options: int) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


if __name__ == "__main__":
    # Ended from outside, a temporary file is still removed.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(EXIT_TERMINATED))
    raise SystemExit(main())
