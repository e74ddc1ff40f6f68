"""Stand-ins for programs that a machine may lack: real executables, found and started as the true ones."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.remote.arm import GUEST, Machine

# As qemu-aarch64 is asked for its version, for its options, and to run the guest's script, which it does in
# this machine's Python with this machine's LiteRT. A file called hang.tflite and the like goes wrong.
QEMU = """#!{python}
import os, pathlib, platform, sys, time
arguments = sys.argv[1:]
if arguments == ["--version"]:
    sys.exit(print("qemu-aarch64 version {version} (test)"))
if arguments == ["-help"]:
    sys.exit(print("{options}"))
assert arguments[:2] == ["-cpu", "cortex-a76"], arguments
code = arguments.index("-c")
if "-plugin" not in arguments:
    sys.exit(0)
library, _, count = arguments[arguments.index("-plugin") + 1].partition(",out=")
model, inputs, outputs = map(pathlib.Path, arguments[code + 2 : code + 5])
fault = model.stem
if fault == "hang":
    time.sleep(60)
if fault == "crash":
    os.kill(os.getpid(), 11)
if fault == "complain":
    sys.exit("Traceback\\nValueError: no such operator")
machine = platform.machine()
platform.machine = lambda: machine if fault == "elsewhere" else "aarch64"
sys.argv = ["-c", *map(str, (model, inputs, outputs))]
sys.path[:0] = {paths!r}
exec(arguments[code + 1])
content = outputs.read_bytes()
if fault == "short":
    outputs.write_bytes(content[:-1])
if fault == "drift":
    outputs.write_bytes(bytes(len(content)))
number = inputs.stat().st_size // {bytes_each}
count = pathlib.Path(count.replace(",,", ","))
count.write_text("many\\n" if fault == "uncounted" else f"{{1000 + number * 500}}\\n")
if fault == "babble":
    print("x" * 100_000)
"""


def write(path: Path, script: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script, encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def qemu(folder: Path, bytes_each: int = 1, version: str = "7.2.22", options: str = "-plugin") -> str:
    """bytes_each: of one input tensor, by which it counts inferences; 500 instructions each."""
    paths = [str(GUEST), *sys.path]
    script = QEMU.format(
        python=sys.executable, version=version, options=options, paths=paths, bytes_each=bytes_each
    )
    return write(folder / "qemu-aarch64", script)


def machine(folder: Path, bytes_each: int) -> Machine:
    """A machine whose emulator is the fake one, with an unpacked system that is empty."""
    write(folder / "arm" / "root" / "usr" / "bin" / "python3.11", "")
    return Machine(qemu(folder / "bin", bytes_each), folder / "arm", folder / "counter,1.so")


APT = """#!{python}
import pathlib, sys
with open({log!r}, "a") as log:
    log.write("apt-get " + " ".join(sys.argv[1:]) + "\\n")
if {fault!r} and {fault!r} in sys.argv:
    sys.exit("W: a warning\\nE: Unable to locate package\\nN: a note")
if "install" in sys.argv:
    cache = next(a.partition("=")[2] for a in sys.argv if a.startswith("Dir::Cache="))
    (pathlib.Path(cache) / "archives" / "python3-minimal_3.12_arm64.deb").write_bytes(b"deb")
"""
DPKG = """#!{python}
import pathlib, sys
assert sys.argv[1] == "--extract"
python = pathlib.Path(sys.argv[3]) / "usr/bin/python3.12"
python.parent.mkdir(parents=True)
for path in (python, python.with_name("python3"), python.with_name("python3.12-config")):
    path.write_text("")
"""
PIP = """#!{python}
import json, pathlib, sys
with open({log!r}, "a") as log:
    log.write("pip " + " ".join(sys.argv[1:]) + "\\n")
site, report = (pathlib.Path(sys.argv[sys.argv.index(o) + 1]) for o in ("--target", "--report"))
(site / "numpy").mkdir(parents=True)
archive = {{"archive_info": {{"hashes": {{"sha256": "ab"}}}}}}
report.write_text(json.dumps({{"install": [{{"metadata": {{"name": "numpy"}}, "download_info": archive}}]}}))
"""
GCC = """#!{python}
import pathlib, sys
pathlib.Path(sys.argv[sys.argv.index("-o") + 1]).write_text(" ".join(sys.argv))
"""


def toolchain(folder: Path, fault: str = "", version: str = "7.2.22", options: str = "-plugin") -> Path:
    """A folder for PATH with qemu, gcc, apt-get (which fails at the argument `fault`), dpkg-deb; and pip."""
    log = str(folder / "log")
    values = {"python": sys.executable, "log": log, "fault": fault}
    for name, script in (("apt-get", APT), ("dpkg-deb", DPKG), ("pip-python", PIP), ("gcc", GCC)):
        write(folder / name, script.format(**values))
    qemu(folder, version=version, options=options)
    return folder
