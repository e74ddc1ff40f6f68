"""`python -m bench.accuracy FILE…`: what networks are worth on the test sets, whoever made them."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.command import Parser, chosen_sets, outputs
from export.fit import SIDE
from export.manifest import VERSION
from export.runners.foreign import NORMALISATIONS, PREDICTS, Foreign

if TYPE_CHECKING:
    from bench.judging.subjects import Way

EXIT_BAD_INPUT, EXIT_INTERRUPTED = 2, 130


def parser() -> argparse.ArgumentParser:
    p = Parser(
        prog="python -m bench.accuracy",
        description="Score checkpoints, exported files, artifact folders and other kits' depth networks "
        "(.onnx, .tflite) on the test sets that are found. Predictions are kept, so that a second run, or "
        "one that was interrupted, goes on from them.",
    )
    p.add_argument("files", nargs="+", type=Path, metavar="FILE", help="files, or folders with a model.json")
    p.add_argument("--data", action="append", type=Path, metavar="DIR", help="folder with test sets")
    p.add_argument("--set", action="append", nargs="+", metavar="NAME", help="default: every set found")
    p.add_argument("--cap", type=float, metavar="M", help="cap of the set 'folder': farther truth drops out")
    p.add_argument(
        "--size", metavar="HxW",
        help="network size of files that take any (default: the published protocol, smaller side 384)",
    )  # fmt: skip
    p.add_argument("--side", type=int, metavar="PX", help="another smaller side for the published protocol")
    p.add_argument("--fit", choices=("stretch", "letterbox"), help="with a size (default: the file's own)")
    p.add_argument("--predicts", choices=PREDICTS, help="what another kit's file predicts")
    p.add_argument(
        "--normalise", choices=NORMALISATIONS, default="imagenet",
        help="what another kit's file takes (default: imagenet)",
    )  # fmt: skip
    p.add_argument("--against", type=Path, metavar="FILE", help="show differences to this one of the files")
    p.add_argument(
        "--worst", type=int, default=3, metavar="N", help="worst images in the report (default: 3)"
    )
    p.add_argument(
        "--cache", type=Path, default=Path("predictions"), metavar="DIR", help="default: predictions"
    )
    p.add_argument("--device", choices=("cpu", "cuda", "mps"), default="cpu", help="for checkpoints")
    p.add_argument("--batch", type=int, metavar="N", help="checkpoints: images at a time (CUDA: 16, else 1)")
    p.add_argument("--threads", type=int, metavar="N", help="of the network (default: all cores but one)")
    p.add_argument("--csv", type=Path, metavar="FILE", help="figures of every image")
    p.add_argument("--json", metavar="FILE", help="every table as JSON; - for stdout")
    p.add_argument("--report", type=Path, metavar="FILE.html", help="one self-contained page with pictures")
    p.add_argument("--version", action="version", version=f"plumb-depth {VERSION}")
    return p


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    from bench.plan import UsageError
    from bench.testsets import DataError
    from export.manifest import ArtifactError
    from export.runners import RunnerError
    from training.models import ModelError

    try:
        run(options)
        return 0
    except (DataError, ArtifactError, RunnerError, ModelError, UsageError) as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        print(f"error: {error.filename or options.cache}: {error.strerror or error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("error: interrupted; what was predicted is kept: run again to go on", file=sys.stderr)
        return EXIT_INTERRUPTED
    return EXIT_BAD_INPUT


def run(options: argparse.Namespace) -> None:
    from bench import machine
    from bench.judging import scored
    from bench.judging.subjects import subjects

    plan = scored.Plan(
        subjects=tuple(subjects(options.files, way(options))),
        against=options.against,
        cache=options.cache,
        batch=options.batch or (16 if options.device == "cuda" else 1),
        cap_m=options.cap,
        pictures=options.worst if options.report else 0,
    )
    sets, missing = chosen_sets(options)
    for line in missing:
        say(line)
    with bar() as progress:
        made = scored.measure(plan, sets, progress, say)
    print(outputs(made.report(machine.describe()), "scores", options))
    if options.report:
        say(f"report: {options.report}")


def way(options: argparse.Namespace) -> Way:
    """The options that say how files are run; UsageError for what does not go together."""
    from bench.judging.subjects import Way
    from bench.plan import UsageError

    size = None
    if options.size:
        match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", options.size)
        if not match or min(int(side) for side in match.groups()) < 32:
            raise UsageError(f"--size {options.size}: height x width of 32 or more, like 384x512")
        size = (int(match[1]), int(match[2]))
        if options.side:
            raise UsageError("--side goes without --size: it is of the published protocol")
    if options.side is not None and not (32 <= options.side <= 4096 and options.side % 32 == 0):
        raise UsageError(f"--side {options.side}: a multiple of 32, from 32 to 4096")
    for name in ("worst", "batch", "threads", "cap"):
        value = getattr(options, name)
        if value is not None and value < (0 if name == "worst" else 1e-9):
            raise UsageError(f"--{name} {value:g}: more than 0")
    if options.device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise UsageError("--device cuda: no CUDA device was found")
    foreign = Foreign(options.predicts, options.normalise) if options.predicts else None
    threads = options.threads or max(1, (os.cpu_count() or 2) - 1)
    return Way(size, options.fit, foreign, threads, options.device, options.side or SIDE)


@contextmanager
def bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on a terminal, fed with (what, of, done); silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda what, of, done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=None)
        yield lambda what, of, done: shown.update(task, description=what, completed=done, total=of)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
