"""model.json: the only thing that apps and the benchmark know of a model.

The JSON schema is export/model.schema.json; Python, Kotlin and Swift are tested against the same
good and bad examples. NumPy is not needed here, nor a schema library: a board reads it too.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training import __version__ as VERSION

__all__ = [
    "VERSION",
    "ArtifactError",
    "File",
    "Fit",
    "Manifest",
    "digest",
    "embedded",
    "parse",
    "read",
    "size",
]

FORMAT = 1
NAME = "model.json"
FIT_MODES = ("stretch", "letterbox")
# What files are made for unless asked: where the shipped networks score best (docs/starter-weights.md).
DEFAULT_SIZE, DEFAULT_FIT = (320, 320), "letterbox"
# The smaller side of a photo that suits them where the network takes any size, px.
SHIPPED_SIDE = 256
DTYPES = ("float32", "float16", "int8", "uint8", "image")
QUANTIZED = ("int8", "uint8")  # these need a scale and a zero point
# No part begins with a dot, none holds a backslash or a colon: such a path cannot leave the folder.
PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
SHA256 = re.compile(r"[0-9a-f]{64}")


class ArtifactError(RuntimeError):
    """An exported file or folder that must not be used; the message is one line for the user."""


@dataclass(frozen=True)
class File:
    """One exported file: path in the folder, hash, bytes; input and output as the manifest has them."""

    path: str
    sha256: str
    size_bytes: int
    input: Mapping[str, Any]
    output: Mapping[str, Any]


@dataclass(frozen=True)
class Fit:
    """How a photo gets into the network: see export/fit.py. pad: ImageNet's mean colour."""

    mode: str = "stretch"
    resample: str = "bilinear"
    pad: tuple[int, int, int] = (124, 116, 104)


@dataclass(frozen=True)
class Manifest:
    """A model.json that was read and found complete. folder: where it lies."""

    folder: Path
    name: str
    title: str
    version: str
    height: int
    width: int
    fit: Fit
    files: Mapping[str, File]
    params: int
    madds: int
    licence: str
    trained_on: tuple[str, ...]
    accuracy: Mapping[str, Any]
    madds_by_layer: Mapping[str, int]

    def file(self, role: str) -> Path:
        """The file of `role`, after its size and hash were checked. ArtifactError otherwise."""
        if role not in self.files:
            raise ArtifactError(f"{self.folder / NAME}: has no file '{role}' ({', '.join(self.files)})")
        entry, path = self.files[role], self.folder / self.files[role].path
        if not path.exists():
            raise ArtifactError(f"{path}: is missing, though {NAME} lists it; export the model again")
        if size(path) != entry.size_bytes or digest(path) != entry.sha256:
            raise ArtifactError(f"{path}: is not the file that {NAME} lists (its SHA-256 differs)")
        return path


def read(folder: Path) -> Manifest:
    """The manifest of an artifact folder. ArtifactError with one line for anything not as it should be."""
    path = folder / NAME
    try:
        values = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: no such file; python -m export.all writes it") from error
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path}: not JSON that can be read ({error})") from error
    return parse(values, folder)


def parse(values: Any, folder: Path) -> Manifest:
    """`values` of a model.json as a Manifest; ArtifactError names the first key that is wrong."""
    top = _Object(values, str(folder / NAME), "")
    if (version := top.number("format")) != FORMAT:
        raise ArtifactError(f"{top.source}: format {version} is not known here (known: {FORMAT})")
    image, files = top.object("input"), top.object("files")
    height, width = _sides(image, top.object("output"))
    versions = top.object("exporter").object("versions")
    accuracy, layers = top.object("accuracy", {}), top.object("madds_by_layer", {})
    for package in versions.values:
        versions.text(package)
    return Manifest(
        folder=folder,
        name=top.text("name"),
        title=top.text("title"),
        version=top.text("version"),
        height=height,
        width=width,
        fit=_fit(image.object("fit")),
        files={role: _file(files.object(role)) for role in files.values},
        params=top.number("params"),
        madds=top.number("madds"),
        licence=top.text("licence"),
        trained_on=top.texts("trained_on"),
        accuracy={name: _scores(accuracy.object(name)) for name in accuracy.values},
        madds_by_layer={kind: layers.number(kind) for kind in layers.values},
    )


def embedded(values: Mapping[str, Any]) -> dict[str, Any]:
    """The copy that goes inside a .mlpackage, TFLite or ONNX file: without `files`."""
    return {key: value for key, value in values.items() if key != "files"}


def digest(path: Path) -> str:
    """SHA-256 of a file; of a folder, that of its sorted lines `path sha256`."""
    if path.is_dir():
        members = sorted(p for p in path.rglob("*") if p.is_file())
        lines = [f"{p.relative_to(path).as_posix()} {digest(p)}" for p in members]
        return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    if path.is_dir():
        return sum(p.stat().st_size for p in path.rglob("*") if p.is_file())
    return path.stat().st_size


def _sides(image: _Object, output: _Object) -> tuple[int, int]:
    """Height and width, after `input` and `output` were checked, but for the fit."""
    colours = image.get("range", list, "[0, 255]")
    image.need(image.text("channels") == "RGB", "channels", "RGB")
    image.need(colours == [0, 255] and not any(isinstance(c, bool) for c in colours), "range", "[0, 255]")
    output.need(output.text("kind") == "log_disparity", "kind", "log_disparity")
    for sides, key in ((image, "height"), (image, "width"), (output, "height"), (output, "width")):
        side = sides.number(key)
        sides.need(side >= 32 and side % 32 == 0, key, "a multiple of 32")
        output.need(side == image.number(key), key, f"that of the input, {image.values[key]}")
    return image.number("height"), image.number("width")


def _fit(fit: _Object) -> Fit:
    mode, resample = fit.text("mode"), fit.text("resample")
    fit.need(mode in FIT_MODES, "mode", " or ".join(FIT_MODES))
    fit.need(resample == "bilinear", "resample", "bilinear")
    return Fit(mode, resample, fit.colour("pad"))


def _file(entry: _Object) -> File:
    path, sha256 = entry.text("path"), entry.text("sha256")
    entry.need(PATH.fullmatch(path) is not None, "path", "a path inside the folder: A-Z a-z 0-9 _ . - and /")
    entry.need(SHA256.fullmatch(sha256) is not None, "sha256", "64 hexadecimal digits, lower case")
    inputs, outputs = (_tensor(entry.object(end)) for end in ("input", "output"))
    return File(path, sha256, entry.number("size_bytes"), inputs, outputs)


def _tensor(tensor: _Object) -> Mapping[str, Any]:
    dtype = tensor.text("dtype")
    tensor.need(dtype in DTYPES, "dtype", ", ".join(DTYPES))
    if dtype in QUANTIZED or "scale" in tensor.values:
        tensor.need(tensor.real("scale") > 0, "scale", "a number above 0")
    if dtype in QUANTIZED or "zero_point" in tensor.values:
        zero = tensor.real("zero_point")
        tensor.need(_whole(zero) and -128 <= zero <= 255, "zero_point", "a whole number, -128…255")
    return tensor.values


def _scores(scores: _Object) -> Mapping[str, float]:
    return {metric: scores.real(metric) for metric in scores.values}


def _whole(value: Any) -> bool:
    """As JSON Schema has it: 384 and 384.0 are whole numbers, true is none."""
    return type(value) is int or (isinstance(value, float) and value.is_integer())


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


class _Object:
    """A JSON object whose members are asked for by type; ArtifactError names what is not there."""

    def __init__(self, values: Any, source: str, where: str) -> None:
        self.source, self.where = source, where
        if not isinstance(values, dict):
            raise ArtifactError(f"{source}: '{where.rstrip('.') or 'the whole'}' must be an object")
        self.values: dict[str, Any] = values

    def object(self, key: str, default: dict[str, Any] | None = None) -> _Object:
        if default is not None and key not in self.values:
            return _Object(default, self.source, f"{self.where}{key}.")
        return _Object(self.get(key, dict, "an object"), self.source, f"{self.where}{key}.")

    def text(self, key: str) -> str:
        value: str = self.get(key, str, "a text")
        return value

    def number(self, key: str) -> int:
        value = self.real(key)
        self.need(_whole(value) and value >= 0, key, "a whole number of 0 or more")
        return int(value)

    def real(self, key: str) -> float:
        value: float = self.get(key, (int, float), "a number")
        self.need(not isinstance(value, bool), key, "a number")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.get(key, list, "a list of texts")
        self.need(all(isinstance(v, str) for v in value), key, "a list of texts")
        return tuple(value)

    def colour(self, key: str) -> tuple[int, int, int]:
        value = self.get(key, list, "three whole numbers, 0…255")
        good = len(value) == 3 and all(_whole(v) and 0 <= v <= 255 for v in value)
        self.need(good, key, "three whole numbers, 0…255")
        return (int(value[0]), int(value[1]), int(value[2]))

    def get(self, key: str, kind: type | tuple[type, ...], what: str) -> Any:
        if key not in self.values:
            raise ArtifactError(f"{self.source}: '{self.where}{key}' is missing")
        self.need(isinstance(self.values[key], kind), key, what)
        return self.values[key]

    def need(self, condition: bool, key: str, allowed: str) -> None:
        if not condition:
            raise ArtifactError(f"{self.source}: '{self.where}{key}' must be {allowed}")
