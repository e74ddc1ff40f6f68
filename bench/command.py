"""What all commands of the benchmark do alike."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from bench.row import Report
    from bench.testsets.shot import Shots


class Parser(argparse.ArgumentParser):
    """Wrong options end in one line on stderr and exit status 2, as every other fault does."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message} (--help lists the options)\n")


def chosen_sets(options: argparse.Namespace) -> tuple[dict[str, Shots], list[str]]:
    """The test sets of --data (else DEPTH_DATA, else data/) and --set, and a line on each published one that
    is not there, unless sets were named. DataError.
    """
    from bench import testsets

    environment = os.environ.get("DEPTH_DATA")
    folders = options.data or [Path(environment) if environment else Path("data")]
    names = [name for group in options.set or [] for name in group]
    found = testsets.search(folders, given=bool(options.data), names=names)
    missing = [] if names else found.missing
    lines = [f"not found: {name}: {testsets.TESTSETS[name].source}" for name in missing]
    return testsets.chosen(found, names), lines


def outputs(report: Report, shown: str, options: argparse.Namespace) -> str:
    """Write the files of --json, --csv and --report; what goes to stdout: the writer `shown`, or JSON."""
    from bench.files import write_text
    from bench.writers import WRITERS

    files = {"json": options.json, "csv": options.csv, "html": options.report}
    for writer, path in files.items():
        if path and path != "-":
            write_text(Path(path), WRITERS[writer](report) + ("\n" if writer == "json" else ""))
    return WRITERS["json" if options.json == "-" else shown](report)
