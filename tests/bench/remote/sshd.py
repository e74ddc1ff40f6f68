"""A real sshd on loopback as the board, and an `ssh` in PATH that finds it under the name `board`."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bench.remote import fakes

# The board's home is a folder of the test's, not that of the user who runs it.
LOGIN = '#!/bin/sh\ncd {home} && exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n'
WRAPPER = '#!/bin/sh\nexec {ssh} -F {config} "$@"\n'
SERVER = """ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/client_key.pub
PidFile {folder}/pid
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
SetEnv HOME={home} PATH={path}
ForceCommand {folder}/bin/login
"""
CLIENT = """Host board
  HostName 127.0.0.1
  Port {port}
  User {user}
  IdentityFile {folder}/client_key
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known
  StrictHostKeyChecking accept-new
Host stranger
  HostName 127.0.0.1
  Port {port}
  UserKnownHostsFile {folder}/known
  StrictHostKeyChecking accept-new
  IdentityFile /dev/null
  IdentitiesOnly yes
Host nobody
  HostName 127.0.0.1
  Port 1
"""


@contextmanager
def board(folder: Path) -> Iterator[Path]:
    """The board's home folder. Skips where sshd may not be started."""
    sshd, ssh = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin"), shutil.which("ssh")
    if sshd is None or ssh is None:
        pytest.skip("no sshd or ssh on this machine (apt-get install openssh-server openssh-client)")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    home = folder / "home"
    home.mkdir()
    for key in ("host_key", "client_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    values = {
        "folder": folder,
        "port": port,
        "home": home,
        "path": os.environ["PATH"],
        "user": getpass.getuser(),
    }
    (folder / "server").write_text(SERVER.format(**values))
    (folder / "client").write_text(CLIENT.format(**values))
    fakes.write(folder / "bin" / "login", LOGIN.format(home=home))
    fakes.write(folder / "bin" / "ssh", WRAPPER.format(ssh=ssh, config=folder / "client"))
    log = str(folder / "log")
    process = subprocess.Popen([sshd, "-D", "-f", str(folder / "server"), "-E", log])
    try:
        _await(port)
        yield home
    finally:
        process.terminate()
        process.wait(10)


def _await(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.skip("sshd did not start")
