"""`python -m training.stereo.extract MOVIE…`: stereo movies → training data."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from training import __version__
from training.command import Parser, UsageError
from training.stereo.layouts import LAYOUTS

if TYPE_CHECKING:
    from training.stereo.crew import Crew
    from training.stereo.index import Count
    from training.stereo.plan import Chunk, Settings, Source
    from training.stereo.work import Done

EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_TERMINATED = 2, 130, 143
MATCHER_NAMES = ("raft", "sgbm")  # the keys of matchers.MATCHERS, without loading NumPy for --help
UNREADABLE_SHARE = 0.01  # more of a movie than this, and something is wrong with the file
REPORT_EVERY_S = 30.0


def parser() -> argparse.ArgumentParser:
    p = Parser(
        prog="python -m training.stereo.extract",
        description="Take frames and their disparity from stereo movies or pairs of pictures, as training "
        "data up to scale and shift. Goes on where an earlier run stopped.",
    )
    p.add_argument(
        "movies", nargs="*", type=Path, metavar="MOVIE", help="video file with both eyes in a frame"
    )
    p.add_argument(
        "--layout", choices=LAYOUTS, help="; ".join(f"{k}: {v.meaning}" for k, v in LAYOUTS.items())
    )
    p.add_argument("--right-first", action="store_true", help="the left or upper half is the right eye")
    p.add_argument(
        "--pairs", action="append", type=Path, default=[], metavar="CSV|FOLDER",
        help="pairs of pictures: a CSV with columns left and right, or a folder of folders: left.*, right.*",
    )  # fmt: skip
    p.add_argument("--out", type=Path, required=True, metavar="DIR", help="one folder a movie is made there")
    p.add_argument(
        "--matcher", choices=MATCHER_NAMES, default="raft", help="default: raft; sgbm needs no weights"
    )
    p.add_argument(
        "--weights", metavar="FILE", help="of torchvision's raft_large; 'torchvision' downloads them"
    )
    p.add_argument(
        "--every", type=float, default=1.0, metavar="SECONDS", help="between two frames; default: 1"
    )
    p.add_argument("--max-width", type=int, metavar="PX", help="make wider frames smaller before matching")
    p.add_argument(
        "--range", type=int, nargs=2, metavar=("MIN", "MAX"), dest="range_px",
        help="disparities that sgbm looks for, px; default: found for each frame",
    )  # fmt: skip
    p.add_argument(
        "--agreement", type=float, metavar="PX",
        help="valid where both directions differ by less; default: 8 with raft, 2 with sgbm",
    )  # fmt: skip
    p.add_argument("--min-valid", type=float, default=0.8, metavar="SHARE", help="keep above; default: 0.8")
    p.add_argument(
        "--min-range", type=float, default=8.0, metavar="PX", help="of disparity, keep above; default: 8"
    )
    p.add_argument("--jobs", type=int, metavar="N", help="workers; default: one a GPU (raft) or core (sgbm)")
    p.add_argument(
        "--ray", metavar="ADDRESS", help="work on this Ray cluster; 'local': on Ray on this machine"
    )
    p.add_argument("--json", metavar="FILE", help="the summary as JSON; - for stdout")
    p.add_argument("--version", action="version", version=f"plumb-depth {__version__}")
    return p


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    from training.data.sample import DataError

    terminated: list[int] = []

    def unwind(number: int, frame: object) -> None:
        terminated.append(number)
        sys.exit(EXIT_TERMINATED)

    before = signal.signal(signal.SIGTERM, unwind)
    try:
        check(options)
        return run(options)
    except (DataError, UsageError) as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        print(f"error: {error.filename or options.out}: {error.strerror or error}", file=sys.stderr)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except SystemExit:
        if not terminated:
            raise
        return EXIT_TERMINATED  # whatever Ray has made of the status
    finally:
        signal.signal(signal.SIGTERM, before)
    return EXIT_BAD_INPUT


def check(options: argparse.Namespace) -> None:
    """UsageError for what argparse cannot see."""
    low, high = options.range_px or (0, 1)
    faults = {
        "no movie and no --pairs given": not (options.movies or options.pairs),
        f"--layout is missing: one of {', '.join(LAYOUTS)}": options.movies and options.layout is None,
        "--matcher raft needs --weights: a file of torchvision's raft_large, or 'torchvision' to download it "
        "(--matcher sgbm needs none)": options.matcher == "raft" and options.weights is None,
        "--weights: sgbm has none": options.matcher == "sgbm" and options.weights is not None,
        "--range: only sgbm searches one": options.matcher == "raft" and options.range_px is not None,
        f"--range {low} {high}: MIN must be below MAX": low >= high,
        f"--every {options.every}: more than 0": options.every <= 0,
        f"--max-width {options.max_width}: at least 64": (options.max_width or 64) < 64,
        f"--agreement {options.agreement}: more than 0": (options.agreement or 1) <= 0,
        f"--min-valid {options.min_valid}: 0 to 1": not 0 <= options.min_valid < 1,
        f"--min-range {options.min_range}: 0 or more": options.min_range < 0,
        f"--jobs {options.jobs}: at least 1": options.jobs is not None and options.jobs < 1,
    }
    if fault := next((text for text, true in faults.items() if true), None):
        raise UsageError(fault)


def run(options: argparse.Namespace) -> int:
    from training.stereo import index, plan

    out = options.out.resolve()  # workers may have another working folder
    with alone(out):
        planned = [(plan.plan_movie(movie, settings(options)), settings(options)) for movie in options.movies]
        planned += [(plan.plan_pairs(pairs), settings(options, pairs=True)) for pairs in options.pairs]
        sources = [source for source, _ in planned]
        distinct(sources)
        sweep(out, sources)
        todo: list[Chunk] = []
        for source, wanted in planned:
            chunks, done = plan.prepared(source, wanted, out)
            say(f"{source.name}: {source.frames:,} frames, {done:,} of them done")
            todo += chunks
        started = time.monotonic()
        try:
            if todo:
                work(options, todo)
        finally:
            # Also after an interrupt: what is finished can be used.
            for source in sources:
                index.collect(out / source.name, source.frames)
            sweep(out, sources)
            index.write_movies(out)
        counts = [count for s in sources if (count := index.count(out / s.name)) is not None]
        summarise(options, counts, sum(chunk.count for chunk in todo), time.monotonic() - started)
    return damaged(sources, counts)


def settings(options: argparse.Namespace, pairs: bool = False) -> Settings:
    from training.stereo.matchers import AGREEMENT_PX, MatcherSpec
    from training.stereo.plan import Settings

    weights = options.weights
    if weights not in {None, "torchvision"}:
        weights = str(Path(weights).resolve())  # workers may run elsewhere
    range_px = tuple(options.range_px) if options.range_px else None
    agreement_px = options.agreement or AGREEMENT_PX[options.matcher]
    matcher = MatcherSpec(options.matcher, agreement_px, weights, range_px)
    layout = None if pairs else options.layout
    limits = (options.max_width, options.min_valid, options.min_range)
    return Settings(matcher, layout, options.right_first and not pairs, options.every, *limits)


def distinct(sources: Sequence[Source]) -> None:
    seen: dict[str, Path] = {}
    for source in sources:
        if source.name in seen:
            raise UsageError(f"{source.file} and {seen[source.name]} would share the folder '{source.name}'")
        seen[source.name] = source.file


def work(options: argparse.Namespace, chunks: Sequence[Chunk]) -> None:
    from training.stereo.crew import finished

    # Ray tells of dead workers on stdout, which is for results.
    with reporter(sum(chunk.count for chunk in chunks)) as report, redirect_stdout(sys.stderr):
        for done in finished(chunks, crew(options), say):
            report(done)


def crew(options: argparse.Namespace) -> Crew:
    from training.stereo.cluster import RayCrew
    from training.stereo.crew import Processes

    matcher = settings(options).matcher
    if options.ray:
        return RayCrew(matcher, options.ray, options.jobs)
    gpus = 0
    if matcher.name == "raft":
        import torch

        gpus = torch.cuda.device_count()
        return Processes(matcher, options.jobs or max(1, gpus), gpus)
    return Processes(matcher, options.jobs or os.cpu_count() or 1)


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """One run a folder: two would sweep up each other's temporary files. The lock ends with the process."""
    import fcntl

    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"--out {out}: another run is writing there") from None
        yield


def sweep(out: Path, sources: Sequence[Source]) -> None:
    """Temporary files of workers that were killed."""
    for source in sources:
        for path in (out / source.name).rglob(".*.tmp"):
            path.unlink(missing_ok=True)


@contextmanager
def reporter(frames: int) -> Iterator[Callable[[Done], None]]:
    """A progress bar on a terminal, else a line every half minute; both on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    started = shown = time.monotonic()
    done = kept = 0
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("frames", total=frames)

        def report(news: Done) -> None:
            nonlocal done, kept, shown
            done, kept, now = done + news.chunk.count, kept + news.kept, time.monotonic()
            rate = 60 * done / max(1e-9, now - started)
            text = f"{100 * kept / done:.0f} % kept · {rate:.0f} frames/min"
            bar.update(task, completed=done, description=text)
            if bar.disable and now - shown > REPORT_EVERY_S:
                shown = now
                say(f"{done:,} of {frames:,} frames · {text}")

        yield report


def summarise(options: argparse.Namespace, counts: Sequence[Count], worked: int, seconds: float) -> None:
    """The counts on stdout (JSON there instead with `--json -`)."""
    from training.files import replacing
    from training.stereo.index import table

    document = {
        "format": 1,
        "seconds": round(seconds, 3),
        "frames_worked_on": worked,
        "movies": [asdict(count) for count in counts],
    }
    text = json.dumps(document, indent=1, ensure_ascii=False)
    print(text if options.json == "-" else table(counts))
    if options.json not in {None, "-"}:
        with replacing(Path(options.json)) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")


def damaged(sources: Sequence[Source], counts: Sequence[Count]) -> int:
    """Exit status: bad input where more than 1 % of a source could not be read, which a line names."""
    from training.stereo.filters import UNREADABLE

    status = 0
    for source, count in zip(sources, counts, strict=True):
        unread = count.dropped.get(UNREADABLE, 0)
        if unread > UNREADABLE_SHARE * count.done:
            print(f"error: {source.file}: {unread} of {count.done} frames cannot be read", file=sys.stderr)
            status = EXIT_BAD_INPUT
    return status


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
