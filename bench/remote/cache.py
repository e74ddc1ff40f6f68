"""The folder where set-up on demand puts what it makes: never the project's, whole or not there."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "PLUMB_CACHE"
BUILDING = ".building"


def folder() -> Path:
    """`$PLUMB_CACHE`, else `$XDG_CACHE_HOME/plumb-depth`, else `~/.cache/plumb-depth`."""
    if given := os.environ.get(VARIABLE):
        return Path(given).absolute()
    # The XDG specification: a path that is not absolute is to be ignored.
    general = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (general if general.is_absolute() else Path.home() / ".cache") / "plumb-depth"


@contextmanager
def locked(place: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Only one process at a time works in `place`, which is made; a second one says that it waits."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another run that works in {place}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def building(final: Path) -> Iterator[Path]:
    """A folder to fill: it becomes `final` where the block ends well, and is removed where it does not.

    To be used under `locked`: what a killed process left behind is removed first.
    """
    temporary = final.with_name(f".{final.name}{BUILDING}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        temporary.replace(final)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
