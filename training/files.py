"""Files that are whole or not there: written under a temporary name, then renamed."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOTDIR
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path in the folder of `path`; renamed to `path` when the block ends well, and
    removed when it does not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The name is known before the file is there: no interrupt can fall between the two.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        temporary.touch(exist_ok=False)
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder beside `folder`. When the block ends well the old folder is moved aside, the
    new one into its place, and the old one deleted; when it does not, the old one stays, also when an
    interrupt falls between the two moves. NotADirectoryError where `folder` is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(ENOTDIR, "is a file, not a folder", str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".tmp"))
    aside = staging.with_suffix(".old.tmp")
    try:
        yield staging
        staging.chmod(0o755)
        if folder.exists():
            folder.replace(aside)
        staging.replace(folder)
    finally:
        if aside.exists() and not folder.exists():
            aside.replace(folder)
        shutil.rmtree(staging, ignore_errors=True)
        shutil.rmtree(aside, ignore_errors=True)
