"""`make test-android`: compiles, dexes, signs and tests android_demo without an SDK, a phone or Gradle.

What it cannot do is said at the end. Output lies in android_demo/build/check.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from tests.android import apk, new_api, sources
from tests.android.build import Build, BuildError
from tests.android.fetch import FetchError, toolchain

ROOT = Path(__file__).parents[2]
APP = ROOT / "android_demo"
OUT = APP / "build" / "check"
SHIPPED = ("mn", "lite0")
SMALL = "128x160"  # of the golden files that are made where none are given
MIN_SDK = 26
T = TypeVar("T")
NOT_RUN = (
    "the app on a phone or emulator: camera, touch, TalkBack, pausing, saving, sharing, the benchmark screen",
    "LiteRT itself: the app was compiled against a stub of the part of its API that it calls",
    "GPU and NPU delegates, and every time of a phone: times above are this machine's JVM",
    "Gradle, Android Lint and the Android SDK: its files are not read here; compiled against API 29",
)


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    try:
        run(options.golden)
    except (BuildError, FetchError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="python -m tests.android.run", description=__doc__)
    p.add_argument(
        "--golden",
        type=Path,
        metavar="DIR",
        help="a model's golden folder; default: artifacts/mn's, else made",
    )
    return p


def run(golden: Path | None) -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    models = exported(ROOT)
    making = None if golden or models else start_export()
    try:
        build = Build(toolchain(say), APP, OUT)
        compile_all(build)
        if making is not None:
            check("golden files", lambda: finish_export(making))
            models = [OUT / "artifacts" / f"mn@{SMALL}"]
        golden = golden or models[0] / "golden"
        check_all(build, golden, models)
    finally:
        if making is not None and making.poll() is None:
            making.kill()
            making.wait()
    summary(golden, models, making is not None)


def check_all(build: Build, golden: Path, models: list[Path]) -> None:
    check("reference of Python", lambda: reference(golden))
    test(build, golden)
    package(build, models)
    report(build, golden)


# --- golden files


def exported(root: Path) -> list[Path]:
    """The shipped models that were exported; none without the first one's golden files."""
    found = [root / "artifacts" / name for name in SHIPPED]
    return [f for f in found if (f / "model.json").is_file()] if (found[0] / "golden").is_dir() else []


def start_export() -> subprocess.Popen[str]:
    """The exporter in the background, while the app is compiled."""
    say(f"no artifacts/mn: exporting mn at {SMALL} for its golden files")
    command = [sys.executable, "-m", "export.all", "--model", "mn", "--target", "tflite", "--size", SMALL]
    return subprocess.Popen(
        [*command, "--out", str(OUT / "artifacts")],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish_export(making: subprocess.Popen[str]) -> None:
    _, errors = making.communicate()
    if making.returncode:
        raise BuildError(f"python -m export.all failed: {(errors.strip() or 'no message').splitlines()[-1]}")


def reference(golden: Path) -> None:
    command = [sys.executable, "-m", "tests.android.reference", str(golden), str(OUT / "reference")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"the Python reference failed:\n{done.stderr}")


# --- stages


def compile_all(build: Build) -> None:
    check("rules of the sources", lambda: refuse(sources.violations(APP)))
    check("core", build.core)
    check("LiteRT stub", build.stub)
    check("resources", build.resources)
    check("app", build.app)
    check("tests", build.tests)


def test(build: Build, golden: Path) -> None:
    folders = {
        "golden": golden,
        "reference": OUT / "reference",
        "manifests": ROOT / "tests" / "data" / "manifest",
    }
    print(check("JUnit tests of core", lambda: build.junit(folders)), end="")


def package(build: Build, models: list[Path]) -> None:
    check("dex", build.dex)
    check("package", lambda: build.package(models))
    print(check("sign and verify", build.sign), end="")
    check("16 KB pages", lambda: refuse(apk.misaligned(build.apk)))
    used = check("calls newer than minSdk", lambda: newer(build))
    say(f"  {used} members of the framework used, none too new")


def newer(build: Build) -> int:
    with (build.tools / "levels.d.ts").open(encoding="utf-8") as lines:
        since = new_api.levels(lines)
    wrong, seen = new_api.too_new(
        [build.out / "core.jar", build.out / "app.jar"], build.tools / "android.jar", since, MIN_SDK
    )
    refuse(wrong)
    return seen


def report(build: Build, golden: Path) -> None:
    print(check("speed (a report, no test)", build.speed), end="")
    check("pictures", lambda: build.pictures(golden))


def check(name: str, work: Callable[[], T]) -> T:
    start = time.monotonic()
    result = work()
    say(f"{name:<28} {time.monotonic() - start:6.1f} s")
    return result


def refuse(wrong: list[str]) -> None:
    if wrong:
        raise BuildError("\n".join(wrong))


def say(text: str) -> None:
    print(text, flush=True)


def summary(golden: Path, models: list[Path], made: bool) -> None:
    place = OUT.relative_to(ROOT)
    say(f"\n{place}/app.apk: signed with a throw-away key; models: {', '.join(m.name for m in models)}")
    say(f"{place}/beside.png, cloud.png: what the app draws of {golden}: look at them")
    lines = [*NOT_RUN]
    if made:
        lines.append(
            f"golden files at the shipped size, and the model lite0: no artifacts/ here, mn at {SMALL} served"
        )
    say("\nNOT RUN HERE:\n" + "\n".join(f"  - {line}" for line in lines))


if __name__ == "__main__":
    sys.exit(main())
