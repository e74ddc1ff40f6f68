"""Which calls need a newer Android than minSdk: members that class files use, against a list of API levels.

A class named ApiNN may call what came with level NN: whoever calls such a class asks SDK_INT first. Members
go by name: an overload newer than its siblings is missed.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.android import class_pool

OLDEST = 21  # of the list
SINCE = re.compile(r"/\*\* @since (\d+)")
BLOCK = re.compile(r"(?:declare |export )*(?:abstract )?(module|class|interface) ([\w.]+)")
MEMBER = re.compile(r"(?:public |protected |static |abstract )*(\w+)[(:<?]")
FRAMEWORK = ("android/", "java/", "javax/", "dalvik/")
GUARDED = re.compile(r"Api(\d+)(\$.*)?")


def levels(lines: Iterable[str]) -> dict[str, int]:
    """`android.view.View` and `android.view.View#draw` → the level that brought it, from a TypeScript
    declaration file: blocks are nested by tabs, a level stands in the comment before its member.
    """
    since: dict[str, int] = {}
    stack: list[str] = []
    level = OLDEST
    for line in lines:
        text = line.strip()
        depth = len(line) - len(line.lstrip("\t"))
        if found := SINCE.match(text):
            level = int(found[1])
            continue
        if not text or text.startswith(("/*", "*", "//")):
            continue
        del stack[depth:]
        if found := BLOCK.match(text):
            stack += [""] * (depth - len(stack)) + [found[2]]
            since.setdefault(".".join(filter(None, stack)), level)
        elif stack and (found := MEMBER.match(text)):
            name = "<init>" if found[1] == "constructor" else found[1]
            key = f"{'.'.join(filter(None, stack))}#{name}"
            since[key] = min(since.get(key, level), level)
        level = OLDEST
    return since


def too_new(
    app: list[Path], framework: Path, since: Mapping[str, int], min_sdk: int
) -> tuple[list[str], int]:
    """A line for each use of something newer, and the number of framework members looked at.

    app: jars; framework: the API's jar, for the parents of its classes.
    """
    classes = [found for jar in app for found in _classes(jar)]
    parents = {found.name: found.parent for found in classes}
    with zipfile.ZipFile(framework) as archive:
        names = {name.removesuffix(".class") for name in archive.namelist()}
        wrong, seen = set(), set()
        for used in classes:
            allowed = max(min_sdk, _guard(used.name))
            for owner, member in used.members:
                declared = _declaring(owner, member, parents, archive, names, since)
                if declared:
                    seen.add(declared)
                    level = max(since.get(declared, 0), since.get(declared.split("#")[0], 0))
                    if level > allowed:
                        wrong.add(
                            f"{used.name} uses {declared}, which came with API {level} (allowed: {allowed})"
                        )
    return sorted(wrong), len(seen)


def _guard(internal: str) -> int:
    found = GUARDED.fullmatch(internal.rsplit("/", 1)[-1])
    return int(found[1]) if found else 0


def _classes(jar: Path) -> list[class_pool.References]:
    with zipfile.ZipFile(jar) as archive:
        return [class_pool.read(archive.read(n)) for n in archive.namelist() if n.endswith(".class")]


def _declaring(
    owner: str, member: str, parents: dict[str, str], archive: zipfile.ZipFile, names: set[str],
    since: Mapping[str, int],
) -> str:  # fmt: skip
    """`android.view.View#draw`: the first class from `owner` upwards that the list knows it of; the owner's
    own name where the list knows none; "" where no class of the framework is above `owner`.
    """
    start = ""
    while owner:
        if owner.startswith(FRAMEWORK):
            name = owner.replace("/", ".").replace("$", ".")
            start = start or f"{name}#{member}"
            if f"{name}#{member}" in since:
                return f"{name}#{member}"
        if owner not in parents:
            known = owner in names
            parents[owner] = class_pool.read(archive.read(f"{owner}.class")).parent if known else ""
        owner = parents[owner]
    return start
