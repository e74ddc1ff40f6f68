"""LiteRT's `benchmark_model` for the device: a file here, or one fetched at the user's word."""

from __future__ import annotations

import hashlib
import re
import struct
import urllib.request
from http.client import HTTPException
from pathlib import Path

from bench.files import write_bytes
from bench.latency import DeviceError
from bench.plan import UsageError
from bench.remote import cache
from export import manifest

# e_machine of ELF → what Android and Linux call it.
MACHINES = {
    183: ("arm64-v8a", "aarch64"),
    40: ("armeabi-v7a", "armv7l", "armv6l"),
    62: ("x86_64",),
    3: ("x86", "i686"),
    243: ("riscv64",),
}
FETCHED = re.compile(r"(https?://[^#\s]+)#sha256=([0-9a-f]{64})")
MOST_BYTES = 200_000_000
SECONDS = 60.0


def local(source: str, architecture: str) -> Path:
    """The file on this machine; UsageError where it is none, or made for another kind of processor.

    source: a path, or `https://…#sha256=…`, kept in the cache, and never run unless the hash is right.
    """
    fetched = FETCHED.fullmatch(source)
    if fetched is None and "://" in source:
        raise UsageError(f"--benchmark-binary {source}: add #sha256= and the 64 digits that it must have")
    path = _fetched(*fetched.groups()) if fetched else Path(source)
    if not path.is_file():
        raise UsageError(f"--benchmark-binary {source}: no such file")
    with path.open("rb") as file:
        head = file.read(20)
    if head[:4] == b"\x7fELF":
        kinds = MACHINES.get(struct.unpack("<H", head[18:20])[0], ("another processor",))
        if architecture not in kinds:
            raise UsageError(f"--benchmark-binary {source}: is for {kinds[0]}, the device is {architecture}")
    elif head[:2] != b"#!":
        raise UsageError(f"--benchmark-binary {source}: is no program (nor a script that starts one)")
    return path


def _fetched(address: str, sha256: str) -> Path:
    path = cache.folder() / "benchmark_model" / sha256
    if path.is_file() and manifest.digest(path) == sha256:
        return path
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:
            content = answer.read(MOST_BYTES + 1)
    except (OSError, HTTPException, ValueError) as error:
        raise DeviceError(f"{address}: could not be fetched ({error})") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise DeviceError(f"{address}: its SHA-256 is {found}, not the {sha256} that was asked for")
    write_bytes(path, content)
    return path
