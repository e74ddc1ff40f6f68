"""What a device's sensors say, as phones and boards print it; absent things are absent."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bench.remote import gauges
from bench.remote.gauges import Reading

PHONE = (
    "zone \nclock \n"
    + """clock 1804800
clock 2841600
battery current_now -412000
battery voltage_now 4105000
battery status Discharging
battery capacity 77
battery temp 305
dump Current Battery Service state:
dump   AC powered: false
dump   Charge counter: 3200000
dump   status: 3
dump   level: 78
dump   voltage: 4105
dump   temperature: 305
thermal Temperature{mValue=48.25, mType=0, mName=CPU0, mStatus=0}
thermal Temperature{mValue=51.0, mType=0, mName=CPU1, mStatus=0}
thermal Temperature{mValue=39.0, mType=3, mName=SKIN, mStatus=0}
"""
)
BOARD = """zone 52100 cpu-thermal
zone 40000 pmic
clock 1500000
"""


def test_a_phone() -> None:
    found = gauges.parse(PHONE)
    assert (found.battery_c, found.processor_c, found.temperature_c) == (30.5, 51.0, 30.5)
    assert (found.clock_mhz, found.charge, found.charging) == (2841.6, 78, False)
    assert found.watts == pytest.approx(0.412 * 4.105)


def test_a_board() -> None:
    assert gauges.parse(BOARD) == Reading(processor_c=52.1, clock_mhz=1500.0)
    assert gauges.parse(BOARD).temperature_c == 52.1


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("battery status Discharging", "battery status Charging"),
        ("current_now -412000", "current_now -412"),  # in mA, as some phones have it: no guess is made
        ("current_now -412000", "current_now 9e99"),
        ("voltage_now 4105000", "voltage_now 41050000000"),
    ],
)
def test_no_power_where_it_says_nothing(line: str, instead: str) -> None:
    assert gauges.parse(PHONE.replace(line, instead)).watts is None


NONSENSE = [
    "", "zone x y", "zone 999999999 cpu", "zone -40000 cpu", "dump temperature: hot", f"clock {'9' * 400}",
    f"zone {'9' * 5000} cpu", "thermal Temperature{mValue=1.2.3, mType=0, mName=CPU0}",
]  # fmt: skip


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_is_absent(text: str) -> None:
    assert gauges.parse(text) == Reading()


def test_this_machine_bears_the_script(tmp_path: Path) -> None:
    """Whatever it has: containers have no sensors at all."""
    done = subprocess.run(["sh", "-c", gauges.SCRIPT], capture_output=True, text=True, check=True)
    assert isinstance(gauges.parse(done.stdout), Reading)
    assert done.stderr == ""


def test_the_script_reads_what_linux_has(tmp_path: Path) -> None:
    """SCRIPT on a made /sys: thermal zones, clocks, and a battery beside a charger."""
    for name, content in {
        "class/thermal/thermal_zone0/temp": "61000", "class/thermal/thermal_zone0/type": "cpu-thermal",
        "devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "1800000",
        "class/power_supply/BAT/type": "Battery", "class/power_supply/BAT/status": "Discharging",
        "class/power_supply/BAT/current_now": "900000", "class/power_supply/BAT/voltage_now": "12000000",
        "class/power_supply/AC/type": "Mains", "class/power_supply/AC/status": "x",
    }.items():  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n")
    script = gauges.SCRIPT.replace("/sys/", f"{tmp_path}/")
    done = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    found = gauges.parse(done.stdout)
    assert (found.processor_c, found.clock_mhz) == (61.0, 1800.0)
    assert found.watts == pytest.approx(10.8)


def test_cooling_waits_until_it_is_cool() -> None:
    temperatures = iter([40.0, 38.0, 36.0, 34.0])
    waited: list[float] = []
    said: list[str] = []
    found = gauges.cool(lambda: Reading(battery_c=next(temperatures)), 35.0, said.append, sleep=waited.append)
    assert found.battery_c == 34.0
    assert waited == [10.0] * 3
    assert said == ["at 40.0 °C: waiting until it is down to 35.0 °C"]


def test_cooling_has_an_end() -> None:
    waited: list[float] = []
    said: list[str] = []
    gauges.cool(lambda: Reading(battery_c=50.0), 35.0, said.append, 30.0, waited.append)
    assert sum(waited) == 30
    assert said[-1] == "still at 50.0 °C after 30 s of waiting; going on"


def test_without_a_thermometer_nothing_waits() -> None:
    assert gauges.cool(Reading, 35.0, pytest.fail) == Reading()
