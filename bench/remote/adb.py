"""`--device adb[:SERIAL]`: an Android phone over adb.

The client is the system's `adb`, else the one that the package adbutils brings: started as a program.
adbutils' own functions were tried: a full disk is "FAIL" there, a pulled cable "" or a bare EOFError, and
copying takes 40 times as long.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from bench.latency import DeviceError
from bench.plan import Measured, Plan, Remote
from bench.remote import android, app, benchmark_model, bounded, link, measuring
from bench.remote.bounded import Done
from bench.remote.link import Lost
from bench.remote.measuring import Device
from bench.remote.there import Tool
from bench.testsets.shot import Shots

FOLDER = "/data/local/tmp/plumb-bench"
SECONDS = 30.0
EMULATOR = "emulator-"
# What `adb devices` says of one that cannot be used, and what to do.
STATES = {
    "unauthorized": "does not trust this machine yet: unlock it and allow USB debugging",
    "authorizing": "is asking whether to trust this machine: unlock it and allow USB debugging",
    "offline": "does not answer: plug it in again, or switch USB debugging off and on",
    "no permissions": "may not be opened by this user: see android-sdk-platform-tools-common",
    "recovery": "is in recovery: start Android",
    "sideload": "is in sideload mode: start Android",
    "bootloader": "is in the bootloader: start Android",
}
PULLED_OUT = ("device offline", "not found", "no devices", "closed", "couldn't read from device")


@dataclass(frozen=True)
class AdbLink:
    """One phone. adb: the client's path."""

    adb: str
    serial: str
    folder: str = FOLDER

    @property
    def where(self) -> str:
        return f"adb:{link.shown(self.serial)}"

    def command(self, text: str) -> list[str]:
        return [self.adb, "-s", self.serial, "shell", "-n", "-T", text]

    def put(self, path: Path, name: str, limit_s: float) -> None:
        command = [self.adb, "-s", self.serial, "push", str(path.resolve()), f"{self.folder}/{name}"]
        done = link.answered(self, command, limit_s)
        if done.status:
            said = f"{done.stdout.decode('utf-8', errors='replace')} {done.stderr}"
            if "No space left" in said:
                raise DeviceError(f"{self.where}: no space left in {self.folder}: make room there")
            if any(word in said for word in PULLED_OUT):
                raise Lost(f"{self.where}: {self.lost(done)}")
            raise DeviceError(f"{self.where}: {path.name} could not be copied ({link.reason(said)})")

    def lost(self, done: Done) -> str:
        said = link.reason(done.stderr) if done.stderr.strip() else ""
        return f"the phone went away{f' ({said})' if said else ''}: plug it in again"


def measure(plan: Plan, sets: Mapping[str, Shots], say: Callable[[str], None]) -> Measured:
    """A row for each .tflite file, delegate and number of threads. DeviceError, UsageError."""
    measuring.require_tflite(plan, "adb")
    connection = attached(plan.remote.address, say)
    phone = android.describe(connection)
    android.require_ready(connection)
    say(f"{connection.where}: {phone.title}")
    tool = _tool(connection, phone, plan)
    device = Device(phone.title, phone.machine, connection, tool, phone.cores)
    return measuring.measure(device, plan, sets, say)


def clean(remote: Remote, say: Callable[[str], None]) -> None:
    """Remove what a benchmark left on the phone: its folder, and the app's."""
    connection = attached(remote.address, say)
    there = link.clean(connection)
    app.clean(connection)
    say(f"{connection.where}: {FOLDER} {'removed' if there else 'was not there'}")


def _tool(connection: AdbLink, phone: android.Phone, plan: Plan) -> Tool:
    if plan.remote.binary:
        link.prepare(connection)
        return benchmark_model.tool(connection, plan.remote.binary, phone.abi)
    return app.tool(AdbLink(connection.adb, connection.serial, app.FILES), plan.models)


def client() -> str:
    """The adb program; DeviceError where there is none."""
    if found := shutil.which("adb"):
        return found
    try:
        brought = import_module("adbutils")
    except ImportError as error:
        raise DeviceError(
            "--device adb needs adb, not found here: pip install adbutils, or apt-get install adb"
        ) from error
    return str(brought.adb_path())


def attached(serial: str, say: Callable[[str], None]) -> AdbLink:
    """The phone with this serial, or the only one. DeviceError says what is in the way."""
    adb = client()
    bounded.run([adb, "start-server"], "adb", SECONDS, link.OUTPUT_BYTES)
    done = bounded.run([adb, "devices"], "adb", SECONDS, link.OUTPUT_BYTES)
    if done.status:
        raise DeviceError(f"adb: {link.last_line(done.stderr)}")
    chosen = choose(states(done.stdout.decode("utf-8", errors="replace")), serial)
    connection = AdbLink(adb, chosen)
    if android.is_emulator(connection):
        if not serial:
            raise DeviceError(
                f"only an emulator is attached ({link.shown(chosen)}), whose times say nothing of a phone; "
                f"--device adb:{link.shown(chosen)} measures it all the same"
            )
        say(f"{connection.where}: an emulator: its times say nothing of a phone")
    return connection


def states(listing: str) -> dict[str, str]:
    """Serial → state, of what `adb devices` prints."""
    lines = (line.split("\t", 1) for line in listing.splitlines() if "\t" in line)
    return {serial: state.strip() for serial, state in lines}


def choose(found: Mapping[str, str], serial: str) -> str:
    """A serial that can be used; phones go before emulators."""
    if serial and serial not in found:
        raise DeviceError(f"adb:{link.shown(serial)} is not attached ({_named(list(found))})")
    if not found:
        raise DeviceError(
            "no phone is attached: plug it in, and switch on USB debugging in developer options"
        )
    usable = [name for name, state in found.items() if state == "device"]
    phones = [name for name in usable if not name.startswith(EMULATOR)] or usable
    if serial or not usable:
        name = serial or next(iter(found))
        if found[name] != "device":
            raise DeviceError(f"adb:{link.shown(name)} {_trouble(found[name])}")
        return name
    if len(phones) > 1:
        raise DeviceError(
            f"{len(phones)} phones are attached ({', '.join(map(link.shown, phones))}): "
            f"--device adb:{link.shown(phones[0])} measures the first"
        )
    return phones[0]


def _trouble(state: str) -> str:
    known = next((words for start, words in STATES.items() if state.startswith(start)), None)
    return known or f"is '{link.shown(state)}', as adb says: start Android, and plug it in again"


def _named(serials: Sequence[str]) -> str:
    return f"attached: {', '.join(map(link.shown, serials))}" if serials else "nothing is"
