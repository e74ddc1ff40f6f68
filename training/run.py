"""`python -m training.run RECIPE`: train a network."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from signal import Signals
from typing import TYPE_CHECKING

from training import __version__, processes
from training.command import Parser, UsageError
from training.recipes import RECIPES, Recipe, adapted, without_data

if TYPE_CHECKING:
    from training.data.readers import Found
    from training.panels import Board
    from training.progress import Progress
    from training.state import Run

EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_TERMINATED = 2, 130, 143
STEPS_WITHOUT_DATA = 2_000


def parser() -> argparse.ArgumentParser:
    p = Parser(
        prog="python -m training.run",
        description="Train a depth network. With nothing but a recipe it uses the data sets it "
        "finds, else built-in synthetic scenes, and says so.",
    )
    p.add_argument("recipe", nargs="?", metavar="RECIPE", help="what to train; --list names them")
    p.add_argument("--list", action="store_true", help="name the recipes and leave")
    p.add_argument("--data", action="append", type=Path, metavar="DIR", help="folder with data sets")
    p.add_argument("--weights", type=Path, metavar="FILE", help="start from this network")
    p.add_argument(
        "--encoder-weights",
        type=Path,
        metavar="FILE",
        help="ImageNet weights of the encoder; 'imagenet' downloads them",
    )
    p.add_argument("--steps", type=int, metavar="N", help="length of the run, steps")
    p.add_argument("--minutes", type=float, metavar="M", help="time limit; a fresh run is planned for it")
    p.add_argument("--out", type=Path, metavar="DIR", help="default: runs/RECIPE")
    p.add_argument(
        "--resume", nargs="?", type=Path, const=Path("last.ckpt"), metavar="FILE",
        help="go on from a checkpoint (default: last.ckpt in the output folder)",
    )  # fmt: skip
    p.add_argument("--device", choices=("cpu", "cuda", "mps"), help="default: cuda where there is one")
    p.add_argument("--workers", type=int, metavar="N", help="processes that read data")
    p.add_argument("--compile", action="store_true", help="through torch.compile: slow start, then faster")
    p.add_argument("--checkpoint-minutes", type=float, default=5, metavar="M", help="default: 5")
    p.add_argument("--version", action="version", version=f"plumb-depth {__version__}")
    return p


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    if options.list:
        width = max(map(len, RECIPES)) + 2
        print("\n".join(f"{name:{width}}{recipe.purpose}" for name, recipe in RECIPES.items()))
        return 0
    from training.data.sample import DataError
    from training.models import ModelError
    from training.state import TrainingError

    try:
        return run(options)
    except (DataError, ModelError, TrainingError, UsageError) as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        where = error.filename or options.out or Path("runs") / options.recipe
        print(f"error: {where}: {error.strerror or error}", file=sys.stderr)
    return EXIT_BAD_INPUT


def run(options: argparse.Namespace) -> int:
    recipe = chosen(options)
    out = options.out or Path("runs") / recipe.name
    found = search(options, recipe)
    if found.names == ("synthetic",):
        recipe = without_data(recipe, options.steps or STEPS_WITHOUT_DATA)
        say(f"no data set found: {recipe.steps:,} steps on built-in synthetic scenes")
    from training import loop, memory, preparation

    memory.keep_freed()
    fabric = preparation.launch(options.device)
    state = preparation.prepare(options, recipe, found.names, out, fabric, say)
    announce(state, found, out)
    schedule = loop.Schedule(options.minutes, options.checkpoint_minutes, validate_every=400)
    workers = default_workers() if options.workers is None else options.workers
    with reporter() as report, pictures(out / "tensorboard", state.step) as board:
        outlets = loop.Outlets(report, say, board)
        stopped = loop.train(state, fabric, found.train, found.held_out, out, schedule, workers, outlets)
    processes.leave()
    if processes.first():
        finish(state, found, out)
    if stopped is None:
        return 0
    return EXIT_TERMINATED if stopped is Signals.SIGTERM else EXIT_INTERRUPTED


def chosen(options: argparse.Namespace) -> Recipe:
    if options.recipe not in RECIPES:
        what = f"unknown recipe '{options.recipe}'" if options.recipe else "no recipe given"
        near = get_close_matches(options.recipe or "", RECIPES)
        meant = f"; near: {', '.join(near)}" if near else ""
        raise UsageError(f"{what}: --list names all {len(RECIPES)}{meant}")
    if options.steps is not None and options.steps < 1:
        raise UsageError(f"--steps {options.steps}: at least 1")
    if options.minutes is not None and options.minutes <= 0:
        raise UsageError(f"--minutes {options.minutes}: more than 0")
    return adapted(RECIPES[options.recipe], options.steps, options.compile)


def search(options: argparse.Namespace, recipe: Recipe) -> Found:
    from training.data import readers

    environment = os.environ.get("DEPTH_DATA")
    folders = options.data or [Path(environment) if environment else Path("data")]
    found = readers.search(folders, given=bool(options.data), names=recipe.sets)
    for missing in found.missing:
        say(f"not found: {missing}")
    return found


def announce(run: Run, found: Found, out: Path) -> None:
    """What is about to happen, before the first step is taken."""
    recipe = run.recipe
    held_out = sum(map(len, found.held_out))
    sets = ", ".join(f"{r.name} ({len(r):,})" for r in found.train)
    say(f"{recipe.model}: {recipe.purpose}")
    say(f"data: {sets}; {held_out} held out for validation")
    say(
        f"{recipe.steps - run.step:,} steps of batch {recipe.batch}, crops "
        f"{' → '.join(str(side) for _, side in recipe.crops)} px, {recipe.optimizer}, "
        f"learning rate {recipe.learning_rate:g}; into {out}"
    )


@contextmanager
def pictures(folder: Path, step: int) -> Iterator[Board | None]:
    """TensorBoard in `folder`, where it is installed."""
    from training import panels

    board = panels.board(folder, step) if processes.first() else None
    if board is None:
        say("TensorBoard is off: the package 'tensorboard' is not installed")
    try:
        yield board
    finally:
        if board is not None:
            board.close()


@contextmanager
def reporter() -> Iterator[Callable[[Progress], None]]:
    """A progress bar on a terminal; else a line at steps 10, 100, 200, …, on stderr."""
    if not processes.first():
        yield lambda p: None
        return
    if not sys.stderr.isatty():
        yield lambda p: say(line(p)) if p.step == 10 or p.step % 100 == 0 or p.delta1 else None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.completed}/{task.total}"),
        BarColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("first step …", total=None)
        yield lambda p: bar.update(task, completed=p.step, total=p.steps, description=line(p))


def line(p: Progress) -> str:
    text = (
        f"step {p.step:,}/{p.steps:,} · loss {p.loss:.4f} · {p.images_per_second:.1f} images/s "
        f"· {duration(p.seconds_left)} left"
    )
    return text if p.delta1 is None else f"{text} · held-out δ1.25 error {p.delta1:.2f} %"


def duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"


def finish(run: Run, found: Found, out: Path) -> None:
    """Write the weights, and say how to go on."""
    from training import checkpoint, recipes
    from training.data import readers

    if run.step < run.recipe.steps:
        say(f"stopped after step {run.step:,}; go on with --resume (checkpoint: {out / 'last.ckpt'})")
    path = out / "model.safetensors"
    metadata = {
        "recipe": recipes.to_dict(run.recipe),
        "steps": str(run.step),
        "trained_on": list(found.names),
        "licence": readers.licence(found.names),
        "version": __version__,
    }
    checkpoint.write_weights(path, run.shipped().state_dict(), run.recipe.model, metadata)
    print(f"python -m export.all --weights {shlex.quote(str(path))}")


def default_workers() -> int:
    return min(8, max(1, (os.cpu_count() or 2) - 1))


def say(text: str) -> None:
    """A line on stderr, from one process alone."""
    if processes.first():
        print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
