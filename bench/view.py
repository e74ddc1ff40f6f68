"""`python -m bench.view photo.jpg`: depth map, point cloud, and a view of the cloud from the side."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from export.manifest import VERSION

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from export.fit import Fit
    from export.runners import Runner

EXIT_BAD_INPUT = 2
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
# The first of these that an artifact folder holds is run.
ROLES = ("tflite_int8", "tflite_float32", "onnx", "coreml")
FULL_FRAME_MM = 36.0
EXIF_IFD, FOCAL_LENGTH_35MM = 0x8769, 0xA405


class UsageError(ValueError):
    """Options that do not go together; the message is one line for the user."""


@dataclass(frozen=True)
class Network:
    """A runner, how photos get into it, and what to call it."""

    runner: Runner
    fit: Fit
    title: str


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="python -m bench.view",
        description="Write the depth map (16-bit PNG and colours), the point cloud (PLY) and a view of "
        "the cloud from the side for each photo.",
    )
    p.add_argument("photos", nargs="+", type=Path, metavar="IMAGE|FOLDER")
    p.add_argument("--model", default="lite0", metavar="NAME", help="folder of artifacts (default: lite0)")
    p.add_argument("--file", type=Path, metavar="FILE", help="an exported file or a checkpoint instead")
    p.add_argument(
        "--artifacts", type=Path, default=Path("artifacts"), metavar="DIR", help="default: artifacts"
    )
    p.add_argument(
        "--fov", type=float, metavar="DEG", help="horizontal field of view; default: EXIF, else 60"
    )
    p.add_argument("--npy", action="store_true", help="log-disparity too, float32, at the photo's size")
    p.add_argument("--out", type=Path, default=Path("views"), metavar="DIR", help="default: views")
    p.add_argument("--version", action="version", version=f"plumb-depth {VERSION}")
    return p


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    from bench.testsets.shot import DataError
    from export.manifest import ArtifactError
    from export.runners import RunnerError
    from training.models import ModelError

    try:
        photos = list(found(options.photos))
        network = chosen(options)
        for photo in photos:
            view(photo, network, options)
    except (UsageError, DataError, ArtifactError, RunnerError, ModelError) as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except OSError as error:
        print(f"error: {error.filename or options.out}: {error.strerror or error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    return 0


def found(paths: Sequence[Path]) -> Iterator[Path]:
    """Photos as given, and those in the folders given; UsageError for a folder without any."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
        if not inside:
            raise UsageError(f"{path}: holds no photo ({', '.join(SUFFIXES)})")
        yield from inside


def chosen(options: argparse.Namespace) -> Network:
    """The file to run: --file, else of the artifacts, else the shipped checkpoint."""
    from export import manifest, runners

    if options.fov is not None and not 1 <= options.fov < 180:
        raise UsageError(f"--fov {options.fov:g}: from 1 to below 180 degrees")
    if options.file:
        beside = options.file.parent
        fit = manifest.read(beside).fit if (beside / manifest.NAME).is_file() else manifest.Fit()
        return Network(runners.load(options.file), fit, str(options.file))
    folder = options.artifacts / options.model
    if (folder / manifest.NAME).is_file():
        model = manifest.read(folder)
        role = next((r for r in ROLES if r in model.files), None)
        if role is None:
            raise manifest.ArtifactError(f"{folder}: lists no file that runs here ({', '.join(ROLES)})")
        return Network(runners.load(model.file(role)), model.fit, str(folder / model.files[role].path))
    from training import models

    path = models.shipped(options.model)
    if path is None:
        raise UsageError(f"--model {options.model}: no folder {folder}, and no model of that name")
    return Network(runners.load(path), manifest.Fit(), str(path))


def view(path: Path, network: Network, options: argparse.Namespace) -> None:
    """Write the files of one photo and print their paths."""
    import numpy as np

    from bench.files import write_bytes
    from bench.picture import cloud
    from export import geometry, runners
    from export.fit import placement, published_size, to_network, to_photo

    photo, focal_px, source = read(path, options.fov)
    height, width = photo.shape[:2]
    runner = network.runner
    size = (runner.height, runner.width) if runner.height else published_size(height, width)
    image = to_network(photo, *size, network.fit)
    output = runners.run(runner, image)
    full = to_photo(output, height, width, network.fit)
    box = placement(height, width, *size, network.fit.mode)
    points = geometry.points(output, focal_px, box, (height, width))
    colours = box.cut(image).reshape(-1, 3)
    files = {
        "depth.png": png(geometry.depth_png16(full)),
        "colour.png": png(geometry.colour_map(full)),
        "cloud.ply": geometry.ply_bytes(points, colours),
        "side.png": png(cloud(points, colours, 480, 640)),
    }
    if options.npy:
        content = io.BytesIO()
        np.save(content, full)
        files["log_disparity.npy"] = content.getvalue()
    print(f"{path}: {network.title}, field of view {source}", file=sys.stderr)
    for name, content_bytes in files.items():
        target = options.out / f"{path.stem}_{name}"
        write_bytes(target, content_bytes)
        print(target)


def read(path: Path, fov: float | None) -> tuple[NDArray[np.uint8], float, str]:
    """The upright photo, its focal length in pixels, and where that comes from."""
    import numpy as np
    from PIL import ImageOps

    from bench.testsets.shot import opened
    from export.geometry import DEFAULT_FOV_DEGREES, focal_from_fov

    image = opened(path)
    millimetres = image.getexif().get_ifd(EXIF_IFD).get(FOCAL_LENGTH_35MM)
    photo = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    width = photo.shape[1]
    if fov is not None:
        return photo, focal_from_fov(width, fov), f"{fov:g}° as given"
    if millimetres:
        # 35 mm equivalents refer to the longer side of the photo.
        focal = float(millimetres) / FULL_FRAME_MM * max(photo.shape[:2])
        return photo, focal, f"from EXIF ({float(millimetres):g} mm)"
    return photo, focal_from_fov(width, DEFAULT_FOV_DEGREES), f"{DEFAULT_FOV_DEGREES:g}° assumed (--fov)"


def png(pixels: NDArray[Any]) -> bytes:
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
