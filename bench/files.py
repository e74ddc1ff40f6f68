"""Files that are whole or not there: written under a temporary name, then renamed."""

from __future__ import annotations

import secrets
from pathlib import Path


def write_bytes(path: Path, content: bytes) -> None:
    """Put `content` into `path`; whatever was there stays until all of it is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The name is known before the file is there: no interrupt can fall between the two.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode("utf-8"))
