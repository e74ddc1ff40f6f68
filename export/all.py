"""`python -m export.all`: every file of every model into `artifacts/`."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from export import manifest
from export.target import EXTRAS, TARGETS, Target
from training import __version__
from training.command import Parser
from training.files import replacing

if TYPE_CHECKING:
    from export.artifact import Job, Outcome

EXIT_REFUSED, EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_TERMINATED = 1, 2, 130, 143
DEFAULT_SIZE = "{}x{}".format(*manifest.DEFAULT_SIZE)


class UsageError(ValueError):
    """Options that do not go together; the message is one line for the user."""


def parser() -> argparse.ArgumentParser:
    p = Parser(
        prog="python -m export.all",
        description="Write the ONNX, TFLite and Core ML files of each shipped model, or of a checkpoint, "
        "and compare each with PyTorch before it is accepted.",
    )
    p.add_argument(
        "--model", action="append", nargs="+", metavar="NAME", help="default: all that ship with weights"
    )
    p.add_argument(
        "--weights", type=Path, metavar="FILE", help="a checkpoint: .safetensors, .ckpt, the authors' .pth"
    )
    p.add_argument(
        "--size",
        action="append",
        nargs="+",
        metavar="HxW",
        help=f"default: {DEFAULT_SIZE}; multiples of 32",
    )
    p.add_argument("--out", type=Path, default=Path("artifacts"), metavar="DIR", help="default: artifacts")
    p.add_argument(
        "--calibration", type=Path, metavar="DIR", help="pictures for the int8 ranges; default: what is found"
    )
    p.add_argument(
        "--data", action="append", type=Path, metavar="DIR", help="folder with data sets, for calibration"
    )
    p.add_argument("--target", action="append", nargs="+", choices=tuple(TARGETS), help="default: all")
    p.add_argument(
        "--variant", action="append", nargs="+", choices=tuple(EXTRAS), metavar="NAME",
        help="Core ML files beside those that are always made: palette6: weights from tables of 64 values · "
        "ios26: half precision, for iOS 26 and newer · int8_activations: an experiment, 8-bit tensors "
        "between the layers",
    )  # fmt: skip
    p.add_argument(
        "--fit",
        choices=manifest.FIT_MODES,
        default=manifest.DEFAULT_FIT,
        help=f"how photos get into the network; default: {manifest.DEFAULT_FIT}",
    )
    p.add_argument("--json", metavar="FILE", help="the table as JSON; - for stdout")
    p.add_argument("--version", action="version", version=f"plumb-depth {__version__}")
    return p


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    try:
        outcomes = run(options, jobs(options))
        show(outcomes, options.json)
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except user_errors() as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except OSError as error:
        print(f"error: {error.filename or options.out}: {error.strerror or error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    return EXIT_REFUSED if any(o.problem for o in outcomes) else 0


def user_errors() -> tuple[type[Exception], ...]:
    from training.data.sample import DataError
    from training.models import ModelError

    return UsageError, DataError, ModelError, manifest.ArtifactError


def jobs(options: argparse.Namespace) -> list[Job]:
    """What is to be exported, checked before the first model is loaded."""
    from export.artifact import Job
    from training import models

    sizes = [parsed_size(text) for group in options.size or [] for text in group] or [
        parsed_size(DEFAULT_SIZE)
    ]
    names = [name for group in options.model or [] for name in group]
    chosen = [name for group in options.target or [] for name in group] or list(TARGETS)
    extras = [name for group in options.variant or [] for name in group]
    targets = tuple(asked(TARGETS[name], extras) for name in dict.fromkeys(chosen))
    if lost := [name for name in extras if EXTRAS[name].target not in chosen]:
        raise UsageError(f"--variant {lost[0]}: is of --target {EXTRAS[lost[0]].target}")
    if unknown := [name for name in names if name not in models.NAMES]:
        raise UsageError(f"--model {unknown[0]}: unknown; choose from {', '.join(models.NAMES)}")
    if options.weights:
        if len(names) > 1:
            raise UsageError("--weights goes with one --model")
        files = [options.weights]
    else:
        names = names or [n for n in models.NAMES if (models.SHIPPED_DIR / f"{n}.safetensors").is_file()]
        files = [path for name in names if (path := models.shipped(name)) is not None]
    if not files:
        raise UsageError("no weights are shipped with this copy: give --weights FILE")
    return [Job(file, h, w, targets) for file in files for h, w in dict.fromkeys(sizes)]


def asked(target: Target, extras: Sequence[str]) -> Target:
    """The target with those of its extra variants that are named."""
    named = tuple(variant for variant in target.extras if variant.variant in extras)
    return replace(target, variants=(*target.variants, *named))


def parsed_size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    if not match:
        raise UsageError(f"--size {text}: HEIGHTxWIDTH, such as 384x384")
    height, width = int(match[1]), int(match[2])
    if height % 32 or width % 32 or not (32 <= height <= 4096 and 32 <= width <= 4096):
        raise UsageError(f"--size {text}: both sides must be multiples of 32, from 32 to 4096")
    return height, width


def run(options: argparse.Namespace, planned: Sequence[Job]) -> list[Outcome]:
    from export import artifact, calibration

    fit = manifest.Fit(options.fit)
    environment = os.environ.get("DEPTH_DATA")
    data = options.data or [Path(environment) if environment else Path("data")]
    outcomes = []
    for job in planned:
        model, description = artifact.described(job, fit)
        if options.model and options.weights and description["name"] != options.model[0][0]:
            raise UsageError(f"--model {options.model[0][0]}: {job.weights} holds a {description['name']}")
        images = calibration.gather(options.calibration, data, job.height, job.width, fit)
        say(f"calibration: {len(images.images)} images ({images.record['source']})")
        outcomes += artifact.export(job, model, description, images, fit, options.out, say)
    return outcomes


def show(outcomes: Sequence[Outcome], json_path: str | None) -> None:
    """The table on stdout, refusals on stderr, JSON where it is wanted."""
    values = [{**asdict(o), "path": str(o.path)} for o in outcomes]
    text = json.dumps({"format": 1, "files": values}, indent=1)
    if json_path == "-":
        print(text)
    else:
        print(table(outcomes))
        if json_path:
            with replacing(Path(json_path)) as temporary:
                temporary.write_text(text + "\n", encoding="utf-8")
    for outcome in outcomes:
        if outcome.problem:
            print(f"refused: {outcome.path}: {outcome.problem}", file=sys.stderr)


def table(outcomes: Sequence[Outcome]) -> str:
    rows = [("file", "kB", "s", "max |Δ|", "within 1.25×", "")]
    for o in outcomes:
        figures = ("–", "–") if o.max_abs is None else (f"{o.max_abs:.1e}", f"{o.within_1_25:.2f} %")
        state = "refused" if o.problem else "ok"
        rows.append((str(o.path), f"{o.size_bytes / 1000:,.0f}", f"{o.seconds:.1f}", *figures, state))
    widths = [max(len(row[i]) for row in rows) for i in range(6)]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if i in (0, 5) else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    # As an exception, so that no half-written folder stays.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(EXIT_TERMINATED))
    raise SystemExit(main())
