"""What an Android phone is, and whether it is fit to be measured."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.latency import DeviceError
from bench.remote import gauges, link
from bench.remote.link import Link

# Property → key of the machine's description; the properties are asked for in this order.
PROPERTIES = {
    "ro.product.manufacturer": "manufacturer",
    "ro.product.model": "model",
    "ro.soc.manufacturer": "soc_maker",
    "ro.soc.model": "soc",
    "ro.hardware": "hardware",
    "ro.build.version.release": "android",
    "ro.build.version.sdk": "api",
    "ro.product.cpu.abi": "abi",
}
GET = 'for name in "$@"; do printf "%s\\n" "$(getprop "$name" | head -c 200 | head -n 1)"; done'
EMULATED = ("ro.boot.qemu", "ro.kernel.qemu")
LEAST_CHARGE = 15.0  # percent: below, phones save power and are slow
MEMORY = re.compile(r"MemTotal:\s+(\d{1,12}) kB")


@dataclass(frozen=True)
class Phone:
    """title: as rows name it · machine: as reports describe it."""

    title: str
    abi: str
    cores: int
    machine: dict[str, Any]


def properties(connection: Link, names: Sequence[str]) -> list[str]:
    """Their values, "" for those that are not set."""
    lines = link.run(connection, ["sh", "-c", GET, "plumb", *names]).text().split("\n")
    return [link.shown(line) for line in [*lines, *[""] * len(names)][: len(names)]]


def describe(connection: Link) -> Phone:
    """The phone's own words, cleaned; no serial number: reports are shown around."""
    values = dict(zip(PROPERTIES.values(), properties(connection, tuple(PROPERTIES)), strict=True))
    maker, model = values["manufacturer"], values["model"] or "Android phone"
    title = model if model.lower().startswith(maker.lower()) else f"{maker} {model}"
    if is_emulator(connection):
        title += " (emulator)"
    looked = link.run(connection, ["sh", "-c", "cat /proc/cpuinfo; cat /proc/meminfo; exit 0"]).text()
    cores = len(re.findall(r"^processor\s*:", looked, re.MULTILINE))
    memory = MEMORY.search(looked)
    chip = f"{values['soc_maker']} {values['soc']}".strip() or values["hardware"]
    known = {
        "device": title,
        "processor": chip,
        "cores": cores or None,
        "memory_bytes": 1024 * int(memory[1]) if memory else None,
        "system": f"Android {values['android']} (API {values['api']})" if values["android"] else None,
        "architecture": values["abi"],
    }
    return Phone(title, values["abi"], cores or 4, {key: value for key, value in known.items() if value})


def is_emulator(connection: Link) -> bool:
    return "1" in properties(connection, EMULATED)


def require_ready(connection: Link) -> gauges.Reading:
    """DeviceError where the battery is too low for figures that mean something."""
    reading = gauges.read(connection)
    if reading.charge is not None and reading.charge < LEAST_CHARGE and not reading.charging:
        raise DeviceError(
            f"{connection.where}: the battery is at {reading.charge:.0f} %, where phones save power: "
            f"charge it to {LEAST_CHARGE:.0f} % at least"
        )
    return reading
