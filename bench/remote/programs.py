"""Programs of this machine that set-up and emulation start: found, run, and their faults told in one line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.latency import DeviceError

# Program → Debian package(s) that it comes with.
RUNNING = {"qemu-aarch64": "qemu-user", "gcc": "gcc libc6-dev"}
INSTALLING = {"apt-get": "apt", "dpkg-deb": "dpkg"}
PACKAGES = RUNNING | INSTALLING
ERRORS = re.compile(r"E: |ERROR: |.* (fatal )?error: ")  # of apt-get, pip and gcc
SHOWN = 300


def find(names: Sequence[str]) -> dict[str, str]:
    """Program → its path; DeviceError names all that are missing, and what to install."""
    found = {name: shutil.which(name) for name in names}
    if missing := [name for name, path in found.items() if path is None]:
        packages = " ".join(PACKAGES[name] for name in missing)
        raise DeviceError(
            f"--device qemu needs {', '.join(missing)}, not found here: apt-get install {packages} "
            "(on Debian, or a system with Debian's packages)"
        )
    return {name: path for name, path in found.items() if path is not None}


def run(
    command: Sequence[str | Path], what: str, limit_s: float, environment: Mapping[str, str] | None = None
) -> str:
    """stdout of `command`. DeviceError "`what`: reason" where it fails, or has no end after `limit_s`.

    environment: in the place of this process's own.
    """
    inherited = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=limit_s,
            stdin=subprocess.DEVNULL, env=inherited if environment is None else environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise DeviceError(f"{what}: no end after {limit_s:.0f} s") from error
    except OSError as error:
        raise DeviceError(f"{what}: {error.filename}: {error.strerror}") from error
    if done.returncode:
        raise DeviceError(f"{what}: {reason(done.returncode, done.stderr)}")
    return done.stdout


def reason(status: int, stderr: str) -> str:
    """Why a process ended: the first line that calls itself an error, else the last line."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()] or ["no message"]
    telling = next((line for line in lines if ERRORS.match(line)), lines[-1])
    end = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
    return f"{end}: {telling[:SHOWN]}"
