"""Rules of android_demo's sources that a machine can hold: who knows Android and LiteRT, sizes, exports."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

LONGEST_FILE, LONGEST_FUNCTION, LONGEST_LINE = 250, 40, 140
LITERT_FILE = "LiteRtEngine.kt"
IMPORT = re.compile(r"^import ([\w.]+)", re.MULTILINE)
# Fully qualified uses too; strings such as "android.provider.action…" are no use of a class.
ANDROID = re.compile(r'(?<!")\b(?:android|androidx)\.[a-z]')
LITERT = re.compile(r"com\.google\.ai\.edge")
FUNCTION = re.compile(r"^( *)(?:(?:override|private|internal|inline|protected|tailrec) )*fun ")
NAME = "{http://schemas.android.com/apk/res/android}"
SHELL_ONLY = "android.permission.DUMP"  # which adb's shell holds and no installed app can be given by a user


def violations(app: Path) -> list[str]:
    """A line for each rule that is broken."""
    return [*kotlin(app), *exported((app / "app/src/main/AndroidManifest.xml").read_text(encoding="utf-8"))]


def kotlin(app: Path) -> Iterator[str]:
    for path in sorted(p for module in ("core", "app") for p in (app / module / "src").rglob("*.kt")):
        name, text = path.relative_to(app).as_posix(), path.read_text(encoding="utf-8")
        if name.startswith("core/") and ANDROID.search(text):
            yield f"{name}: core knows nothing of android.*"
        if path.name != LITERT_FILE and LITERT.search(text):
            yield f"{name}: LiteRT is known to {LITERT_FILE} alone"
        yield from (f"{name}:{line}" for line in too_long(text))


def too_long(text: str) -> Iterator[str]:
    lines = text.splitlines()
    if len(lines) > LONGEST_FILE:
        yield f"1: {len(lines)} lines, at most {LONGEST_FILE}"
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            yield f"{number}: {len(line)} characters, at most {LONGEST_LINE}"
        if (found := FUNCTION.match(line)) and (
            length := lines_of(lines, number - 1, found[1])
        ) > LONGEST_FUNCTION:
            yield f"{number}: a function of {length} lines, at most {LONGEST_FUNCTION}"


def lines_of(lines: list[str], start: int, indent: str) -> int:
    """From its first line to the bracket at its own indentation; 1 where its body has no brackets."""
    if not lines[start].rstrip().endswith(("{", "(")):
        return 1
    ends = (i for i in range(start + 1, len(lines)) if re.match(rf"{indent}[)}}](?!.*\{{$)", lines[i]))
    return next(ends, len(lines) - 1) - start + 1


def exported(manifest: str) -> Iterator[str]:
    """The launcher is open to other apps; anything else that is exported is for adb's shell."""
    for component in ET.fromstring(manifest).iterfind("application/*"):
        actions = {action.get(f"{NAME}name") for action in component.iterfind("intent-filter/action")}
        is_open = component.get(f"{NAME}exported") == "true" or (
            actions and component.get(f"{NAME}exported") is None
        )
        if (
            is_open
            and "android.intent.action.MAIN" not in actions
            and component.get(f"{NAME}permission") != SHELL_ONLY
        ):
            yield f"AndroidManifest.xml: {component.get(f'{NAME}name')} is open to other apps"
