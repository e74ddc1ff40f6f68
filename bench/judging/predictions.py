"""Predictions on disk: made once by a network, scored as often as one likes.

A store is a folder for one file under one protocol on one set: `photos.jsonl` with a line an image,
`NNNNNN.npy` with its output (float32, without padding). Of a set of point pairs the line holds the values
at the two points, and there is no map. An interrupted pass goes on where it ended.
"""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.files import write_bytes, write_text
from bench.judging import scoring
from bench.judging.ahead import ahead
from bench.judging.protocol import Protocol
from bench.testsets.shot import DataError, Shots
from export.runners import Runner

INDEX, ABOUT = "photos.jsonl", "about.json"
WRITTEN_AHEAD = 8
Map = NDArray[np.float32]


@dataclass(frozen=True)
class Entry:
    """One image that was predicted: the photo's size; values: see `scoring.pair_values`, pairs alone."""

    height: int
    width: int
    values: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Store:
    """The folder of one file, protocol and set, and what lies in it by image index."""

    folder: Path
    entries: dict[int, Entry]

    def output(self, index: int) -> Map:
        """The map of one image. DataError where its file is broken."""
        path = self.folder / f"{index:06d}.npy"
        try:
            output: Map = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(f"{path}: not a prediction that can be read; delete {self.folder}") from error
        return output


@dataclass(frozen=True)
class Pass:
    """A prediction pass: how long the network ran of the whole."""

    images: int
    seconds: float
    busy_seconds: float


@dataclass(frozen=True)
class _Ready:
    index: int
    tensor: NDArray[Any]
    height: int
    width: int


def opened(cache: Path, sha256: str, protocol: Protocol, how: str, name: str, shots: Shots) -> Store:
    """The store of a file (by its hash) on a set; made where there is none. how: what else decides the
    outputs (kind of prediction, normalisation), in words.
    """
    about = {
        "file_sha256": sha256, "protocol": str(protocol), "how": how, "set": name,
        "images": len(shots), "where": str(shots.where), "names_sha256": _hash("\n".join(shots.names)),
    }  # fmt: skip
    folder = cache / f"{sha256[:12]}-{name}-{_hash(json.dumps(about, sort_keys=True))[:12]}"
    if not (folder / ABOUT).is_file():
        write_text(folder / ABOUT, json.dumps(about, indent=1) + "\n")
    return Store(folder, _entries(folder / INDEX))


def predict(
    runner: Runner,
    protocol: Protocol,
    shots: Shots,
    store: Store,
    pairs: bool,
    batch: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> Pass:
    """Run the images that `store` lacks. Photos are decoded and results written beside the network.

    pairs: the set's truth is a pair of points an image. batch: images of one size that go in together
    (runners that take several). progress: called with the number of images done.
    """
    todo = [i for i in range(len(shots)) if i not in store.entries]
    began, busy = time.perf_counter(), 0.0

    def ready(index: int) -> _Ready:
        photo = shots.photo(index)
        return _Ready(index, runner.tensor(_image(shots, index, photo, protocol)), *photo.shape[:2])

    # In this order: what is still to be written when a pass breaks off finds its file open.
    with _appending(store.folder / INDEX) as index_file, ThreadPoolExecutor(1) as writer:
        waiting = []
        for group in _batches(ahead(ready, todo), batch):
            started = time.perf_counter()
            raw = runner.predict(group[0].tensor if batch == 1 else np.concatenate([g.tensor for g in group]))
            busy += time.perf_counter() - started
            for place, one in enumerate(group):
                output = runner.log_disparity(raw[place : place + 1])
                waiting.append(writer.submit(_put, store, shots, protocol, one, output, pairs, index_file))
            while len(waiting) > WRITTEN_AHEAD:
                waiting.pop(0).result()
            progress(len(store.entries))
        for future in waiting:
            future.result()
    return Pass(len(todo), time.perf_counter() - began, busy)


def _image(shots: Shots, index: int, photo: NDArray[np.uint8], protocol: Protocol) -> NDArray[Any]:
    try:
        return protocol.image(photo)
    except ValueError as error:
        raise DataError(f"{shots.place(index)}: {error}") from error


def _batches(images: Iterator[_Ready], batch: int) -> Iterator[list[_Ready]]:
    """Neighbours of one size, up to `batch` together."""
    group: list[_Ready] = []
    for image in images:
        if group and group[0].tensor.shape != image.tensor.shape:
            yield group
            group = []
        group.append(image)
        if len(group) == batch:
            yield group
            group = []
    if group:
        yield group


def _put(
    store: Store, shots: Shots, protocol: Protocol, one: _Ready, output: Map, pairs: bool, index: Any
) -> None:
    """The map first, then its line: a line says that its map is whole."""
    inner = protocol.inner(output, one.height, one.width)
    values = None
    if pairs:
        values = _pair_values(shots, one, inner)
    else:
        content = io.BytesIO()
        np.save(content, np.ascontiguousarray(inner))
        write_bytes(store.folder / f"{one.index:06d}.npy", content.getvalue())
    line = {"i": one.index, "h": one.height, "w": one.width} | ({"v": values} if values else {})
    index.write(json.dumps(line) + "\n")
    index.flush()
    store.entries[one.index] = Entry(one.height, one.width, values)


def _pair_values(shots: Shots, one: _Ready, inner: Map) -> tuple[float, ...]:
    truth = shots.truth(one.index)
    assert truth is not None
    assert truth.pair is not None
    if not np.isfinite(inner).all():
        return (float("nan"),) * 4
    return scoring.pair_values(inner, truth.pair.points, one.height, one.width)


def _appending(path: Path) -> Any:
    """The index, open at the end of its last whole line: an interrupt may have cut one short."""
    if path.is_file():
        content = path.read_bytes()
        if not content.endswith(b"\n"):
            write_bytes(path, content[: content.rfind(b"\n") + 1])
    return path.open("a", encoding="utf-8")


def _entries(path: Path) -> dict[int, Entry]:
    if not path.is_file():
        return {}
    entries = {}
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            try:
                values = json.loads(line)
                entries[int(values["i"])] = Entry(
                    int(values["h"]), int(values["w"]), tuple(values["v"]) if "v" in values else None
                )
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(f"{path}: a line is broken; delete {path.parent}") from error
    return entries


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
