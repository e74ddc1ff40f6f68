"""`python -m bench.device --target tflite`: what a model costs, and what quantization broke."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.command import Parser, chosen_sets, outputs
from export.manifest import VERSION
from export.target import TARGETS

EXIT_GATE, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 1, 2, 130
MAX_DROP = 1.0
CHOICES = (*TARGETS, "torch")
# Where files are measured: modules with `measure(plan, sets, say) -> Measured`.
DEVICES = {
    "host": "bench.host",
    "qemu": "bench.remote.qemu",
    "adb": "bench.remote.adb",
    "ssh": "bench.remote.ssh",
    "ios": "bench.remote.ios",
}
# Those that take an address after a colon.
REMOTE = {"adb": "adb:SERIAL", "ssh": "ssh:[USER@]HOST", "ios": "ios:UDID"}
# Option → the devices that it means something to. `clean`: their modules have `clean(remote, say)`.
SHELLS = ("adb", "ssh")
REMOTE_OPTIONS = {
    "sustained": SHELLS,
    "delegate": (*SHELLS, "ios"),
    "images": SHELLS,
    "benchmark_binary": SHELLS,
    "remote_python": SHELLS,
    "clean": SHELLS,
}


def parser() -> argparse.ArgumentParser:
    p = Parser(
        prog="python -m bench.device",
        description="Measure latency, memory and accuracy of exported files, each beside its float model.",
    )
    p.add_argument("--target", nargs="+", choices=CHOICES, default=["tflite"], help="default: tflite")
    p.add_argument(
        "--model", action="append", nargs="+", metavar="NAME", help="default: every folder of artifacts"
    )
    p.add_argument(
        "--device", default="host", metavar="DEVICE",
        help="host: this machine (default) · qemu: emulated ARM, instructions instead of times · "
        "adb[:SERIAL]: an Android phone · ssh:[USER@]HOST: a Linux board · ios[:UDID]: an iPhone, from a Mac",
    )  # fmt: skip
    _add_remote(p)
    p.add_argument("--threads", nargs="+", type=int, metavar="N", help="default: 1, and all cores up to 4")
    p.add_argument("--data", action="append", type=Path, metavar="DIR", help="folder with test sets")
    p.add_argument("--set", action="append", nargs="+", metavar="NAME", help="default: every set found")
    p.add_argument(
        "--max-drop", type=float, default=MAX_DROP, metavar="POINTS",
        help=f"the gate: points of error that a file may lose against float (default: {MAX_DROP:g})",
    )  # fmt: skip
    p.add_argument(
        "--artifacts", type=Path, default=Path("artifacts"), metavar="DIR", help="default: artifacts"
    )
    p.add_argument("--record", action="store_true", help="put the accuracy into each model.json")
    p.add_argument("--json", metavar="FILE", help="every table as JSON; - for stdout")
    p.add_argument("--csv", type=Path, metavar="FILE", help="figures of every image")
    p.add_argument("--report", type=Path, metavar="FILE.html", help="one self-contained page with pictures")
    p.add_argument("--version", action="version", version=f"plumb-depth {VERSION}")
    return p


def _add_remote(p: argparse.ArgumentParser) -> None:
    group = p.add_argument_group("phones and boards (--device adb, ssh, ios)")
    group.add_argument(
        "--sustained", type=float, metavar="MINUTES",
        help="follow latency, clock and temperature for so long; energy, where there is a fuel gauge",
    )  # fmt: skip
    group.add_argument(
        "--delegate", action="append", nargs="+", metavar="NAME",
        help="default: all it may have; of an iPhone compute units: all, ane, gpu, cpu",
    )  # fmt: skip
    group.add_argument("--images", type=int, metavar="N", help="of each set, evenly spaced (default: all)")
    group.add_argument(
        "--benchmark-binary", metavar="FILE",
        help="LiteRT's benchmark_model for the device: a file, or https://…#sha256=… to fetch; "
        "without it a phone's sample app runs the files, a board's Python",
    )  # fmt: skip
    group.add_argument(
        "--remote-python", metavar="PROGRAM", help="a board's Python with LiteRT (default: python3)"
    )
    group.add_argument(
        "--clean", action="store_true", help="remove what earlier runs left there; measure nothing"
    )


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    from bench.latency import DeviceError
    from bench.plan import UsageError
    from bench.testsets import DataError
    from export.manifest import ArtifactError
    from export.runners import RunnerError

    try:
        return run(options)
    except (DataError, ArtifactError, DeviceError, RunnerError, UsageError) as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        print(f"error: {error.filename or options.artifacts}: {error.strerror or error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    return EXIT_BAD_INPUT


def run(options: argparse.Namespace) -> int:
    from bench import host, machine
    from bench.latency import DeviceError
    from bench.plan import INTERRUPTED, failures, planned, remote

    device = chosen(options)
    if options.clean:
        device.clean(remote(options), say)
        return 0
    plan = planned(options)
    sets, missing = chosen_sets(options)
    for line in missing if options.device == "host" else []:
        say(line)
    report = device.measure(plan, sets, say).report(machine.describe())
    print(outputs(report, "table", options))
    if options.report:
        say(f"report: {options.report}")
    if options.record:
        host.record(plan, report)
    if INTERRUPTED in report.skipped:
        raise KeyboardInterrupt
    if failures(report.skipped):
        raise DeviceError(failures(report.skipped)[0])
    return EXIT_GATE if any(row.gate == "fail" for row in report.rows) else 0


def chosen(options: argparse.Namespace) -> Any:
    """The module of --device. UsageError where the options do not go with it."""
    from bench.plan import UsageError

    name, colon, address = options.device.partition(":")
    if name not in DEVICES:
        raise UsageError(f"--device {options.device}: one of {', '.join(DEVICES)}")
    if colon and (name not in REMOTE or not address):
        *others, last = REMOTE.values()
        raise UsageError(
            f"--device {options.device}: {', '.join(others)} and {last} have an address, no other"
        )
    for option, devices in REMOTE_OPTIONS.items():
        if getattr(options, option) and name not in devices:
            raise UsageError(f"--{option.replace('_', '-')}: goes with --device {' or '.join(devices)} alone")
    if name in REMOTE and options.record:
        raise UsageError(
            "--record: goes with --device host alone: model.json holds what one machine made of it"
        )
    return import_module(DEVICES[name])


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
