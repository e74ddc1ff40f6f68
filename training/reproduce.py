"""`python -m training.reproduce table2|figure3|table4`: the paper's ablations at the size that fits."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from signal import Signals
from typing import TYPE_CHECKING

from training import __version__, processes
from training.command import Parser, UsageError
from training.recipes import RECIPES
from training.reproduction.studies import STUDIES, Study

if TYPE_CHECKING:
    from training.reproduction.session import Ended, Files

EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_TERMINATED = 2, 130, 143
BATCH, SEEDS = 8, 2


def parser() -> argparse.ArgumentParser:
    p = Parser(
        prog="python -m training.reproduce",
        description="Run the recipes of one of the paper's ablations within a budget, at the size that fits, "
        "and write WHAT.json, WHAT.md and WHAT.png. The same command again goes on: rows that are done stay, "
        "started runs resume; more --seeds or --rows add to what is there.",
    )
    p.add_argument("what", choices=sorted(STUDIES), help="the ablation")
    p.add_argument(
        "--budget", type=float, required=True, metavar="MINUTES", help="time of this call, all in all"
    )
    p.add_argument("--data", action="append", type=Path, metavar="DIR", help="folder with data sets")
    p.add_argument("--rows", nargs="+", metavar="RECIPE", help="default: all recipes of the ablation")
    p.add_argument(
        "--seeds", type=int, default=SEEDS, metavar="N", help=f"runs of each row; default: {SEEDS}"
    )
    p.add_argument(
        "--size", type=int, metavar="PX", help="side of the pictures; default: the largest that fits"
    )
    p.add_argument("--batch", type=int, default=BATCH, metavar="N", help=f"images a step; default: {BATCH}")
    p.add_argument("--steps", type=int, metavar="N", help="steps of each run; default: as many as fit")
    p.add_argument(
        "--encoder-weights", type=Path, metavar="FILE",
        help="ImageNet weights of the encoder; 'imagenet' downloads them",
    )  # fmt: skip
    p.add_argument("--out", type=Path, default=Path("runs/reproduction"), metavar="DIR",
                   help="default: runs/reproduction")  # fmt: skip
    p.add_argument("--device", choices=("cpu", "cuda", "mps"), help="default: cuda where there is one")
    p.add_argument("--workers", type=int, metavar="N", help="processes that read data")
    p.add_argument("--version", action="version", version=f"plumb-depth {__version__}")
    return p


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    began = time.monotonic()
    try:
        study, rows = checked(options)
        from training.data.sample import DataError
        from training.models import ModelError
        from training.state import TrainingError

        try:
            return run(options, study, rows, began)
        except (DataError, ModelError, TrainingError) as error:
            print(f"error: {error}", file=sys.stderr)
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        print(f"error: {error.filename or options.out}: {error.strerror or error}", file=sys.stderr)
    except KeyboardInterrupt:
        say("interrupted; the same command goes on")
        return EXIT_INTERRUPTED
    return EXIT_BAD_INPUT


def checked(options: argparse.Namespace) -> tuple[Study, tuple[str, ...]]:
    """The study and the recipes to run, in its order. UsageError for options that make no sense."""
    study = STUDIES[options.what]
    if unknown := [row for row in options.rows or () if row not in study.recipes]:
        raise UsageError(f"--rows {unknown[0]}: not of {study.name}; it has {', '.join(study.recipes)}")
    if options.size is not None and (options.size < 32 or options.size % 32):
        raise UsageError(f"--size {options.size}: a multiple of 32, at least 32")
    for name, least in (("batch", 2), ("steps", 1), ("seeds", 1)):
        if (value := getattr(options, name)) is not None and value < least:
            raise UsageError(f"--{name} {value}: at least {least}")
    if not options.budget > 0:
        raise UsageError(f"--budget {options.budget:g}: more than 0")
    if processes.world() > 1:
        raise UsageError("runs in one process: torchrun is for training.run, with one recipe at a time")
    rows = tuple(row for row in study.recipes if options.rows is None or row in options.rows)
    models = {RECIPES[row].model for row in rows}
    if options.encoder_weights not in (None, Path("imagenet")) and len(models) > 1:
        raise UsageError("--encoder-weights FILE fits one model: choose its --rows, or give 'imagenet'")
    return study, rows


def run(options: argparse.Namespace, study: Study, rows: tuple[str, ...], began: float) -> int:
    from training import memory, preparation
    from training.reproduction import planning, session, testimages
    from training.reproduction.trials import Bench
    from training.run import default_workers, reporter

    environment = os.environ.get("DEPTH_DATA")
    folders = options.data or [Path(environment) if environment else Path("data")]
    found = planning.search(study, folders, given=bool(options.data))
    materials = tuple(planning.material(row, found) for row in rows)
    images = testimages.find(folders)
    memory.keep_freed()
    fabric = preparation.launch(options.device)
    workers = default_workers() if options.workers is None else options.workers
    files = session.files_of(study, options.out)
    request = planning.Request(
        materials, options.seeds, options.size, options.steps, options.batch, 60 * options.budget,
        options.encoder_weights is not None, workers,
    )  # fmt: skip
    with reporter() as report:
        unfinished = options.out / "unfinished"
        bench = Bench(images, fabric, options.encoder_weights, unfinished, workers, report, say)
        here = session.opened(study, request, found, bench, files)
        ends = began + 60 * options.budget
        ended = session.carry_out(study, materials, options.seeds, here, bench, files, ends)
    return told(study, ended, files)


def told(study: Study, ended: Ended, files: Files) -> int:
    """The table on stdout, what is left on stderr; the exit status."""
    from training.reproduction import table

    if ended.results.trials:
        print(table.markdown(study, ended.results), end="")
        say(f"written: {files.results}, {files.table}, {files.plot}")
    if ended.left:
        left = "1 run is" if ended.left == 1 else f"{ended.left} runs are"
        say(f"{left} left; the same command goes on")
    if ended.stopped is None:
        return 0
    return EXIT_TERMINATED if ended.stopped is Signals.SIGTERM else EXIT_INTERRUPTED


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
