"""A stand-in for `xcrun devicectl` with an iPhone behind it: recorded answers, a folder as the app's
container, and on launch what DepthApp's benchmark mode does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.bench.remote import fakes

RECORDINGS = Path(__file__).parents[2] / "data" / "devicectl"

# What a command answers lies in the folder's `answers` by the command's name, where a test put it there.
XCRUN = """#!{python}
import json, os, pathlib, shutil, sys, time
sys.path[:0] = {paths!r}
phone, recordings = pathlib.Path({phone!r}), pathlib.Path({recordings!r})
container = phone / "container"
words = sys.argv[1:]
assert words[0] == "devicectl", words
with (phone / "log").open("a") as log:
    log.write(json.dumps(words) + "\\n")
answer = pathlib.Path(words[words.index("--json-output") + 1])
command = next(c for c in {commands!r} if words[1 : 1 + len(c.split())] == c.split())
options = dict(zip(words, words[1:]))
wanted = json.loads((phone / "answers.json").read_text()).get(command)
if wanted == "hang":
    time.sleep(60)
if wanted == "mute":
    sys.exit("ERROR: The operation failed.\\nsomething else")
if wanted == "junk":
    sys.exit(answer.write_text("<html>") and 0)
if wanted == "endless":
    sys.exit(print("x" * 20_000_000))


def done(name):
    answer.write_text((recordings / (name + ".json")).read_text())
    sys.exit(name.startswith("error"))


if wanted and not wanted.startswith("app "):
    done(wanted)
if command == "list devices":
    done("list_one")
assert options["--device"] == {identifier!r}, words
if command == "device info details":
    done("details")
if command == "device info apps":
    assert options["--bundle-id"] == "org.plumb-depth.DepthApp"
    done("apps")
result = {{"info": {{"outcome": "success"}}, "result": {{"deviceIdentifier": {identifier!r}}}}}
if command.startswith("device copy"):
    assert options["--domain-type"] == "appDataContainer", words
    assert options["--domain-identifier"] == "org.plumb-depth.DepthApp", words
    ours = command.endswith("to")
    source = pathlib.Path(options["--source"]) if ours else container / options["--source"]
    target = container / options["--destination"] if ours else pathlib.Path(options["--destination"])
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)  # what is in the folder, not the folder itself
    else:
        shutil.copyfile(source, target)
    answer.write_text(json.dumps(result))
    sys.exit()

assert {{"--console", "--terminate-existing"}} <= set(words), words
bundle = words.index("org.plumb-depth.DepthApp")
assert words[bundle + 1 : bundle + 3] == ["--", "--benchmark"], words
app = words[bundle + 3 :]
runs, out = int(app[app.index("--runs") + 1]), app[app.index("--out") + 1]
units = app[app.index("--units") + 1 : app.index("--out")]
from export import manifest
rows, skipped = [], []
models = container / "Library/Application Support/Models"
for package in [models / (app[app.index("--models") + 1] + ".mlpackage")]:
    for unit in units:
        if wanted == f"app without {{unit}}":
            what = f"{{package.name}} on {{unit}}"
            skipped.append({{"what": what, "why": "Core ML does\\nnot load it\\x1b[31m"}})
            continue
        ms = {{"all": 2.5, "ane": 2.0, "gpu": 5.0, "cpu": 20.0}}[unit]
        rows.append({{"model": "tiny", "version": "0", "target": "coreml", "file": package.name,
            "sha256": manifest.digest(package), "size_bytes": 9, "device": "ios", "delegate": unit,
            "latency_ms": {{"median": ms, "p90": ms, "p99": ms, "first": 9.5, "load": 700.0}},
            "prepare_ms": 1.5, "finish_ms": 3.0, "samples_ms": [ms] * runs, "params": 1, "madds": 1,
            "peak_memory_bytes": 1 << 26, "heat": [0, 1]}})
machine = {{"device": "mine", "processor": "iPhone17,1", "system": "Version 18.1 (Build 22B83)", "cores": 6,
    "memory_bytes": 8 << 30}}
report = {{"format": 1, "machine": machine, "rows": rows, "skipped": skipped}}
if wanted == "app crash":
    sys.exit(answer.write_text(json.dumps(result)) and 0)
if wanted == "app complains":
    print("Launched\\nerror: no model to measure")
    sys.exit(2)
if wanted == "app wrong":
    rows[0]["latency_ms"]["median"] = "fast"
if wanted == "app cold":
    rows[0]["heat"] = [7, 8]
if wanted == "app interrupted":
    skipped = [{{"what": row["file"] + " on ane", "why": "interrupted"}} for row in rows]
    report |= {{"rows": rows[:1], "skipped": skipped}}
if wanted == "app machine":
    machine["features"] = 5
if wanted == "app format":
    report["format"] = 2
text = "[" * 99_999 if wanted == "app nested" else json.dumps(report)
if wanted == "app large":
    text += " " * 9_000_000
if wanted == "app then gone":
    (phone / "answers.json").write_text(json.dumps({{"device copy to": "error_gone"}}))
(container / "Documents" / out).write_text(text)
print(text[:100_000])
answer.write_text(json.dumps(result))
"""
COMMANDS = (
    "list devices", "device info details", "device info apps", "device copy to", "device copy from",
    "device process launch",
)  # fmt: skip
IDENTIFIER = "3F0C9D52-0000-4000-8000-0000000000AA"
UDID = "00008140-000A1B2C3D4E5F60"


def stand_in(folder: Path) -> Path:
    """A folder for PATH with xcrun."""
    (folder / "phone" / "container").mkdir(parents=True)
    answers(folder)
    script = XCRUN.format(
        python=sys.executable, paths=list(sys.path), phone=str(folder / "phone"), recordings=str(RECORDINGS),
        commands=COMMANDS, identifier=IDENTIFIER,
    )  # fmt: skip
    fakes.write(folder / "bin" / "xcrun", script)
    return folder / "bin"


def answers(folder: Path, **wanted: str) -> None:
    """Command (`_` for a space) → a recording, or a fault: see XCRUN."""
    values = {command.replace("_", " "): answer for command, answer in wanted.items()}
    (folder / "phone" / "answers.json").write_text(json.dumps(values), encoding="utf-8")
