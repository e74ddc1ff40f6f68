"""A stand-in for an Android phone: its adbd, the tools on it, what its sensors say; a `benchmark_model`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from bench.remote import adb
from bench.remote.adb import AdbLink
from bench.testsets.shot import Shots
from tests.bench.remote import fakes
from tests.bench.remote.adbd import Adbd

PROPERTIES = {
    "ro.product.manufacturer": "Plumb",
    "ro.product.model": "Stand-in 1",
    "ro.soc.manufacturer": "Maker",
    "ro.soc.model": "S1",
    "ro.build.version.release": "15",
    "ro.build.version.sdk": "35",
    "ro.product.cpu.abi": "arm64-v8a",
}
BATTERY = """Current Battery Service state:
  USB powered: {usb}
  status: {status}
  level: {level}
  voltage: 4000
  temperature: {tenths}
  current now: -500000
"""
GETPROP = '#!/bin/sh\ncat "$PHONE/properties/$1" 2>/dev/null\n'
DUMPSYS = '#!/bin/sh\ncat "$PHONE/dump-$1" 2>/dev/null\n'
DF = """#!/bin/sh
echo "Filesystem 1K-blocks Used Available Use% Mounted on"
echo "/dev/x 9 9 $(cat "$PHONE/free") 1% /data"
"""
CPUINFO = "processor\t: 0\nprocessor\t: 1\n"
# What LiteRT's tool prints. FAULTS: delegate → what goes wrong with it; see `tool`.
TOOL = """#!{python}
import os, signal, sys, time
FAULTS = {faults!r}
flags = dict(word[2:].split("=", 1) for word in sys.argv[1:])
delegate = next(n for n in ("XNNPACK", "GPU", "NNAPI") if flags.pop("use_" + n.lower(), "") == "true")
fault = FAULTS.get(delegate, "")
if fault == "unknown":
    print("WARN: Unconsumed cmdline flags: --use_" + delegate.lower() + "=true")
if fault == "crash":
    os.kill(os.getpid(), signal.SIGSEGV)
if fault == "hang" and int(flags["num_runs"]) >= 50:
    time.sleep(600)
if fault == "refused":
    print("ERROR: Failed to apply " + delegate + " delegate.", file=sys.stderr)
    sys.exit(1)
if fault == "babble":
    sys.stdout.write("x" * 5_000_000)
assert os.path.getsize(flags["graph"]) > 0
applied = "INFO: Explicitly applied " + delegate + " delegate, and the model graph will be "
if fault == "none":
    print("INFO: Though " + delegate + " delegate is explicitly applied, the model graph will not be "
          "executed by the delegate.")
elif fault == "partly":
    print(applied + "partially executed by the delegate w/ 2 delegate kernels.")
else:
    print(applied + "completely executed by the delegate.")
runs, us = max(1, int(flags["num_runs"])), {us!r}[delegate]
if fault == "slow":
    runs = min(runs, 7)
print("INFO: count=1 curr=%d p5=%d median=%d p95=%d" % (us, us, us, us))
line = "INFO: count=%d first=%d curr=%d min=%d max=%d avg=%d std=3" % (runs, us, us, us, us, us)
if fault != "old":
    line += " p5=%g median=%g p95=%g" % (us - 10, us, us + 100)
if fault == "garbled":
    line = line.replace("p95=", "p95=1.2.3.")
if fault == "reversed":
    line = line.replace("p95=", "p95=0.")
print(line + "\\n")
print("INFO: Inference timings in us: Init: 5579, First inference: 13576, Warmup (avg): 1.3576e+04, "
      "Inference (avg): %d" % us)
print("INFO: Memory footprint delta from the start of the tool (MB): init=6.36328 overall=10.5")
if flags.get("report_peak_memory_footprint") == "true":
    print("INFO: Overall peak memory footprint (MB) via periodic monitoring: 12.5")
if flags.get("enable_op_profiling") == "true":
    columns = ("[Node type]", "[count]", "[avg ms]", "[avg %]", "[cdf %]", "[mem KB]", "[times called]")
    of_loading = [("ModifyGraphWithDelegate", "1", "14.842", "99.3%", "99.3%", "3428.0", "1")]
    of_runs = [("CONV_2D", "13", "4.270", "91.416%", "91.416%", "0.000", "13"),
               ("DEPTHWISE_CONV_2D", "12", "0.400", "8.584%", "100.000%", "0.000", "12")]
    for kinds in (of_loading, of_runs):
        print("============================== Summary by node type ==============================")
        for fields in (columns, *kinds):
            print("\\t" + "\\t".join(field.rjust(9) for field in fields))
        print()
if "output_filepath" in flags:
    sys.path[:0] = {paths!r}
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter
    interpreter = Interpreter(flags["graph"])
    interpreter.allocate_tensors()
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    name, _, path = flags["input_layer_value_files"].partition(":")
    assert name == flags["input_layer"] and flags["input_layer_shape"] == ",".join(map(str, taken["shape"]))
    interpreter.set_tensor(taken["index"], np.fromfile(path, taken["dtype"]).reshape(taken["shape"]))
    interpreter.invoke()
    content = interpreter.get_tensor(given["index"]).tobytes()
    open(flags["output_filepath"], "wb").write(content[:-1] if fault == "short" else content)
"""
MICROSECONDS = {"XNNPACK": 20000, "GPU": 8000, "NNAPI": 12000}


def tool(folder: Path, **faults: str) -> Path:
    """A `benchmark_model` to give with --benchmark-binary. faults: delegate → one of those in TOOL."""
    path = folder / "benchmark_model"
    fakes.write(
        path, TOOL.format(python=sys.executable, faults=faults, us=MICROSECONDS, paths=list(sys.path))
    )
    return path


def photos(number: int = 2) -> dict[str, Shots]:
    """A set of noise, of which no depth is known."""
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (48, 64, 3), dtype=np.uint8) for _ in range(number)]
    names = tuple(f"{i}.png" for i in range(number))
    return {"folder": Shots(names, names, lambda i: pictures[i], lambda i: None)}


class Phone(Adbd):
    """adbd with tools and sensors that say what the test wants."""

    def __init__(self, root: Path, model: str = "Stand-in 1", authorised: bool = True) -> None:
        root.mkdir(parents=True)
        for name, script in (("getprop", GETPROP), ("dumpsys", DUMPSYS), ("df", DF)):
            fakes.write(root / "bin" / name, script)
        (root / "properties").mkdir()
        for name, value in (PROPERTIES | {"ro.product.model": model}).items():
            (root / "properties" / name).write_text(value + "\n")
        (root / "proc").mkdir()
        (root / "proc" / "cpuinfo").write_text(CPUINFO)
        (root / "proc" / "meminfo").write_text("MemTotal:        8000000 kB\n")
        (root / "data" / "local" / "tmp").mkdir(parents=True)
        (root / "free").write_text("5000000\n")
        clock = root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq"
        clock.parent.mkdir(parents=True)
        clock.write_text("2400000\n")
        super().__init__(root, authorised=authorised)
        self.battery()
        self.properties = root / "properties"
        self.folder = self.place(adb.FOLDER)

    def battery(self, level: int = 80, celsius: float = 31.0, charging: bool = True) -> None:
        text = BATTERY.format(
            level=level, tenths=round(10 * celsius), status=2 if charging else 3, usb=str(charging).lower()
        )
        (self.root / "dump-battery").write_text(text)


def client() -> str | None:
    """A real adb client, where there is one."""
    return shutil.which("adb") or (adb.client() if find_spec("adbutils") else None)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """An adb server of its own; the client's path."""
    program = client()
    if program is None:
        pytest.skip("no adb client is on this machine (pip install adbutils, or apt-get install adb)")
    before = dict(os.environ)
    with_port = {"ANDROID_ADB_SERVER_PORT": str(_free_port()), "HOME": str(folder), "ADB_MDNS": "0"}
    os.environ.update(with_port)
    try:
        yield program
    finally:
        subprocess.run([program, "kill-server"], check=False, capture_output=True)
        os.environ.clear()
        os.environ.update(before)


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def connect(program: str, phone: Adbd) -> AdbLink:
    subprocess.run([program, "connect", phone.serial], check=True, capture_output=True, timeout=20)
    return AdbLink(program, phone.serial)


def disconnect(program: str, phone: Adbd) -> None:
    subprocess.run([program, "disconnect", phone.serial], check=False, capture_output=True, timeout=20)
