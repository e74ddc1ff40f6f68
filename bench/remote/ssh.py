"""`--device ssh:[user@]host`: a Linux board over the system's ssh.

The board has Python with NumPy and ai-edge-litert; nothing is installed there. What is needed of this project
travels as one archive into the named folder, and runs from it. With --benchmark-binary LiteRT's own tool runs
in its place, for the GPU or without Python.
"""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.latency import DeviceError
from bench.plan import Measured, Plan, Remote, UsageError
from bench.remote import benchmark_model, board, bounded, link, measuring
from bench.remote.bounded import Done
from bench.remote.link import Lost
from bench.remote.measuring import Device
from bench.remote.there import Tool
from bench.testsets.shot import Shots

FOLDER = ".cache/plumb-bench"  # in the user's home
CONNECT_SECONDS = 10
REFUSED = 255  # ssh's own faults
# Neither an option, nor anything that a shell or a file transfer takes for more than a name.
HOST = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9_\[][A-Za-z0-9_.:\[\]%-]*")


@dataclass(frozen=True)
class SshLink:
    """One board. control: the socket of the connection that all commands share."""

    ssh: str
    host: str
    control: Path
    folder: str = FOLDER

    @property
    def where(self) -> str:
        return f"ssh:{self.host}"

    def options(self) -> list[str]:
        """No questions: there may be nobody to answer them."""
        return [
            "-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECT_SECONDS}", "-o", "ServerAliveInterval=5",
            "-o", "ServerAliveCountMax=3", "-o", "ControlMaster=auto", "-o", f"ControlPath={self.control}",
            "-o", "ControlPersist=60",
        ]  # fmt: skip

    def command(self, text: str) -> list[str]:
        return [self.ssh, *self.options(), "-T", "--", self.host, f"exec sh -c {shlex.quote(text)}"]

    def put(self, path: Path, name: str, limit_s: float) -> None:
        """Through ssh itself: scp's ways of naming a file on the other side depend on its version."""
        text = shlex.join(["dd", f"of={self.folder}/{name}", "bs=65536"])
        done = link.answered(self, self.command(text), limit_s, content=path.read_bytes())
        if done.status == REFUSED:
            raise Lost(f"{self.where}: {self.lost(done)}")
        if done.status:
            said = done.stderr
            if "No space left" in said:
                raise DeviceError(f"{self.where}: no space left in {self.folder}: make room there")
            raise DeviceError(f"{self.where}: {path.name} could not be copied ({link.last_line(said)})")

    def lost(self, done: Done) -> str:
        said = link.last_line(done.stderr)
        if "Permission denied" in said:
            return f"lets nobody in without a question ({said}): set up a key (ssh-copy-id {self.host})"
        if "Host key verification failed" in done.stderr:
            return f"is not known yet: ssh {self.host} once, and look at its key"
        return f"the connection failed or broke off ({said})"


def measure(plan: Plan, sets: Mapping[str, Shots], say: Callable[[str], None]) -> Measured:
    """A row for each .tflite file, delegate and number of threads. DeviceError, UsageError."""
    measuring.require_tflite(plan, "ssh")
    with connected(plan.remote) as connection:
        link.prepare(connection)
        found = board.describe(connection)
        say(f"{connection.where}: {found.title}")
        device = Device(
            found.title, found.machine, connection, _tool(connection, plan.remote, found), found.cores
        )
        return measuring.measure(device, plan, sets, say)


def clean(remote: Remote, say: Callable[[str], None]) -> None:
    with connected(remote) as connection:
        there = link.clean(connection)
        say(f"{connection.where}: {FOLDER} {'removed' if there else 'was not there'}")


def _tool(connection: SshLink, remote: Remote, found: board.Board) -> Tool:
    if not remote.binary:
        return board.tool(connection, remote.python)
    made = benchmark_model.tool(connection, remote.binary, str(found.machine["architecture"]))
    return benchmark_model.BenchmarkModel(connection, made.name, ("XNNPACK", "GPU"))


@contextmanager
def connected(remote: Remote) -> Iterator[SshLink]:
    """One connection for all commands; closed at the end. UsageError, DeviceError, Lost."""
    if not HOST.fullmatch(remote.address):
        raise UsageError(f"--device ssh:{remote.address}: ssh:[user@]host, with names as ssh has them")
    ssh = shutil.which("ssh")
    if ssh is None:
        raise DeviceError("--device ssh needs ssh, not found here: apt-get install openssh-client")
    with tempfile.TemporaryDirectory(prefix="plumb-ssh-") as folder:
        connection = SshLink(ssh, remote.address, Path(folder) / "c")
        try:
            yield connection
        finally:
            ending = [ssh, *connection.options(), "-O", "exit", "--", remote.address]
            bounded.run(ending, connection.where, link.SECONDS, link.OUTPUT_BYTES)
