"""`python -m tests.ios.reference OUT`: what the Swift tests compare with, as Python computes it.

OUT/artifact: an exported folder (a small one is exported, unless --artifact names another), its pictures
also as raw bytes: Swift on Linux has no PNG decoder. OUT/cases: photos and maps of many shapes, with what
export/fit.py, export/geometry.py and Pillow make of them. cases.json says what each is.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from export import fit, geometry
from export.manifest import Fit

MODEL, SIZE = "mn", "64x96"
EXIF_ORIENTATION = 0x0112
PAD = (124, 116, 104)
# Photo and network, height × width: enlarged and shrunk, by one rule on one side and another on the other.
FITS = (
    ((48, 64), (96, 96)), ((300, 70), (96, 64)), ((64, 96), (64, 96)), ((97, 201), (32, 160)),
    ((3, 500), (64, 64)), ((128, 128), (64, 64)), ((129, 257), (64, 128)), ((1, 1), (32, 32)),
)  # fmt: skip
# Box and photo, height × width; focal length in pixels, or none.
CLOUDS = (((64, 96), (64, 96), None), ((40, 96), (480, 1152), 900.5), ((64, 51), (1000, 801), 700.0))


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    out: Path = options.out
    shutil.rmtree(out, ignore_errors=True)
    (out / "cases").mkdir(parents=True)
    if options.artifact:
        shutil.copytree(options.artifact, out / "artifact")
    else:
        export(out / "artifact")
    add_raw(out / "artifact")
    record = {name: list(cases(out / "cases")) for name, cases in CASES.items()}
    (out / "cases.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="python -m tests.ios.reference", description=__doc__)
    p.add_argument("out", type=Path, metavar="OUT")
    p.add_argument("--artifact", type=Path, metavar="DIR", help=f"default: {MODEL} at {SIZE} is exported")
    return p


def export(folder: Path) -> None:
    """The small model's folder, as `python -m export.all` writes it."""
    from export import all as export_all

    with tempfile.TemporaryDirectory() as work:
        options = ["--model", MODEL, "--size", SIZE, "--target", "coreml", "--out", work]
        status = export_all.main(options)
        if status:
            raise SystemExit(status)
        shutil.copytree(Path(work) / f"{MODEL}@{SIZE}", folder)


def add_raw(artifact: Path) -> None:
    """golden/*.png as RGB bytes, and the model.json that lies inside each Core ML package."""
    golden = artifact / "golden"
    for name in ("input", "frame"):
        picture = np.asarray(Image.open(golden / f"{name}.png").convert("RGB"))
        (golden / f"{name}.rgb").write_bytes(picture.tobytes())
        (golden / f"{name}.json").write_text(json.dumps(picture.shape[:2]))
    for package in artifact.glob("*.mlpackage"):
        (artifact / f"{package.stem}.embedded.json").write_text(embedded(package), encoding="utf-8")


def embedded(package: Path) -> str:
    """The model.json in a package, after its interface was found to be the one that the app demands."""
    from export.runners.quiet import quiet_coremltools

    with quiet_coremltools():
        import coremltools
    (spec,) = package.rglob("*.mlmodel")
    model = coremltools.proto.Model_pb2.Model.FromString(spec.read_bytes())
    text = str(model.description.metadata.userDefined["model.json"])
    size = [json.loads(text)["input"][side] for side in ("height", "width")]
    (image,), (output,) = model.description.input, model.description.output
    array = output.type.multiArrayType
    found = (image.name, image.type.imageType.height, image.type.imageType.width,
             output.name, list(array.shape), array.ArrayDataType.Name(array.dataType))  # fmt: skip
    if found != ("image", *size, "log_disparity", [1, 1, *size], "FLOAT32"):
        raise SystemExit(f"error: {package.name}: the app refuses such an interface: {found}")
    return text


# ---------------------------------------------------------------- cases


def picture(height: int, width: int) -> NDArray[np.uint8]:
    """Noise on waves: every pixel differs from its neighbours."""
    y, x = np.mgrid[:height, :width]
    waves = np.stack([np.sin(x / 7) + np.cos(y / 5), np.cos(x / 11 - y / 3), np.sin((x + 2 * y) / 9)], axis=2)
    noise = np.random.default_rng(height * 1000 + width).integers(-60, 61, (height, width, 3))
    return np.clip(128 + 60 * waves + noise, 0, 255).astype(np.uint8)


def log_disparity(height: int, width: int) -> NDArray[np.float32]:
    return np.random.default_rng(height * 1000 + width).normal(0, 0.7, (height, width)).astype(np.float32)


def put(folder: Path, name: str, array: NDArray[Any]) -> str:
    (folder / name).write_bytes(array.astype(array.dtype.newbyteorder("<")).tobytes())
    return name


def fits(folder: Path) -> Iterator[dict[str, Any]]:
    for i, (photo_size, size) in enumerate(FITS):
        photo = picture(*photo_size)
        for mode in ("stretch", "letterbox"):
            how = Fit(mode, pad=PAD)
            box = fit.placement(*photo_size, *size, mode)
            yield {
                "photo": put(folder, f"photo_{i}.rgb", photo),
                "photo_size": photo_size,
                "size": size,
                "mode": mode,
                "pad": PAD,
                "box": [box.top, box.left, box.height, box.width],
                "network": put(folder, f"network_{i}_{mode}.rgb", fit.to_network(photo, *size, how)),
                "map": put(folder, f"map_{i}.f32", log_disparity(*size)),
                "photo_map": put(
                    folder, f"photo_map_{i}_{mode}.f32", fit.to_photo(log_disparity(*size), *photo_size, how)
                ),
            }


def orientations(folder: Path) -> Iterator[dict[str, Any]]:
    stored = picture(20, 30)
    for orientation in range(1, 9):
        image = Image.fromarray(stored)
        image.getexif()[EXIF_ORIENTATION] = orientation
        upright = np.asarray(ImageOps.exif_transpose(image))
        yield {
            "exif": orientation,
            "stored": put(folder, "stored.rgb", stored),
            "stored_size": stored.shape[:2],
            "upright": put(folder, f"upright_{orientation}.rgb", upright),
            "upright_size": upright.shape[:2],
        }


def clouds(folder: Path) -> Iterator[dict[str, Any]]:
    height, width = 64, 96
    output, colours = log_disparity(height, width), picture(height, width)
    for i, ((h, w), photo, focal) in enumerate(CLOUDS):
        box = fit.Box((height - h) // 2, (width - w) // 2, h, w)
        cloud = geometry.points(output, focal, box, photo)
        ply = geometry.ply_bytes(cloud, box.cut(colours).reshape(-1, 3))
        yield {
            "map": put(folder, "cloud.f32", output),
            "picture": put(folder, "cloud.rgb", colours),
            "size": (height, width),
            "box": [box.top, box.left, h, w],
            "photo_size": photo,
            "focal_px": focal,
            "points": put(folder, f"points_{i}.f32", cloud),
            "ply": put(folder, f"cloud_{i}.ply", np.frombuffer(ply, np.uint8)),
        }


def pictures_of_depth(folder: Path) -> Iterator[dict[str, Any]]:
    holes = log_disparity(40, 50)
    holes[3:5, 7:20], holes[0, 0], holes[1, 1] = np.nan, np.inf, -np.inf
    maps = {
        "plain": log_disparity(64, 96), "holes": holes, "flat": np.full((5, 7), 0.25, np.float32),
        "nothing": np.full((4, 6), np.nan, np.float32), "one": np.zeros((1, 1), np.float32),
        "wide": np.linspace(-40, 40, 300, dtype=np.float32).reshape(10, 30),
    }  # fmt: skip
    for name, output in maps.items():
        for limits in (None, (-0.5, 0.75)):
            suffix = "" if limits is None else "_limits"
            yield {
                "name": name,
                "map": put(folder, f"depth_{name}.f32", output),
                "size": output.shape,
                "limits": limits,
                "colours": put(folder, f"colours_{name}{suffix}.rgb", geometry.colour_map(output, limits)),
                "depth16": put(folder, f"depth_{name}.u16", geometry.depth_png16(output)),
            }


CASES = {"fits": fits, "orientations": orientations, "clouds": clouds, "depth": pictures_of_depth}

if __name__ == "__main__":
    sys.exit(main())
