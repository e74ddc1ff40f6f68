"""model.json: the only thing that apps and the benchmark know of a model.

The JSON schema is export/model.schema.json; Python, Kotlin and Swift are tested against the same
good and bad examples. NumPy is not needed here, nor a schema library: a board reads it too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
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
DTYPES = ("float32", "float16", "int8", "uint8", "image")


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
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: no such file; python -m export.all writes it") from error
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path}: not JSON that can be read ({error})") from error
    return parse(values, folder)


def parse(values: Any, folder: Path) -> Manifest:
    """`values` of a model.json as a Manifest; ArtifactError names the first key that is wrong."""
    source = folder / NAME
    top = _Object(values, str(source), "")
    if (version := top.number("format")) != FORMAT:
        raise ArtifactError(f"{source}: format {version} is not known here (known: {FORMAT})")
    image, output = top.object("input"), top.object("output")
    fit = image.object("fit")
    _require(image.text("channels") == "RGB", source, "input.channels", "RGB")
    _require(image.values.get("range") == [0, 255], source, "input.range", "[0, 255]")
    _require(fit.text("mode") in FIT_MODES, source, "input.fit.mode", " or ".join(FIT_MODES))
    _require(fit.text("resample") == "bilinear", source, "input.fit.resample", "bilinear")
    _require(output.text("kind") == "log_disparity", source, "output.kind", "log_disparity")
    height, width = image.number("height"), image.number("width")
    same = (output.number("height"), output.number("width")) == (height, width)
    _require(same, source, "output.height, output.width", "those of the input")
    _require(
        height % 32 == width % 32 == 0 < min(height, width),
        source,
        "input.height, input.width",
        "multiples of 32",
    )
    files = top.object("files")
    top.object("exporter").object("versions")
    return Manifest(
        folder=folder,
        name=top.text("name"),
        title=top.text("title"),
        version=top.text("version"),
        height=height,
        width=width,
        fit=Fit(fit.text("mode"), "bilinear", fit.colour("pad")),
        files={role: _file(files.object(role)) for role in files.values},
        params=top.number("params"),
        madds=top.number("madds"),
        licence=top.text("licence"),
        trained_on=top.texts("trained_on"),
        accuracy=values.get("accuracy", {}),
        madds_by_layer=values.get("madds_by_layer", {}),
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


def _file(entry: _Object) -> File:
    path, sha256 = entry.text("path"), entry.text("sha256")
    parts = PurePosixPath(path).parts
    plain = bool(parts) and not path.startswith("/") and ".." not in parts and "\\" not in path
    _require(plain, entry.source, f"{entry.where}path", "a path inside the folder")
    hexadecimal = len(sha256) == 64 and set(sha256) <= set("0123456789abcdef")
    _require(hexadecimal, entry.source, f"{entry.where}sha256", "64 hexadecimal digits")
    inputs, outputs = entry.object("input"), entry.object("output")
    for tensor in (inputs, outputs):
        _require(tensor.text("dtype") in DTYPES, entry.source, f"{tensor.where}dtype", ", ".join(DTYPES))
    return File(path, sha256, entry.number("size_bytes"), inputs.values, outputs.values)


def _require(condition: bool, source: object, key: str, allowed: str) -> None:
    if not condition:
        raise ArtifactError(f"{source}: '{key}' must be {allowed}")


class _Object:
    """A JSON object whose members are asked for by type; ArtifactError names what is not there."""

    def __init__(self, values: Any, source: str, where: str) -> None:
        self.source, self.where = source, where
        if not isinstance(values, dict):
            raise ArtifactError(f"{source}: '{where.rstrip('.') or 'the whole'}' must be an object")
        self.values: dict[str, Any] = values

    def object(self, key: str) -> _Object:
        return _Object(self._get(key, dict, "an object"), self.source, f"{self.where}{key}.")

    def text(self, key: str) -> str:
        value: str = self._get(key, str, "a text")
        return value

    def number(self, key: str) -> int:
        value: int = self._get(key, int, "a whole number of 0 or more")
        _require(value is not True and value is not False and value >= 0, self.source,
                 f"{self.where}{key}", "a whole number of 0 or more")  # fmt: skip
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._get(key, list, "a list of texts")
        _require(all(isinstance(v, str) for v in value), self.source, f"{self.where}{key}", "a list of texts")
        return tuple(value)

    def colour(self, key: str) -> tuple[int, int, int]:
        value = self._get(key, list, "three numbers, 0…255")
        good = len(value) == 3 and all(type(v) is int and 0 <= v <= 255 for v in value)
        _require(good, self.source, f"{self.where}{key}", "three whole numbers, 0…255")
        return (value[0], value[1], value[2])

    def _get(self, key: str, kind: type, what: str) -> Any:
        if key not in self.values:
            raise ArtifactError(f"{self.source}: '{self.where}{key}' is missing")
        _require(isinstance(self.values[key], kind), self.source, f"{self.where}{key}", what)
        return self.values[key]
