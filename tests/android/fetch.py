"""The tools that compile, dex and sign an Android app without its SDK, in the cache; fetched on demand.

From npm, PyPI and Debian, through their ordinary clients as this machine has them set. Files of a fixed
version are compared with their SHA-256, Debian's packages by apt with its signed lists. Nothing is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.android import api_jar

LAYOUT = 1  # counts up when what is fetched changes: an older folder is then left alone
SHA256 = {
    "kotlin-compiler-2.4.20.tgz": "c23dab400d7ce5ea8b6c909947c0ca5454189e4bb1108695b5f464500e5e950f",
    "nativescript-types-android-9.1.1.tgz":
        "16193ea9c70286d5b0d3e2dc559abb483ad61fb599219c59d1a4146fe370b25a",
    "mobsf-3.9.7-py3-none-any.whl": "aa3bdce244d2f6c2781c492102ff2b6d24c85ae8eb0022bfa5d0026d930ccb54",
    "android-platform-frameworks-base_10.0.0+r36.orig.tar.xz":
        "67251bc9a4152b0d4783653d9d45ec815349771f501f28a8f96479848cfee26b",
}  # fmt: skip
KOTLIN, TYPES, WHEEL, SOURCE = SHA256
JAVA_PACKAGES = ("apksigner", "libapksig-java", "junit4", "libhamcrest-java")
JARS = {  # name here → in those packages
    "apksigner.jar": "apksigner-*.jar", "apksig.jar": "apksig-*.jar", "junit4.jar": "junit4.jar",
    "hamcrest.jar": "hamcrest-2*.jar",
}  # fmt: skip
TOOLS = {  # what must be on the path → the Debian package that brings it
    "java": "openjdk-17-jdk-headless", "javac": "openjdk-17-jdk-headless", "npm": "npm", "apt-get": "apt",
    "dpkg-deb": "dpkg",
}  # fmt: skip
FEWEST_CLASSES = 4000  # of Android's API; 4,526 at level 29
SECONDS = 600


class FetchError(RuntimeError):
    """One line: what could not be fetched, and what to do."""


def toolchain(say: Callable[[str], None]) -> Path:
    """The folder of the tools, filled where it is not yet."""
    install_missing(say)
    home = cache() / "android"
    final = home / f"toolchain-{LAYOUT}"
    with locked(home):
        if not final.is_dir():
            say(f"fetching the Android toolchain into {final} (once; about 250 MB)")
            new = home / ".building"
            shutil.rmtree(new, ignore_errors=True)
            try:
                fill(new)
                new.replace(final)
            finally:
                shutil.rmtree(new, ignore_errors=True)
    return final


def cache() -> Path:
    """`$PLUMB_CACHE`, else `$XDG_CACHE_HOME/plumb-depth`, else `~/.cache/plumb-depth`: as in bench."""
    if given := os.environ.get("PLUMB_CACHE"):
        return Path(given).absolute()
    general = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (general if general.is_absolute() else Path.home() / ".cache") / "plumb-depth"


@contextmanager
def locked(place: Path) -> Iterator[None]:
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def install_missing(say: Callable[[str], None]) -> None:
    """A JDK and npm, by apt-get where this is root on Debian; else FetchError names the packages."""
    missing = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    if not missing:
        return
    command = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *missing]
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise FetchError(f"missing: {', '.join(missing)}; on Debian: sudo {' '.join(command)}")
    say(f"installing {', '.join(missing)}")
    run(["apt-get", "update", "-qq"], Path.cwd())
    run(command, Path.cwd())


def fill(folder: Path) -> None:
    """Everything into the empty `folder`; what was downloaded only to be unpacked goes again."""
    downloads = folder / "downloads"
    downloads.mkdir(parents=True)
    run(["npm", "pack", "--silent", "kotlin-compiler@2.4.20", "@nativescript/types-android@9.1.1"], downloads)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    pip.append("--ignore-requires-python")  # nothing of the wheel is run as Python
    run([*pip, "mobsf==3.9.7"], downloads)
    apt(folder / "apt", downloads)
    for name, expected in SHA256.items():
        check(downloads / name, expected)
    unpack_npm(downloads, folder)
    unpack_wheel(downloads / WHEEL, folder)
    unpack_debian(downloads, folder)
    shutil.rmtree(downloads)
    shutil.rmtree(folder / "apt")


def apt(work: Path, downloads: Path) -> None:
    """Debian packages and the source archive, by this system's sources, without touching apt's own state."""
    for part in ("parts", "state/lists/partial", "cache/archives/partial"):
        (work / part).mkdir(parents=True)
    sources = Path("/etc/apt")
    for found in [
        *sources.glob("sources.list.d/*.sources"),
        *sources.glob("sources.list.d/*.list"),
        *sources.glob("sources.list"),
    ]:
        (work / "parts" / found.name.replace("sources.list", "main.list")).write_text(with_sources(found))
    options = {
        "Dir::Etc::sourcelist": "none", "Dir::Etc::sourceparts": work / "parts",
        "Dir::State::lists": work / "state/lists", "Dir::Cache": work / "cache", "APT::Sandbox::User": "root",
        "Acquire::Languages": "none", "Acquire::Retries": "2",
    }  # fmt: skip
    command = ["apt-get", "-qq", *(f"-o{key}={value}" for key, value in options.items())]
    run([*command, "update"], downloads)
    run([*command, "download", *JAVA_PACKAGES], downloads)
    run([*command, "source", "--download-only", "android-framework-res"], downloads)


def with_sources(found: Path) -> str:
    """A file of apt's sources in which every source also offers source packages."""
    text = found.read_text(encoding="utf-8")
    if found.suffix == ".sources":
        return re.sub(r"(?m)^Types:.*$", "Types: deb deb-src", text)
    lines = [line for line in text.splitlines() if line.startswith("deb ")]
    return "\n".join([*lines, *("deb-src " + line.removeprefix("deb ") for line in lines), ""])


def check(path: Path, expected: str) -> None:
    if not path.is_file():
        raise FetchError(f"{path.name}: not offered under this name; this needs Debian 12's sources")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise FetchError(f"{path.name}: SHA-256 {found}, expected {expected}: nothing of it is used")


def unpack_npm(downloads: Path, folder: Path) -> None:
    with tarfile.open(downloads / KOTLIN) as archive:
        archive.extractall(folder, filter="data")
    (folder / "package").rename(folder / "kotlinc")
    with tarfile.open(downloads / TYPES) as archive:
        member = archive.extractfile("package/lib/android/android-platform-21-37-merged.d.ts")
        assert member is not None
        (folder / "levels.d.ts").write_bytes(member.read())


def unpack_wheel(wheel: Path, folder: Path) -> None:
    """D8/R8, aapt2 and the framework's resource table; nothing else of the wheel is used or kept."""
    tools = "mobsf/StaticAnalyzer/tools"
    with zipfile.ZipFile(wheel) as archive:
        (folder / "r8.jar").write_bytes(archive.read(f"{tools}/jadx/lib/r8-3.3.75.jar"))
        inner = folder / "downloads" / "apktool.jar"
        inner.write_bytes(archive.read(f"{tools}/apktool_2.9.3.jar"))
    with zipfile.ZipFile(inner) as archive:
        (folder / "aapt2").write_bytes(archive.read("prebuilt/linux/aapt2_64"))
        (folder / "framework.apk").write_bytes(archive.read("brut/androlib/android-framework.jar"))
    (folder / "aapt2").chmod(0o755)


def unpack_debian(downloads: Path, folder: Path) -> None:
    root = downloads / "root"
    for package in sorted(downloads.glob("*.deb")):
        run(["dpkg-deb", "--extract", str(package), str(root)], downloads)
    for name, pattern in JARS.items():
        found = [path for path in (root / "usr/share/java").glob(pattern) if not path.is_symlink()]
        if len(found) != 1:
            raise FetchError(f"{pattern}: {len(found)} files of Debian's packages match, not one")
        shutil.copyfile(found[0], folder / name)
    with tarfile.open(downloads / SOURCE) as archive:
        member = next(m for m in archive if m.name.removeprefix("./") == "api/current.txt")
        text = archive.extractfile(member)
        assert text is not None
        (downloads / "current.txt").write_bytes(text.read())
    count = api_jar.write(downloads / "current.txt", folder / "android.jar")
    if count < FEWEST_CLASSES:
        raise FetchError(f"{SOURCE}: its api/current.txt holds {count} classes only")


def run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FetchError(f"{command[0]}: {error}") from error
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        raise FetchError(f"{' '.join(command[:2])}: {lines[-1]}")
