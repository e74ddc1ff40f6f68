"""`python -m bench.report JSON… --out FILE.html`: machines, phones and boards side by side."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.command import Parser
from export.manifest import VERSION

if TYPE_CHECKING:
    from bench.row import Report

EXIT_BAD_INPUT = 2


def parser() -> argparse.ArgumentParser:
    p = Parser(
        prog="python -m bench.report",
        description="Put what bench.device measured on several devices (its --json) on one page.",
    )
    p.add_argument("json", nargs="+", type=Path, metavar="JSON", help="files that --json wrote")
    p.add_argument("--out", required=True, type=Path, metavar="FILE.html", help="one self-contained page")
    p.add_argument("--version", action="version", version=f"plumb-depth {VERSION}")
    return p


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    from bench.files import write_text
    from bench.reading import ReportError, read
    from bench.writers.advice import sentences
    from bench.writers.html import page
    from bench.writers.table import printable

    try:
        merged, machines = side_by_side({path: read(path) for path in options.json})
        advice = sentences(merged.rows)
        write_text(options.out, page(merged, advice, machines))
    except ReportError as error:
        print(f"error: {printable(str(error))}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except OSError as error:
        print(f"error: {error.filename or options.out}: {error.strerror or error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    for line in advice:
        print(printable(line))
    print(f"report: {options.out}", file=sys.stderr)
    return 0


def side_by_side(reports: Mapping[Path, Report]) -> tuple[Report, list[tuple[str, Mapping[str, Any]]]]:
    """All rows as one report, each with a device's name that no other file has; title and machine of each."""
    from bench.row import Report

    titles = _titles(reports)
    rows = [
        replace(row, device=_device(row.device, titles[path]))
        for path, report in reports.items()
        for row in report.rows
    ]
    skipped = [
        replace(s, what=f"{titles[path]}: {s.what}")
        for path, report in reports.items()
        for s in report.skipped
    ]
    machines = [(titles[path], report.machine) for path, report in reports.items()]
    return Report({}, tuple(rows), tuple(skipped)), machines


def _titles(reports: Mapping[Path, Report]) -> dict[Path, str]:
    """The device's name, or the processor's; the file's name with it where two are the same."""
    names = {
        path: str(report.machine.get("device") or report.machine.get("processor") or path.stem)
        for path, report in reports.items()
    }
    twice = {name for name, count in Counter(names.values()).items() if count > 1}
    return {path: f"{name} ({path.stem})" if name in twice else name for path, name in names.items()}


def _device(name: str, title: str) -> str:
    """What a row calls its device, told apart from other files' rows."""
    if name == "host" or title.startswith(name):
        return title
    return f"{title}, {name}"


if __name__ == "__main__":
    raise SystemExit(main())
