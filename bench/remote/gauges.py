"""Temperature, clock and power of a device, read from what it shows of itself; each may be absent.

Android: `dumpsys battery` and `dumpsys thermalservice`. Linux: /sys, which Android too has in part.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from threading import Event, Thread

from bench.latency import DeviceError
from bench.remote import link
from bench.remote.link import Link

# Every line: a word that says what it is, then the figures. Errors: not allowed, or not there.
SCRIPT = """
for zone in /sys/class/thermal/thermal_zone*; do
  echo "zone $(cat "$zone/temp" 2>/dev/null) $(cat "$zone/type" 2>/dev/null)"
done
for clock in /sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_cur_freq; do
  echo "clock $(cat "$clock" 2>/dev/null)"
done
for gauge in /sys/class/power_supply/*; do
  if [ "$(cat "$gauge/type" 2>/dev/null)" = Battery ]; then
    for name in current_now voltage_now status capacity temp; do
      echo "battery $name $(cat "$gauge/$name" 2>/dev/null)"
    done
  fi
done
if command -v dumpsys >/dev/null 2>&1; then
  dumpsys battery | sed 's/^/dump /'
  dumpsys thermalservice 2>/dev/null | sed 's/^/thermal /'
fi
exit 0
"""
LIMIT_BYTES = 200_000
THERMAL = re.compile(r"Temperature\{mValue=(-?\d{1,6}(?:\.\d{1,9})?), mType=0,")
COOLEST_C, HOTTEST_C = -20.0, 125.0  # outside, a sensor means something else
PROCESSOR = re.compile(r"cpu|soc|x86_pkg|tsens", re.IGNORECASE)
LEAST_WATTS, MOST_WATTS = 0.2, 60.0
DISCHARGING = ("discharging", "3")  # /sys, dumpsys
EVERY_SECONDS = 2.0


@dataclass(frozen=True)
class Reading:
    """None: the device does not tell. watts: drawn from the battery while it is not charged.

    charge: percent · battery_c, processor_c: °C · clock_mhz: of the fastest core now.
    """

    battery_c: float | None = None
    processor_c: float | None = None
    clock_mhz: float | None = None
    charge: float | None = None
    charging: bool | None = None
    watts: float | None = None

    @property
    def temperature_c(self) -> float | None:
        return self.processor_c if self.battery_c is None else self.battery_c


def read(connection: Link) -> Reading:
    """All gauges now. Lost where the device is gone."""
    return parse(link.run(connection, ["sh", "-c", SCRIPT], limit_bytes=LIMIT_BYTES).text())


def parse(text: str) -> Reading:
    """What SCRIPT printed."""
    battery = dict(re.findall(r"^battery (\w+) (.+)$", text, re.MULTILINE))
    dump = {
        key.strip().lower(): value
        for key, value in re.findall(r"^dump ([^:\n]+): *(.+)$", text, re.MULTILINE)
    }
    zones = re.findall(r"^zone (-?\d{1,9}) (.+)$", text, re.MULTILINE)
    processor = [float(value) for value in THERMAL.findall(text)]
    processor = processor or [float(value) / 1000 for value, kind in zones if PROCESSOR.search(kind)]
    clocks = [float(value) / 1000 for value in re.findall(r"^clock (\d{1,9})$", text, re.MULTILINE)]
    status = (battery.get("status") or dump.get("status") or "").lower()
    charging = status not in DISCHARGING if status else None
    return Reading(
        battery_c=_sound([_number(dump.get("temperature") or battery.get("temp"), 0.1)]),
        processor_c=_sound(processor),
        clock_mhz=max(clocks, default=0.0) or None,
        charge=_number(dump.get("level") or battery.get("capacity")),
        charging=charging,
        watts=None if charging is not False else _watts(battery, dump),
    )


def _number(text: str | None, factor: float = 1.0) -> float | None:
    return float(text) * factor if text and re.fullmatch(r"-?\d{1,12}(\.\d{1,6})?", text.strip()) else None


def _sound(temperatures: Sequence[float | None]) -> float | None:
    """The highest of those that can be temperatures."""
    known = [value for value in temperatures if value is not None and COOLEST_C < value < HOTTEST_C]
    return round(max(known), 1) if known else None


def _watts(battery: dict[str, str], dump: dict[str, str]) -> float | None:
    """Microamperes times microvolts; None where that is no power of a phone or board."""
    current = _number(battery.get("current_now") or dump.get("current now"))
    volts = _number(battery.get("voltage_now"), 1e-6) or _number(dump.get("voltage"), 1e-3)
    if current is None or volts is None:
        return None
    watts = abs(current) * 1e-6 * volts
    return watts if LEAST_WATTS <= watts <= MOST_WATTS else None


class Watch:
    """Readings while something else runs; `with Watch(read) as watch`, then `since(place)`."""

    def __init__(self, read_once: Callable[[], Reading], every_s: float = EVERY_SECONDS) -> None:
        self._read, self._every_s = read_once, every_s
        self._ended = Event()
        self._thread = Thread(target=self._follow, daemon=True)
        self.readings: list[Reading] = []

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._ended.wait(self._every_s):
            try:
                self.readings.append(self._read())
            except DeviceError:
                return  # the run itself meets the same fault, and tells it


def middle(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def cool(
    read_once: Callable[[], Reading],
    to_c: float | None,
    say: Callable[[str], None],
    most_s: float = 600.0,
    sleep: Callable[[float], None] = time.sleep,
) -> Reading:
    """Wait until the device is no warmer than to_c, `most_s` at most; the last reading."""
    reading, waited, every_s = read_once(), 0.0, 10.0
    while to_c is not None and reading.temperature_c is not None and reading.temperature_c > to_c:
        if waited >= most_s:
            say(f"still at {reading.temperature_c:.1f} °C after {most_s:.0f} s of waiting; going on")
            break
        if waited == 0:
            say(f"at {reading.temperature_c:.1f} °C: waiting until it is down to {to_c:.1f} °C")
        sleep(every_s)
        waited += every_s
        reading = read_once()
    return reading
