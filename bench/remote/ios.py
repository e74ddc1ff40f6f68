"""`--device ios[:UDID]`: an iPhone or iPad, measured by the sample app's benchmark mode (ios_demo, DepthApp).

The .mlpackage files go into the app's own folder of models, where people find them in the app afterwards.
Then the app is launched with `--benchmark --models NAME`, once a file: it measures the file on each set of
compute units and writes rows as `--json` has them into its Documents; the hash of the package stands in each.
Latency and memory are measured: accuracy of the same files is judged on a Mac, or by the evaluator anywhere.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import reading
from bench.latency import DeviceError
from bench.plan import FAILED, INTERRUPTED, NEXT, Measured, Plan, UsageError, row
from bench.remote import bounded, devicectl, link
from bench.remote.devicectl import Phone
from bench.remote.link import Lost
from bench.row import Report, Row, Skipped
from bench.testsets.shot import Shots
from export import runners
from export.manifest import Manifest
from export.runners.coreml import UNITS
from export.target import TARGETS, Variant

TARGET = "coreml"
BUNDLE = "org.plumb-depth.DepthApp"
MODELS = "Library/Application Support/Models"
RESULT = "plumb-bench.json"  # one name, since nothing can be deleted there
NOTHING = b"{}\n"  # what stands there until the app is done
RUNS, WARM_UP_RUNS = 100, 10
LAUNCH_SECONDS, ROW_SECONDS, COPY_SECONDS = 120.0, 30.0, 120.0
RESULT_BYTES = 8_000_000
AWAY = "unavailable"  # the state of those that are known, but not there
ACCURACY = (
    "the app measures latency; python -m bench.device --target coreml judges the same files, "
    "by Core ML on a Mac, by the evaluator elsewhere"
)


@dataclass(frozen=True)
class Package:
    """One file to be measured. sha256: as model.json has it."""

    model: Manifest
    variant: Variant
    path: Path
    sha256: str

    @property
    def name(self) -> str:
        """In the app: `mn_int8.mlpackage`."""
        return f"{self.model.folder.name}{self.path.name.removeprefix('model')}".replace("@", "_")


def measure(plan: Plan, sets: Mapping[str, Shots], say: Callable[[str], None]) -> Measured:
    """A row for each .mlpackage file and set of compute units; what was measured before the phone went away
    or Ctrl-C is given back all the same. DeviceError, UsageError.
    """
    units = _units(plan)
    packages, missing = _packages(plan)
    phone = devicectl.details(choose(devicectl.phones(), plan.remote.address))
    _require_ready(phone)
    title = link.shown(phone.model or phone.product or "iPhone")
    say(f"{phone.where}: {title}; leave it unlocked")
    others = [Skipped(n, f"{phone.where} runs .mlpackage files alone") for n in plan.targets if n != TARGET]
    notes = (*others, *missing, Skipped(f"accuracy on {title}", ACCURACY))
    total = Measured(skipped=notes, machine=(("device", title),))
    for package in packages:
        try:
            total += _measured(phone, package, units, title, say)
        except Lost as error:
            return total + Measured(skipped=(Skipped(NEXT, f"{FAILED}{error}"),))
        except KeyboardInterrupt:
            return total + Measured(skipped=(INTERRUPTED,))
        except DeviceError as error:
            total += Measured(skipped=(Skipped(package.name, f"{FAILED}{error}"),))
    return total


def _measured(
    phone: Phone, package: Package, units: Sequence[str], title: str, say: Callable[[str], None]
) -> Measured:
    """One file, in a launch of its own: the memory is that of this file. DeviceError, Lost."""
    say(f"{phone.where}: {package.name}: latency")
    _place(phone, package)
    report = checked(_run(phone, package, units), package, f"{phone.where}: the app's result")
    rows, skipped = rows_of(report, package, units, title)
    machine = {**report.machine, "device": title, "system": _system(phone, report)}
    return Measured(tuple(rows), tuple(skipped), machine=tuple(machine.items()))


def choose(found: Sequence[Phone], udid: str) -> Phone:
    """The phone with this UDID, or the only one that is there. DeviceError says what is in the way."""
    there = [phone for phone in found if phone.state != AWAY]
    names = ", ".join(link.shown(phone.udid) for phone in there) or "none is"
    if udid:
        there = [p for p in there if udid.lower() in (p.udid.lower(), p.identifier.lower())]
        if not there:
            raise DeviceError(f"ios:{link.shown(udid)} is not attached (attached: {names})")
    if not there:
        raise DeviceError("no iPhone is attached: plug it in, unlock it, and let it trust this Mac")
    if len(there) > 1:
        raise DeviceError(
            f"{len(there)} iPhones are attached ({names}): --device {there[0].where} measures the first"
        )
    return there[0]


def _require_ready(phone: Phone) -> None:
    if phone.pairing not in ("", "paired"):
        raise DeviceError(f"{phone.where} does not trust this Mac yet: unlock it, and tap Trust")
    if phone.developer_mode == "disabled":
        raise DeviceError(f"{phone.where} {devicectl.DEVELOPER_MODE}")
    if not devicectl.has_app(phone, BUNDLE):
        raise DeviceError(f"{phone.where} {devicectl.ABSENT}")


def _units(plan: Plan) -> tuple[str, ...]:
    if TARGET not in plan.targets:
        raise UsageError(f"--device ios runs .mlpackage files alone: --target {TARGET}")
    if plan.remote.threads:
        raise UsageError("--threads: Core ML takes no number of threads")
    units = plan.remote.delegates or tuple(UNITS)
    if unknown := [name for name in units if name not in UNITS]:
        raise UsageError(f"--delegate {unknown[0]}: one of {', '.join(UNITS)}")
    return units


def _packages(plan: Plan) -> tuple[list[Package], list[Skipped]]:
    """Files of the plan, and those that are not there but should be. ArtifactError."""
    found, missing = [], []
    for model in plan.models:
        for variant in TARGETS[TARGET].every():
            if variant.role in model.files:
                path = model.file(variant.role)
                found.append(Package(model, variant, path, model.files[variant.role].sha256))
            elif variant in TARGETS[TARGET].variants:
                missing.append(Skipped(f"{model.name}: {variant.file}", f"not in {model.folder}"))
    return found, missing


def _place(phone: Phone, package: Package) -> None:
    """The package among the app's models, and a result that says nothing."""
    with tempfile.TemporaryDirectory(prefix="plumb-ios-") as folder:
        nothing = Path(folder) / RESULT
        nothing.write_bytes(NOTHING)
        devicectl.put(phone, BUNDLE, nothing, f"Documents/{RESULT}", COPY_SECONDS)
    devicectl.put(phone, BUNDLE, package.path, f"{MODELS}/{package.name}", COPY_SECONDS)


def _run(phone: Phone, package: Package, units: Sequence[str]) -> str:
    """The result as text. DeviceError with the app's own words; Lost."""
    words = ["--benchmark", "--models", package.name.removesuffix(runners.PACKAGE)]
    words += ["--runs", str(RUNS), "--warm-up", str(WARM_UP_RUNS), "--units", *units, "--out", RESULT]
    limit_s = LAUNCH_SECONDS + ROW_SECONDS * len(units)
    try:
        printed = devicectl.launch(phone, BUNDLE, words, limit_s)
    except bounded.Late as error:
        raise DeviceError(
            f"{phone.where}: no result after {limit_s:.0f} s: close the app, and see what it shows"
        ) from error
    content = devicectl.get(phone, BUNDLE, f"Documents/{RESULT}", COPY_SECONDS, RESULT_BYTES)
    if content.strip() == NOTHING.strip():
        told = devicectl.words_of_app(printed).removeprefix("error: ")
        why = link.shown(told) or "it crashed, or was put aside"
        raise DeviceError(f"{phone.where}: the app ended without a result: {why}")
    return content.decode("utf-8", errors="replace")


def checked(text: str, package: Package, what: str) -> Report:
    """The app's report; the variant of its rows is that of the package. DeviceError for anything else."""
    try:
        values = json.loads(text)
        rows = values.get("rows") if isinstance(values, dict) else None
        for entry in rows if isinstance(rows, list) else []:
            if isinstance(entry, dict):
                entry |= {"variant": package.variant.variant, "threads": 1}
        return reading.parse(values, what)
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, reading.ReportError) else f"{what}: {text[:80]!r}"
        raise DeviceError(f"{link.shown(why)}: not such as DepthApp writes") from error


def rows_of(
    report: Report, package: Package, units: Sequence[str], title: str
) -> tuple[list[Row], list[Skipped]]:
    """A row of each set of units, of the package alone; of the phone's words, times and heat alone."""
    ours = [told for told in report.rows if told.sha256 == package.sha256 and told.timing is not None]
    measured = {told.delegate: told for told in reversed(ours)}
    names = (package.variant.target, package.variant.variant)
    rows = [
        row(
            package.model, names, package.path, device=title, delegate=unit, threads=1,
            timing=measured[unit].timing, heat=measured[unit].heat,
        )
        for unit in units if unit in measured
    ]  # fmt: skip
    return rows, [_missing(package, unit, report) for unit in units if unit not in measured]


def _missing(package: Package, unit: str, report: Report) -> Skipped:
    """In the app's words, where it has some; the CPU runs everything, so there it is a failure."""
    what = f"{package.name} on {unit}"
    told = next((link.shown(s.why) for s in report.skipped if s.what == what), None)
    why = told or "the app gave no row of this very file"
    return Skipped(what, f"{FAILED}{what}: {why}" if told is None or unit == "cpu" else why)


def _system(phone: Phone, report: Report) -> Any:
    """`iOS 18.1`; as the app has it, where devicectl does not say."""
    return f"iOS {link.shown(phone.system)}" if phone.system else report.machine.get("system", "iOS")
