"""What `bench.accuracy` judges: a file, how it is run, and how photos get into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.judging.protocol import Protocol
from bench.plan import UsageError
from export import manifest, runners
from export.fit import SIDE
from export.runners import Runner, RunnerError
from export.runners.foreign import UTSS_ALONE, Foreign, says_its_kind
from export.target import KNOWN

if TYPE_CHECKING:
    from export.manifest import Manifest


@dataclass(frozen=True)
class Way:
    """What the options say of all files. size None: what each file takes, else the published protocol with
    this smaller side.
    """

    size: tuple[int, int] | None = None
    fit: str | None = None
    foreign: Foreign | None = None
    threads: int = 1
    device: str = "cpu"
    side: int = SIDE


@dataclass(frozen=True)
class Subject:
    """One file. load() gives its runner and protocol; how: the rest that decides its outputs, in words."""

    path: Path
    model: str
    target: str
    variant: str
    trained_on: tuple[str, ...]
    load: Callable[[], tuple[Runner, Protocol]]
    how: str = ""
    utss_alone: bool = False
    params: int | None = None
    madds: int | None = None
    takes_batches: bool = False


def subjects(paths: Sequence[Path], way: Way) -> list[Subject]:
    """The files, and all files of artifact folders. UsageError, RunnerError, ArtifactError."""
    found = []
    for path in paths:
        if path.is_dir() and path.suffix != ".mlpackage":
            found += _artifacts(path, way)
        elif path.suffix in (".safetensors", ".ckpt", ".pth"):
            found.append(_checkpoint(path, way))
        else:
            found.append(_file(path, way))
    return found


def _artifacts(folder: Path, way: Way) -> list[Subject]:
    model = manifest.read(folder)
    return [_exported(model, role, way) for role in model.files]


def _exported(model: Manifest, role: str, way: Way) -> Subject:
    path = model.file(role)
    known = KNOWN.get(role)
    target, variant = (known.target, known.variant) if known else (role, "")
    size = (model.height, model.width)
    if way.size and way.size != size:
        raise UsageError(
            f"{path}: takes {size[0]}×{size[1]}; python -m export.all --size makes others of another size"
        )
    fit = manifest.Fit(way.fit, pad=model.fit.pad) if way.fit else model.fit
    return Subject(
        path, model.name, target, variant, model.trained_on,
        lambda: (runners.load(path, way.threads), Protocol(*size, fit)),
        params=model.params, madds=model.madds,
    )  # fmt: skip


def _checkpoint(path: Path, way: Way) -> Subject:
    from training import models
    from training.models.weights import facts

    network = models.load(path)
    known = facts(path, network)

    def load() -> tuple[Runner, Protocol]:
        from export.runners.torch import load as load_checkpoint

        size = way.size or (0, 0)
        runner = load_checkpoint(path, way.threads, way.device)
        return runner, Protocol(*size, manifest.Fit(way.fit or "stretch"), way.side)

    params = sum(p.numel() for p in network.parameters())
    return Subject(
        path, known.name, "torch", "float32", known.trained_on, load, params=params, takes_batches=True
    )


def _file(path: Path, way: Way) -> Subject:
    """A file by itself: one that model.json beside it lists, one that says its kind, or another kit's."""
    if way.foreign:
        return _foreign(path, way.foreign, way)
    beside = path.parent / manifest.NAME
    if beside.is_file():
        model = manifest.read(path.parent)
        for role, entry in model.files.items():
            if entry.path == path.name:
                return _exported(model, role, way)
    if path.exists() and not says_its_kind(path):
        raise UsageError(
            f"{path}: does not say what it predicts, so it is another kit's: give --predicts and --normalise"
        )
    return Subject(path, path.stem, path.suffix[1:], "", (), lambda: _alone(path, way))


def _alone(path: Path, way: Way) -> tuple[Runner, Protocol]:
    runner = runners.load(path, way.threads)
    return runner, Protocol(*_size(path, runner, way), manifest.Fit(way.fit or "stretch"), way.side)


def _foreign(path: Path, how: Foreign, way: Way) -> Subject:
    def load() -> tuple[Runner, Protocol]:
        from export.runners import foreign

        runner = foreign.load(path, how, way.threads)
        return runner, Protocol(*_size(path, runner, way), manifest.Fit(way.fit or "stretch"), way.side)

    words = f"predicts {how.predicts}, input {how.normalisation}"
    return Subject(path, path.stem, path.suffix[1:], "", (), load, words, how.predicts in UTSS_ALONE)


def _size(path: Path, runner: Runner, way: Way) -> tuple[int, int]:
    """The file's own size; where it takes any, the one asked for, or 0, 0: the published protocol."""
    own = (runner.height, runner.width)
    if runner.height and way.size and way.size != own:
        raise RunnerError(f"{path}: takes {own[0]}×{own[1]}, not the {way.size[0]}×{way.size[1]} of --size")
    return own if runner.height else way.size or own
