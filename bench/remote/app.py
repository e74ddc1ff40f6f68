"""The sample app as the tool on a phone, for those who have no `benchmark_model` at hand.

Its BenchmarkActivity (android_demo, `BenchmarkPlan.kt`) measures one file as an intent's extras ask: model
(a folder below FILES/models), role, delegate, threads, runs, warm_up, inputs (a folder of NAME.rgb pictures
below FILES/bench/inputs), out. It writes FILES/bench/OUT.json, a report as `--json` has it, last and whole;
and before that FILES/bench/OUT/NAME.f32, log-disparity, of each picture. Memory is that of the whole app.
"""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import reading
from bench.latency import DeviceError
from bench.remote import link
from bench.remote.link import Link, Unable
from bench.remote.there import Outcome
from bench.row import Row
from export import manifest
from export.manifest import Manifest

PACKAGE = "plumb.app"
ACTIVITY = f"{PACKAGE}/plumb.app.BenchmarkActivity"
FILES = f"/sdcard/Android/media/{PACKAGE}"
OURS = "plumb-bench"  # begins the name of each model folder that is put there
RUNS, MOST_RUNS, WARM_UP_RUNS = 50, 100_000, 5
LIMIT_SECONDS = 300.0
RESULT_BYTES = 8_000_000
# Until the result is there, or the app is gone three times in a row. $1 result, $2 package, $3 seconds.
WAIT = """
gone=0; tries=0
while [ ! -f "$1" ]; do
  if [ "$tries" -ge "$3" ]; then exit 4; fi
  if pidof "$2" >/dev/null; then gone=0; else gone=$((gone + 1)); fi
  if [ "$gone" -ge 3 ]; then exit 5; fi
  tries=$((tries + 1)); sleep 1
done
"""
ENDS = {4: "no result in time", 5: "the app ended without a result: it crashed, or the delegate did"}
CLEAN = 'rm -rf -- "$1/bench" "$1"/models/plumb-bench-*'


@dataclass(frozen=True)
class Known:
    """A file's model and role."""

    model: Manifest
    role: str


@dataclass(frozen=True)
class Asked:
    """What a result must be of."""

    role: str
    delegate: str
    threads: int
    runs: int


@dataclass
class App:
    """files: what each path is. CPU: XNNPACK."""

    connection: Link
    files: Mapping[Path, Known]
    delegates: tuple[str, ...] = ("CPU", "GPU", "NPU")
    _placed: dict[Path, str] = field(default_factory=dict)
    _medians: dict[tuple[Path, str, int], float] = field(default_factory=dict)

    def threaded(self, delegate: str) -> bool:
        return delegate == "CPU"

    def time(self, file: Path, delegate: str, threads: int, seconds: float | None = None) -> Outcome:
        way = (file, delegate, threads)
        runs, warm_up = RUNS, WARM_UP_RUNS
        if seconds is not None and way in self._medians:
            runs, warm_up = min(MOST_RUNS, max(1, ceil(1000 * seconds / self._medians[way]))), 0
        row = self._ask(file, delegate, threads, runs, ["--ei", "warm_up", str(warm_up)])
        assert row.timing is not None
        self._medians[way] = row.timing.latency_ms()["median"]
        return Outcome(row.timing, delegate)

    def infer(self, file: Path, delegate: str, threads: int, tensor: NDArray[Any], size: int) -> bytes:
        """The app takes pictures and gives log-disparity: both are turned into what the file has."""
        known = self.files[file]
        entry, mark = known.model.files[known.role], f"{OURS}-{secrets.token_hex(4)}"
        folder = f"bench/inputs/{mark}"
        values = picture(tensor, entry.input)
        try:
            self._make(folder)
            with tempfile.NamedTemporaryFile() as content:
                content.write(values.tobytes())
                content.flush()
                link.put(self.connection, Path(content.name), f"{folder}/0.rgb")
            extras = ["--ei", "warm_up", "0", "--es", "inputs", mark]
            self._ask(file, delegate, threads, 1, extras, mark)
            floats = link.read(
                self.connection, f"bench/{mark}/0.f32", 4 * known.model.height * known.model.width
            )
        finally:
            self._remove([folder, f"bench/{mark}"])
        return raw(np.frombuffer(floats, "<f4"), entry.output)

    def close(self) -> None:
        """The benchmark screen is shown no longer, nor does a run that had no end go on."""
        link.run(self.connection, ["am", "force-stop", PACKAGE])

    def _ask(
        self, file: Path, delegate: str, threads: int, runs: int, extras: Sequence[str], mark: str = ""
    ) -> Row:
        """The row that came back. Unable, DeviceError with the app's own words."""
        what = f"{self.connection.where}: {file.name} on {delegate}"
        out, known = mark or f"{OURS}-{secrets.token_hex(4)}", self.files[file]
        words = ["--es", "model", self._place(file, known), "--es", "role", known.role, "--es", "out", out]
        words += ["--es", "delegate", delegate, "--ei", "threads", str(threads), "--ei", "runs", str(runs)]
        answer = f"{self.connection.folder}/bench/{out}.json"
        try:
            started = link.run(self.connection, ["am", "start", "-W", "-S", "-n", ACTIVITY, *words, *extras])
            said = f"{started.text()}\n{started.complaint}"
            if started.status or "Error" in said:
                why = next((line for line in said.splitlines() if "Error" in line), said)
                raise DeviceError(f"{what}: the app did not start ({link.shown(why)}): install android_demo")
            waiting = ["sh", "-c", WAIT, "plumb", answer, PACKAGE, str(int(LIMIT_SECONDS))]
            ran = link.run(self.connection, waiting, 3 * LIMIT_SECONDS)
            if ran.status:
                raise DeviceError(f"{what}: {ENDS.get(ran.status, link.last_line(ran.complaint))}")
            text = link.run(self.connection, ["cat", answer], limit_bytes=RESULT_BYTES).text()
        finally:
            self._remove([f"bench/{out}.json"])
        return checked(text, Asked(known.role, delegate, threads, runs), what)

    def _place(self, file: Path, known: Known) -> str:
        """The name of a model folder with this file alone, under FILES/models."""
        if file in self._placed:
            return self._placed[file]
        entry = known.model.files[known.role]
        about = known.model.folder / manifest.NAME
        name = f"{OURS}-{manifest.digest(about)[:12]}-{entry.sha256[:12]}"
        for path, inside in ((file, entry.path), (about, manifest.NAME)):
            target = f"models/{name}/{inside}"
            if link.digest(self.connection, target) != manifest.digest(path):
                link.require_room(self.connection, path)
                self._make(target.rpartition("/")[0])
                link.put(self.connection, path, target)
        self._placed[file] = name
        return name

    def _make(self, name: str) -> None:
        ran = link.run(self.connection, ["mkdir", "-p", "--", f"{self.connection.folder}/{name}"])
        if ran.status:
            raise DeviceError(f"{self.connection.where}: {name}: {link.last_line(ran.complaint)}")

    def _remove(self, names: Sequence[str]) -> None:
        link.run(
            self.connection, ["rm", "-rf", "--", *(f"{self.connection.folder}/{name}" for name in names)]
        )


def tool(connection: Link, models: Sequence[Manifest]) -> App:
    """DeviceError where the app is not on the phone."""
    known = {m.folder / file.path: Known(m, role) for m in models for role, file in m.files.items()}
    ran = link.run(connection, ["pm", "path", PACKAGE])
    if ran.status or not ran.text().strip():
        raise DeviceError(
            f"{connection.where}: no --benchmark-binary, and no sample app on the phone: install android_demo"
        )
    return App(connection, known)


def clean(connection: Link) -> None:
    """Remove what `App` left: files of runs, and model folders."""
    link.run(connection, ["sh", "-c", CLEAN, "plumb", FILES])


def checked(text: str, asked: Asked, what: str) -> Row:
    """The one row of a result. DeviceError for anything else; Unable for what the app says it cannot do."""
    try:
        report = reading.parse(json.loads(text), what)
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, reading.ReportError) else f"{what}: {link.shown(text)[:80]!r}"
        raise DeviceError(f"{link.shown(why)}: the app's result is not such as it writes") from error
    if report.skipped:
        kind = DeviceError if asked.delegate == "CPU" else Unable
        raise kind(f"{what}: {link.shown(report.skipped[0].why)}")
    rows = report.rows
    if len(rows) != 1 or _answers(rows[0]) != asked:
        raise DeviceError(f"{what}: the app's result has no row for it")
    return rows[0]


def _answers(row: Row) -> Asked:
    runs = len(row.timing.samples_ms) if row.timing else 0
    return Asked(row.variant, row.delegate.upper(), row.threads, runs)


def picture(tensor: NDArray[Any], taken: Mapping[str, Any]) -> NDArray[np.uint8]:
    """Input tensor → the picture that it was made of: bytes, in every file that apps run."""
    values = tensor.astype(np.float64)
    if "scale" in taken:
        values = (values - taken["zero_point"]) * taken["scale"]
    return np.asarray(np.clip(np.rint(values), 0, 255), dtype=np.uint8)


def raw(floats: NDArray[Any], given: Mapping[str, Any]) -> bytes:
    """Log-disparity → the file's own output, of which it was made by scale and zero point."""
    if "scale" not in given:
        return floats.astype(np.float32).tobytes()
    dtype = np.dtype(given["dtype"])
    steps = np.rint(floats.astype(np.float64) / given["scale"]) + given["zero_point"]
    limits = np.iinfo(dtype)
    content: bytes = np.clip(steps, limits.min, limits.max).astype(dtype).tobytes()
    return content
