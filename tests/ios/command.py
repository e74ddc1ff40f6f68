"""`python -m tests.ios.command TOOLCHAIN REFERENCE`: the built `depthkit` against Python, byte for byte."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from bench import reading
from export import geometry
from training import __version__

ROOT = Path(__file__).parents[2]
BUILT = ".build/debug/depthkit"


def main(toolchain: str, reference: str) -> int:
    artifact, out = Path(reference) / "artifact", Path(reference) / "out"
    out.mkdir(exist_ok=True)
    golden = artifact / "golden"
    inputs = [str(golden / "input.rgb"), str(golden / "log_disparity.f32"), str(artifact / "model.json")]

    cloud = out / "cloud.ply"
    check(depthkit(toolchain, "cloud", *inputs, str(cloud)))
    expected = (golden / "points.ply").read_bytes()
    same(cloud.read_bytes() == expected, "PLY: not the bytes of export/geometry.py")
    print(f"depthkit cloud: {len(expected):,} bytes, the same as Python's")

    picture = out / "depth.png"
    check(depthkit(toolchain, "depth", *inputs[1:], str(picture)))
    rgb = np.asarray(Image.open(golden / "input.png"))
    output = np.fromfile(golden / "log_disparity.f32", "<f4").reshape(rgb.shape[:2])
    decoded = Image.open(picture)
    same(decoded.mode.startswith("I"), f"depth PNG: mode {decoded.mode}, not 16 bit")
    same(bool((np.asarray(decoded) == geometry.depth_png16(output)).all()), "depth PNG: other values")
    print("depthkit depth: a PNG of 16 bits that Pillow reads as Python's values")

    version = depthkit(toolchain, "--version")
    same(version.stdout == f"depthkit {__version__}\n", f"depthkit --version: {version.stdout!r}")
    refusals(toolchain, inputs, out)
    report(Path(reference) / "benchmark.json")
    return 0


def report(path: Path) -> None:
    """What the app's benchmark mode writes is what `bench.report` reads."""
    try:
        (row,) = reading.read(path).rows
    except reading.ReportError as error:
        raise SystemExit(f"error: {error}") from error
    known = (row.target, row.variant, row.file, row.delegate, row.params)
    same(known == ("coreml", "mn_int8", "mn_int8.mlpackage", "ane", 2_419_081), f"{path}: {known}")
    times = row.timing and (row.timing.latency_ms()["median"], row.timing.load_ms, row.timing.finish_ms)
    same(times == (2.0, 90.0, 0.25), f"{path}: times {times}")
    print("benchmark mode: its JSON is read as a report of bench.device")


def refusals(toolchain: str, inputs: list[str], out: Path) -> None:
    """One line that names the file, exit status 2, and nothing written."""
    rgb, output, model = inputs
    never = out / "never.ply"
    for arguments, named in (
        ((output, output, model), output),
        ((rgb, rgb, model), rgb),
        ((rgb, output, rgb), rgb),
        ((rgb, output, str(out / "missing.json")), "missing.json"),
    ):
        done = depthkit(toolchain, "cloud", *arguments, str(never))
        line = done.stderr
        good = done.returncode == 2 and line.startswith("error: ") and named in line and line.count("\n") == 1
        same(good, f"depthkit cloud {arguments}: status {done.returncode}, {line!r}")
    same(not never.exists(), "a refused call has written a file")
    print("depthkit: bad files refused in one line each")


def depthkit(toolchain: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    start = [str(ROOT / "ios_demo/tools/swift_in.sh"), toolchain, "ios_demo/DepthKit", BUILT]
    return subprocess.run([*start, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def check(done: subprocess.CompletedProcess[str]) -> None:
    same(done.returncode == 0, f"depthkit failed: {done.stderr.strip()}")


def same(condition: bool, otherwise: str) -> None:
    if not condition:
        raise SystemExit(f"error: {otherwise}")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
