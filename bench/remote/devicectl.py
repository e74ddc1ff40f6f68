"""Xcode's `devicectl`: the iPhones and iPads of this Mac, what is on them, and an app's files.

It is asked in argument lists and answers with the JSON of `--json-output`; what it prints is for people, and
what an app writes. It copies into an app's container and out of it, but deletes nothing there; its
`--remove-existing-content` empties more than the folder that it is given, and is never used.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.latency import DeviceError
from bench.remote import bounded, link
from bench.remote.link import Lost

SECONDS = 60.0  # of a command that only looks something up; the first one connects to the phone
ANSWER_BYTES = 8_000_000
OUTPUT_BYTES = 16_000_000
DEEPEST = 10  # errors within errors
IOS = "iOS"  # of iPads too

# What its errors say, in parts of sentences and in domains → what to do; the first that fits.
LOCKED = "is locked: unlock it, and keep it unlocked while it measures"
ABSENT = "has no sample app, or not one that this Mac put there: ios_demo/README.md says how to install it"
DEVELOPER_MODE = "has Developer Mode off: Settings › Privacy & Security › Developer Mode"
UNTRUSTED = "does not trust the app's developer: Settings › General › VPN & Device Management"
UNPREPARED = "is not ready for development: unlock it, and open Xcode once while it is connected"
GONE = "went away: plug it in again"
TROUBLES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("could not be, unlocked", "device is locked", "CodeDescription: Locked", "preflight checks"), LOCKED),
    (("developer mode",), DEVELOPER_MODE),
    (("explicitly trusted", "invalid code signature"), UNTRUSTED),
    (("ContainerLookupErrorDomain", "FBSApplicationLibrary", "not installed"), ABSENT),
    (("developer disk image",), UNPREPARED),
    (("No space left", "POSIXErrorDomain 28"), "has no space left: make room on it"),
    (
        ("ControlChannelConnectionError", "RemotePairingError", "NWError", "connection was invalidated",
         "tunnel connection", "device was not found", "disconnected", "not connected",
         "connection interrupted"),
        GONE,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Phone:
    """What the list says of one. udid: as people know it · state: of the connection · system: the version.

    developer_mode: "" where it is not known before a connection.
    """

    identifier: str
    udid: str
    name: str
    model: str
    product: str
    system: str
    state: str
    pairing: str
    developer_mode: str

    @property
    def where(self) -> str:
        return f"ios:{link.shown(self.udid)}"


def program() -> str:
    """Of xcrun; DeviceError where there is none."""
    if found := shutil.which("xcrun"):
        return found
    raise DeviceError("--device ios needs Xcode's devicectl, not found here: a Mac with Xcode 16 or newer")


def call(
    words: Sequence[str],
    where: str,
    limit_s: float = SECONDS,
    app: Sequence[str] = (),
) -> tuple[dict[str, Any], str]:
    """`xcrun devicectl words`, with `app` behind them: its `result`, and what was printed meanwhile.

    Lost, DeviceError "`where` reason" for its errors, but not for an app that tells of an error of its own;
    Late where it has no end.
    """
    with tempfile.TemporaryDirectory(prefix="plumb-ios-") as folder:
        answer = Path(folder) / "answer.json"
        command = [program(), "devicectl", *words, "--json-output", str(answer), *app]
        done = bounded.run(command, where, limit_s, OUTPUT_BYTES)
        values = _read(answer, where)
    printed = done.stdout.decode("utf-8", errors="replace") + "\n" + done.stderr
    error = values.get("error")
    if error is None and done.status == 0 and isinstance(values.get("result"), dict):
        return values["result"], printed
    if app and words_of_app(printed):
        return {}, printed
    raise trouble(where, list(_sentences(error)) or complaints(printed))


def trouble(where: str, sentences: Sequence[str]) -> DeviceError:
    """What went wrong, from all that an error says. Lost: no file can be measured before it is set right."""
    text = " ".join(sentences).lower()
    for parts, advice in TROUBLES:
        if any(part.lower() in text for part in parts):
            return Lost(f"{where} {advice}")
    return DeviceError(f"{where}: devicectl failed ({link.shown(next(iter(sentences), 'no message'))})")


def complaints(printed: str) -> list[str]:
    """The lines of a text that begin with "error:", else its last."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    return [line for line in lines if line.lower().startswith("error:")] or lines[-1:]


def words_of_app(printed: str) -> str:
    """The last line in which the app itself tells of an error, "" where it does not."""
    return next((line for line in reversed(printed.splitlines()) if line.startswith("error: ")), "")


def phones() -> list[Phone]:
    """All iPhones and iPads that this Mac knows, connected or not; no simulators."""
    result, _ = call(["list", "devices"], "devicectl")
    entries = result.get("devices")
    found = (
        [_phone(entry) for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    )
    return [phone for phone in found if phone is not None]


def details(phone: Phone) -> Phone:
    """The same after a connection was made: Developer Mode is known then."""
    result, _ = call(["device", "info", "details", "--device", phone.identifier], phone.where)
    return _phone(result) or phone


def has_app(phone: Phone, bundle: str) -> bool:
    words = ["device", "info", "apps", "--device", phone.identifier, "--bundle-id", bundle]
    result, _ = call(words, phone.where)
    apps = result.get("apps")
    return isinstance(apps, list) and any(
        isinstance(app, dict) and app.get("bundleIdentifier") == bundle for app in apps
    )


def put(phone: Phone, bundle: str, path: Path, target: str, limit_s: float) -> None:
    """Copy a file, or what is in a folder, to `target` in the app's container."""
    _copy("to", phone, bundle, str(path.resolve()), target, limit_s)


def get(phone: Phone, bundle: str, source: str, limit_s: float, limit_bytes: int) -> bytes:
    """A file of the app's container; DeviceError where it is larger than it may be."""
    with tempfile.TemporaryDirectory(prefix="plumb-ios-") as folder:
        copy = Path(folder) / "copy"
        _copy("from", phone, bundle, source, str(copy), limit_s)
        if not copy.is_file() or copy.is_symlink():
            raise DeviceError(f"{phone.where}: {source} did not arrive")
        if (size := copy.stat().st_size) > limit_bytes:
            raise DeviceError(f"{phone.where}: {source} has {size} bytes, more than {limit_bytes}")
        return copy.read_bytes()


def launch(phone: Phone, bundle: str, arguments: Sequence[str], limit_s: float) -> str:
    """Start the app anew and wait for its end; what it printed."""
    words = ["device", "process", "launch", "--device", phone.identifier, "--console", "--terminate-existing"]
    return call(words, phone.where, limit_s, app=[bundle, "--", *arguments])[1]


def _copy(way: str, phone: Phone, bundle: str, source: str, destination: str, limit_s: float) -> None:
    words = [
        "device", "copy", way, "--device", phone.identifier, "--domain-type", "appDataContainer",
        "--domain-identifier", bundle, "--source", source, "--destination", destination,
    ]  # fmt: skip
    try:
        call(words, phone.where, limit_s)
    except bounded.Late as error:
        raise Lost(f"{phone.where}: copying had no end after {limit_s:.0f} s: plug it in again") from error


def _read(path: Path, where: str) -> dict[str, Any]:
    """The answer, {} where none was written. DeviceError for what is none."""
    try:
        if path.stat().st_size > ANSWER_BYTES:
            raise DeviceError(f"{where}: devicectl's answer is larger than {ANSWER_BYTES} bytes")
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:
        raise DeviceError(f"{where}: devicectl's answer is not JSON that can be read") from error
    return values if isinstance(values, dict) else {}


def _sentences(error: Any, depth: int = 0) -> Sequence[str]:
    """All that an error and those under it say: texts, then domain and code."""
    if not isinstance(error, dict) or depth > DEEPEST:
        return []
    told = error.get("userInfo")
    info: Mapping[str, Any] = told if isinstance(told, dict) else {}
    texts = [f"{_plain(key)}{value['string']}" for key, value in info.items() if _is_text(value)]
    under = info.get("NSUnderlyingError")
    inner = _sentences(under.get("error"), depth + 1) if isinstance(under, dict) else []
    return [*texts, f"{error.get('domain')} {error.get('code')}", *inner]


def _is_text(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("string"), str)


def _plain(key: str) -> str:
    """Descriptions of an error are sentences; other values need their name."""
    return "" if key.startswith("NSLocalized") else f"{key}: "


# Field of Phone → where it lies in an entry, since Xcode 27 and before it.
PLACES = {
    "udid": ("properties.hardware.udid", "hardwareProperties.udid"),
    "name": ("properties.state.name", "deviceProperties.name"),
    "model": ("properties.hardware.marketingName", "hardwareProperties.marketingName"),
    "product": ("properties.hardware.productType", "hardwareProperties.productType"),
    "system": ("properties.software.osVersionNumber.stringValue", "deviceProperties.osVersionNumber"),
    "state": ("properties.connection.state", "connectionProperties.tunnelState"),
    "pairing": ("properties.connection.pairingState", "connectionProperties.pairingState"),
    "developer_mode": ("properties.state.developerModeStatus", "deviceProperties.developerModeStatus"),
    "platform": ("properties.hardware.platform", "hardwareProperties.platform"),
    "reality": ("properties.hardware.reality", "hardwareProperties.reality"),
}


def _phone(entry: Mapping[str, Any]) -> Phone | None:
    """None for an entry without a name to call it by, for watches and the like, and for simulators."""
    known = {field: next(filter(None, (_at(entry, place) for place in places)), "")
             for field, places in PLACES.items()}  # fmt: skip
    platform, reality = known.pop("platform"), known.pop("reality")
    identifier = _at(entry, "identifier")
    if not identifier or platform not in ("", IOS) or reality == "simulated":
        return None
    return Phone(identifier=identifier, **known | {"udid": known["udid"] or identifier})


def _at(entry: Any, place: str) -> str:
    """The text at a dotted path, "" where there is none; of `{"enabled": {…}}` its only key."""
    for key in place.split("."):
        entry = entry.get(key) if isinstance(entry, dict) else None
    if isinstance(entry, dict) and len(entry) == 1:
        entry = next(iter(entry))
    return entry if isinstance(entry, str) else ""
