from __future__ import annotations

from pathlib import Path

import pytest

from bench import machine

RASPBERRY_PI = """processor\t: 0
BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm aes crc32 atomics fphp asimdhp cpuid asimdrdm asimddp
CPU part\t: 0xd0b

Model\t\t: Raspberry Pi 5 Model B Rev 1.0
"""


def test_says_what_this_machine_is() -> None:
    described = machine.describe()
    assert described["processor"]
    assert described["cores"] >= 1
    assert "numpy" in described["versions"]
    assert None not in described.values()


def test_reads_an_arm_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(RASPBERRY_PI)
    monkeypatch.setattr(machine, "CPUINFO", cpuinfo)
    assert machine.processor() == "Raspberry Pi 5 Model B Rev 1.0"
    assert machine.features() == ["asimd", "asimdhp", "asimddp"]
