"""`python -m bench.view photo.jpg`: depth map, point cloud, and a view of the cloud from the side."""

from __future__ import annotations

import argparse
import io
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.command import Parser
from export.manifest import VERSION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.photo import Photo
    from export.fit import Fit
    from export.runners import Runner

EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_TERMINATED = 2, 130, 143
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
# The first of these that an artifact folder holds is run.
ROLES = ("tflite_int8", "tflite_float32", "onnx", "coreml")
# Where the network takes any size, a long strip of a photo would ask for all memory there is.
MAX_NETWORK_PIXELS = 16 * 384 * 384
SIDE_VIEW = (480, 640)


class UsageError(ValueError):
    """Options that do not go together; the message is one line for the user."""


@dataclass(frozen=True)
class Network:
    """A runner, how photos get into it, and what to call it. side: the photo's smaller side where the
    network takes any size; None: the published protocol's.
    """

    runner: Runner
    fit: Fit
    title: str
    side: int | None = None


def parser() -> argparse.ArgumentParser:
    p = Parser(
        prog="python -m bench.view",
        description="Write the depth map (16-bit PNG and colours), the point cloud (PLY) and a view of "
        "the cloud from the side for each photo.",
    )
    p.add_argument("photos", nargs="+", type=Path, metavar="IMAGE|FOLDER")
    network = p.add_mutually_exclusive_group()
    network.add_argument(
        "--model", default="lite0", metavar="NAME", help="folder of artifacts (default: lite0)"
    )
    network.add_argument("--file", type=Path, metavar="FILE", help="an exported file or a checkpoint instead")
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
    try:
        run(parser().parse_args(argv))
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except user_errors() as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except OSError as error:
        print(f"error: {error.filename or 'output'}: {error.strerror or error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    return 0


def user_errors() -> tuple[type[Exception], ...]:
    from bench.testsets.shot import DataError
    from export.manifest import ArtifactError
    from export.runners import RunnerError
    from training.models import ModelError

    return UsageError, DataError, ArtifactError, RunnerError, ModelError


def run(options: argparse.Namespace) -> None:
    from bench.photo import read

    if options.fov is not None and not 1 <= options.fov < 180:
        raise UsageError(f"--fov {options.fov:g}: from 1 to below 180 degrees")
    photos = found(options.photos)
    network = chosen(options)
    for path in photos:
        photo = read(path, options.fov)
        files = views(path, photo, network, options.npy)
        print(f"{path}: {network.title}, field of view {photo.source}", file=sys.stderr)
        write(files, options.out, path.stem)


def found(paths: Sequence[Path]) -> list[Path]:
    """Photos as given, and those in the folders given.

    UsageError for a path or folder without any, and for two whose results would have the same names.
    """
    photos: dict[str, Path] = {}
    for path in paths:
        inside = (
            sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
        )
        if not inside:
            raise UsageError(f"{path}: holds no photo ({', '.join(SUFFIXES)})")
        for photo in inside:
            if not photo.exists():
                raise UsageError(f"{photo}: no such file")
            other = photos.setdefault(photo.stem, photo)
            if other != photo:
                raise UsageError(
                    f"{other} and {photo}: their results would overwrite each other; view one "
                    "at a time, each with its own --out"
                )
    return list(photos.values())


def chosen(options: argparse.Namespace) -> Network:
    """The file to run: --file, else of the artifacts, else the shipped checkpoint."""
    from export import manifest, runners

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
        raise UsageError(
            f"--model {options.model}: no folder {folder}, and no model of that name "
            f"({', '.join(models.NAMES)})"
        )
    return Network(runners.load(path), manifest.Fit(), str(path), manifest.SHIPPED_SIDE)


def views(path: Path, photo: Photo, network: Network, npy: bool) -> dict[str, bytes]:
    """File name ending → content: the maps at the photo's size, the cloud at the network's."""
    import numpy as np

    from bench.picture import cloud
    from export import geometry, runners
    from export.fit import placement, to_network, to_photo

    height, width = photo.pixels.shape[:2]
    size = network_size(path, height, width, network)
    image = to_network(photo.pixels, *size, network.fit)
    output = runners.run(network.runner, image)
    if not np.isfinite(output).all():
        raise runners.RunnerError(f"{network.title}: its output for {path} is not finite; the file is broken")
    full = to_photo(output, height, width, network.fit)
    box = placement(height, width, *size, network.fit.mode)
    points = geometry.points(output, photo.focal_px, box, (height, width))
    colours = box.cut(image).reshape(-1, 3)
    files = {
        "depth.png": png(geometry.depth_png16(full)),
        "colour.png": png(geometry.colour_map(full)),
        "cloud.ply": geometry.ply_bytes(points, colours),
        "side.png": png(cloud(points, colours, *SIDE_VIEW)),
    }
    if npy:
        content = io.BytesIO()
        np.save(content, full)
        files["log_disparity.npy"] = content.getvalue()
    return files


def network_size(path: Path, height: int, width: int, network: Network) -> tuple[int, int]:
    """The size the file takes; where it takes any, as the published protocol has it for this photo."""
    from export.fit import SIDE, published_size

    if network.runner.height:
        return network.runner.height, network.runner.width
    size = published_size(height, width, network.side or SIDE)
    if size[0] * size[1] > MAX_NETWORK_PIXELS:
        raise UsageError(f"{path}: {width}×{height} is too long a strip (sides up to 16 : 1); crop it")
    return size


def write(files: Mapping[str, bytes], folder: Path, stem: str) -> None:
    """Write each file whole, and print its path."""
    from bench.files import write_bytes

    for name, content in files.items():
        target = folder / f"{stem}_{name}"
        write_bytes(target, content)
        print(target)


def png(pixels: NDArray[Any]) -> bytes:
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


if __name__ == "__main__":
    # Ended from outside, a temporary file is still removed.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(EXIT_TERMINATED))
    raise SystemExit(main())
