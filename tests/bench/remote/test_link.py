"""Programs that speak with a device: what they send is bounded; and answers one after another."""

from __future__ import annotations

import functools
import hashlib
import http.server
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.latency import DeviceError
from bench.plan import UsageError
from bench.remote import binary, bounded, link
from bench.remote.bounded import Done, Late
from bench.remote.link import Lost
from bench.remote.stream import Stream


@dataclass(frozen=True)
class Here:
    """This machine's own shell as the device."""

    folder: str
    where: str = "here"

    def command(self, text: str) -> list[str]:
        return ["sh", "-c", text]

    def put(self, path: Path, name: str, limit_s: float) -> None:
        (Path(self.folder) / name).write_bytes(path.read_bytes())

    def lost(self, done: Done) -> str:
        return f"ended with {done.status}"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_words_arrive_as_they_are(tmp_path: Path) -> None:
    words = ["a b", "'", '"', "$(id)", "`id`", ";", "\n", "\\", "*", "ü", ""]
    ran = link.run(Here(str(tmp_path)), [*python("import sys; print(sys.argv[1:])"), *words])
    assert ran.text() == f"{words}\n"


@pytest.mark.parametrize("status", [0, 1, 77, 139])
def test_status_and_output(tmp_path: Path, status: int) -> None:
    ran = link.run(Here(str(tmp_path)), ["sh", "-c", f"printf 'no end of line'; echo why >&2; exit {status}"])
    assert (ran.status, ran.output, ran.complaint) == (status, b"no end of line", "why\n")


def test_a_connection_that_breaks_off_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(Lost, match=r"^here: ended with 0$"):
        link.run(Broken(str(tmp_path)), ["true"])


class Broken(Here):
    def command(self, text: str) -> list[str]:
        return ["echo", "half an answer"]


def test_a_device_that_is_silent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(link, "GRACE_SECONDS", 0.1)
    with pytest.raises(Lost, match=r"^here: no answer after 0 s$"):
        link.run(Here(str(tmp_path)), ["sleep", "20"], 0.2)


def test_what_runs_too_long_there_is_stopped_there(tmp_path: Path) -> None:
    with pytest.raises(Late, match=r"^here: no end after 1 s; it was stopped$"):
        link.run_inside(Here(str(tmp_path)), ["sleep", "20"], 1)
    assert link.run_inside(Here(str(tmp_path)), ["pwd"], 5).text().strip() == str(tmp_path)


def test_more_than_was_to_be_expected(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"^here: wrote more than the 1064 bytes"):
        link.run(Here(str(tmp_path)), python("print('x' * 10_000_000)"), limit_bytes=1000)


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(DeviceError, match=r"^x: no-such-program: No such file or directory$"):
        bounded.run(["no-such-program"], "x", 1, 10)


def test_a_file_of_another_size_is_refused(tmp_path: Path) -> None:
    here = Here(str(tmp_path))
    (tmp_path / "out").write_bytes(b"12345")
    assert link.read(here, "out", 5) == b"12345"
    with pytest.raises(DeviceError, match=r"^here: 5 bytes came back, not 6$"):
        link.read(here, "out", 6)
    with pytest.raises(DeviceError, match="No such file"):
        link.read(here, "none", 6)


def test_what_a_device_says_is_one_clean_line() -> None:
    assert link.shown("a\x1b[2Jb\u202e\n  c\t") == "a [2Jb c"
    assert len(link.shown("x" * 1000)) == link.LONGEST
    assert link.last_line("first\n\x07\n") == "first" or link.last_line("first\n\x07\n") == ""


ECHO = "import sys\nwhile c := sys.stdin.buffer.read(4): sys.stdout.buffer.write(c[::-1]); sys.stdout.flush()"


def test_one_request_after_another() -> None:
    stream = Stream(python(ECHO), "x")
    assert [stream.ask(content, 4, 10) for content in (b"abcd", b"1234")] == [b"dcba", b"4321"]
    stream.close()


@pytest.mark.parametrize(
    ("code", "kind", "why"),
    [
        (
            "import sys; sys.exit('ValueError: no such operator')",
            DeviceError,
            "status 1 (ValueError: no such op",
        ),
        (
            "import sys; sys.stderr.write('Connection closed'); sys.exit(255)",
            Lost,
            "status 255 (Connection clo",
        ),
        ("import time; time.sleep(20)", DeviceError, "no answer in time"),
        ("import os; os.kill(os.getpid(), 11)", DeviceError, "status -11 (no message)"),
    ],
)
def test_a_stream_that_ends(code: str, kind: type[DeviceError], why: str) -> None:
    stream = Stream(python(code), "x")
    with pytest.raises(DeviceError) as caught:
        stream.ask(bytes(1_000_000), 4, 1.0)
    assert type(caught.value) is kind
    assert why in str(caught.value)
    stream._process.kill()
    stream.close()


def test_a_line_without_an_end() -> None:
    stream = Stream(python("print('x' * 20_000, end='')"), "x")
    with pytest.raises(DeviceError, match=r"^x: wrote no line$"):
        stream.line(10)
    stream.close()


# --- the tool for a phone


def elf(machine: int) -> bytes:
    return b"\x7fELF" + bytes(14) + machine.to_bytes(2, "little") + bytes(100)


def test_a_tool_for_another_processor(tmp_path: Path) -> None:
    path = tmp_path / "benchmark_model"
    path.write_bytes(elf(62))
    assert binary.local(str(path), "x86_64") == path
    with pytest.raises(UsageError, match=r"is for x86_64, the device is arm64-v8a$"):
        binary.local(str(path), "arm64-v8a")
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(UsageError, match="is no program"):
        binary.local(str(path), "arm64-v8a")
    with pytest.raises(UsageError, match=r"no such file$"):
        binary.local(str(tmp_path / "none"), "arm64-v8a")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Not into the tests' output."""

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def test_a_tool_is_fetched_by_its_hash(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, served: str) -> None:
    monkeypatch.setenv("PLUMB_CACHE", str(tmp_path / "cache"))
    content = elf(183)
    (tmp_path / "tool").write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    path = binary.local(f"{served}/tool#sha256={sha256}", "arm64-v8a")
    assert path.read_bytes() == content
    path.write_bytes(b"#!/bin/sh\n")
    assert binary.local(f"{served}/tool#sha256={sha256}", "arm64-v8a").read_bytes() == content
    (tmp_path / "tool").unlink()
    assert binary.local(f"{served}/tool#sha256={sha256}", "arm64-v8a") == path
    (tmp_path / "tool").write_bytes(content + b"!")
    other = "0" * 64
    with pytest.raises(
        DeviceError, match=f"its SHA-256 is [0-9a-f]{{64}}, not the {other} that was asked for$"
    ):
        binary.local(f"{served}/tool#sha256={other}", "arm64-v8a")
    assert [p.name for p in (tmp_path / "cache" / "benchmark_model").iterdir()] == [sha256]
    with pytest.raises(UsageError, match="add #sha256="):
        binary.local(f"{served}/tool", "arm64-v8a")
    for address in (f"{served}/none", "http://[x", "http://127.0.0.1:port"):
        with pytest.raises(DeviceError, match="could not be fetched"):
            binary.local(f"{address}#sha256={other}", "arm64-v8a")
