"""A stand-in for a phone's adbd on loopback, which real adb clients connect to, and its faults.

It speaks the transport protocol (CNXN, AUTH, OPEN, WRTE, OKAY, CLSE), `shell:` with protocol v2, `sync:` of
version 1. Commands run in this machine's shell; where they name one of PLACES, that of the phone is taken.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import threading
from pathlib import Path

PLACES = (
    "/data/local/tmp",
    "/sdcard/Android",
    "/sys/class",
    "/sys/devices",
    "/proc/cpuinfo",
    "/proc/meminfo",
)
VERSION, MAX_PAYLOAD, CHUNK = 0x01000001, 256 * 1024, 65536
NAMES = ("CNXN", "AUTH", "OPEN", "OKAY", "WRTE", "CLSE")
CODES = {name: struct.unpack("<I", name.encode())[0] for name in NAMES}
COMMANDS = {code: name for name, code in CODES.items()}
TOKEN = 1


class Adbd:
    """Listens until closed. root: the phone's files; its `bin` comes first in PATH.

    authorised: else the client's keys are never accepted · unplug_after: bytes pushed until it is cut
    off · unplug_at: a word of the command that cuts it off · full: nothing more can be written.
    """

    def __init__(self, root: Path, name: str = "Stand-in", authorised: bool = True) -> None:
        self.root, self.name, self.authorised = root, name, authorised
        self.unplug_after: int | None = None
        self.unplug_at = ""
        self.full = False
        self.pushed = 0
        self.commands: list[str] = []
        self.running: set[int] = set()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.serial = f"127.0.0.1:{self.port}"
        self._start(self._accept)

    def _start(self, work: object, *arguments: object) -> None:
        assert callable(work)
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def start(self, stream: Stream) -> None:
        self._start(stream.serve)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(connection)
            self._start(Connection(self, connection).serve)

    def unplug(self) -> None:
        for connection in [self._listening, *self._open]:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def close(self) -> None:
        self.unplug()
        for process in list(self.running):
            try:
                os.killpg(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for thread in self._threads:
            thread.join(5)
        for connection in [self._listening, *self._open]:
            connection.close()

    def place(self, path: str) -> Path:
        """Where a file of the phone lies on this machine."""
        return self.root / path.lstrip("/")

    def command(self, text: str) -> str:
        for place in PLACES:
            text = text.replace(place, str(self.place(place)))
        return text


class Connection:
    """One client."""

    def __init__(self, adbd: Adbd, connection: socket.socket) -> None:
        self.adbd, self._socket = adbd, connection
        self._lock = threading.Lock()
        self._streams: dict[int, Stream] = {}

    def send(self, command: str, first: int, second: int, content: bytes = b"") -> None:
        checksum, magic = sum(content) & 0xFFFFFFFF, CODES[command] ^ 0xFFFFFFFF
        head = struct.pack("<6I", CODES[command], first, second, len(content), checksum, magic)
        with self._lock:
            try:
                self._socket.sendall(head + content)
            except OSError as error:
                raise EOFError from error

    def serve(self) -> None:
        try:
            while True:
                code, first, second, length, _, _ = struct.unpack("<6I", self._read(24))
                self._handle(COMMANDS.get(code, ""), first, second, self._read(length))
        except (EOFError, OSError):
            for stream in list(self._streams.values()):
                stream.end()

    def _handle(self, command: str, first: int, second: int, content: bytes) -> None:
        if command in ("CNXN", "AUTH") and not self.adbd.authorised:
            self.send("AUTH", TOKEN, 0, bytes(20))
        elif command == "CNXN":
            features = "features=cmd,shell_v2"
            banner = (
                f"device::ro.product.name=x;ro.product.model={self.adbd.name};ro.product.device=x;{features}"
            )
            self.send("CNXN", VERSION, MAX_PAYLOAD, banner.encode())
        elif command == "OPEN":
            number = len(self._streams) + 1
            stream = Stream(self, number, first, content.rstrip(b"\0").decode())
            self._streams[number] = stream
            self.adbd.start(stream)
        elif command == "WRTE" and second in self._streams:
            self._streams[second].feed(content)
        elif command == "OKAY" and second in self._streams:
            self._streams[second].acknowledged.release()
        elif command == "CLSE" and second in self._streams:
            self._streams[second].end()

    def _read(self, count: int) -> bytes:
        content = b""
        while len(content) < count:
            part = self._socket.recv(count - len(content))
            if not part:
                raise EOFError
            content += part
        return content


class Stream:
    """One service that a client opened."""

    def __init__(self, connection: Connection, own: int, peer: int, service: str) -> None:
        self._connection, self._own, self._peer, self._service = connection, own, peer, service
        self._adbd = connection.adbd
        self.acknowledged = threading.Semaphore(0)
        self._content = b""
        self._changed = threading.Condition()
        self._ended = False

    def feed(self, content: bytes) -> None:
        with self._changed:
            self._content += content
            self._changed.notify()
        self._connection.send("OKAY", self._own, self._peer)

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify()
        self.acknowledged.release()

    def serve(self) -> None:
        try:
            self._connection.send("OKAY", self._own, self._peer)
            if self._service == "sync:":
                self._sync()
            elif self._service.startswith(("shell", "exec:")):
                self._shell()
            self._connection.send("CLSE", self._own, self._peer)
        except EOFError:
            return

    def _read(self, count: int) -> bytes:
        with self._changed:
            while len(self._content) < count:
                if self._ended:
                    raise EOFError
                self._changed.wait()
            part, self._content = self._content[:count], self._content[count:]
        return part

    def _write(self, content: bytes) -> None:
        for start in range(0, len(content), CHUNK):
            self._connection.send("WRTE", self._own, self._peer, content[start : start + CHUNK])
            self.acknowledged.acquire()
            if self._ended:
                raise EOFError

    def _shell(self) -> None:
        """As adbd does: a process of its own group, which goes on where the client leaves."""
        options, _, command = self._service.partition(":")
        self._adbd.commands.append(command)
        if self._adbd.unplug_at and self._adbd.unplug_at in command:
            self._adbd.unplug()
            raise EOFError
        environment = {**os.environ, "PATH": f"{self._adbd.root / 'bin'}:{os.environ['PATH']}"}
        environment["PHONE"] = str(self._adbd.root)
        process = subprocess.Popen(
            ["/bin/sh", "-c", self._adbd.command(command)], cwd=self._adbd.root, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self._adbd.running.add(process.pid)
        stdout, stderr = process.communicate()
        self._adbd.running.discard(process.pid)
        if ",v2" not in options:
            self._write(stdout + stderr)
            return
        for number, content in ((1, stdout), (2, stderr)):
            for start in range(0, len(content), CHUNK):
                part = content[start : start + CHUNK]
                self._write(struct.pack("<BI", number, len(part)) + part)
        status = process.returncode if process.returncode >= 0 else 128 - process.returncode
        self._write(struct.pack("<BIB", 3, 1, status))

    def _sync(self) -> None:
        while True:
            command, length = self._read(4), struct.unpack("<I", self._read(4))[0]
            name = self._read(length).decode() if length else ""
            if command == b"QUIT":
                return
            if command == b"STAT":
                self._write(b"STAT" + self._stat(self._adbd.place(name)))
            elif command == b"SEND":
                self._receive(self._adbd.place(name.rpartition(",")[0]))
            elif command == b"RECV":
                self._give(self._adbd.place(name))
            else:
                self._fail("unknown command")

    def _stat(self, path: Path) -> bytes:
        try:
            found = path.stat()
        except OSError:
            return bytes(12)
        return struct.pack("<3I", found.st_mode, found.st_size & 0xFFFFFFFF, int(found.st_mtime))

    def _receive(self, path: Path) -> None:
        if not self._adbd.full:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        while True:
            command, length = self._read(4), struct.unpack("<I", self._read(4))[0]
            if command == b"DONE":
                break
            content = self._read(length)
            self._adbd.pushed += length
            if self._adbd.unplug_after is not None and self._adbd.pushed > self._adbd.unplug_after:
                self._adbd.unplug()
                raise EOFError
            if not self._adbd.full:
                with path.open("ab") as file:
                    file.write(content)
        if self._adbd.full:
            self._fail("write failed: No space left on device")
        else:
            self._write(b"OKAY" + bytes(4))

    def _give(self, path: Path) -> None:
        if not path.is_file():
            self._fail("open failed: No such file or directory")
            return
        with path.open("rb") as file:
            while part := file.read(CHUNK):
                self._write(b"DATA" + struct.pack("<I", len(part)) + part)
        self._write(b"DONE" + bytes(4))

    def _fail(self, why: str) -> None:
        self._write(b"FAIL" + struct.pack("<I", len(why)) + why.encode())
