"""An arm64 system with Python and LiteRT as an ordinary folder, for qemu-user; set up on demand.

    FOLDER/root          Debian packages, unpacked (no root rights, no image, nothing installed here)
    FOLDER/site          the arm64 wheels of LiteRT and NumPy, at the versions that this Python has
    FOLDER/contents.json SHA-256 of all of them

apt-get checks each package against the signed lists of this system's own sources, pip each wheel against
the hash that its index gives.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.latency import DeviceError
from bench.remote import cache, programs

GUEST = Path(__file__).parent / "guest"
LAYOUT = 1  # counts up when what is set up changes: an older folder is then left alone
PACKAGES = ("python3-minimal", "libpython3-stdlib", "libstdc++6")
WHEELS = ("ai-edge-litert", "numpy")
GLIBC = ("2_17", "2_27", "2_28")  # of the wheels' platform tags
DOWNLOAD_SECONDS, UNPACK_SECONDS, START_SECONDS = 600, 60, 120
PYTHON = re.compile(r"python3\.\d+")
# LiteRT picks kernels by the processor, which it reads from /proc/cpuinfo; that of an x86 machine ends it
# with a segmentation fault. One core: the same machine everywhere.
CPUINFO = (
    "processor\t: 0\n"
    "Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop "
    "asimddp\n"
    "CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x4\nCPU part\t: 0xd0b\n"
    "CPU revision\t: 1\n\n"
)
FAKED = {
    "proc/cpuinfo": CPUINFO,
    "sys/devices/system/cpu/possible": "0\n",
    "sys/devices/system/cpu/present": "0\n",
    "sys/devices/system/cpu/online": "0\n",
}
START = "import json, platform, importlib.metadata, numpy, ai_edge_litert.interpreter"
# The processor of 2018's phones. Never `max`: with SVE on, QEMU 7.2 computes other int8 results.
CPU = "cortex-a76"


@dataclass(frozen=True)
class Machine:
    """qemu: the emulator · folder: see the module · plugin: the library that counts instructions."""

    qemu: str
    folder: Path
    plugin: Path

    def command(self, code: str, *arguments: Path, plugin: str | None = None) -> list[str]:
        """What runs the Python `code` in the emulated machine. plugin: options for qemu's `-plugin`."""
        plugged = ["-plugin", plugin] if plugin else []
        root = self.folder / "root"
        start = [self.qemu, "-cpu", CPU, *plugged, "-L", str(root), str(python(root))]
        # No site-packages, which would be this machine's; no bytecode written, which would be counted.
        return [*start, "-S", *(["-B"] if plugin else []), "-c", code, *map(str, arguments)]

    def environment(self) -> dict[str, str]:
        """All that the emulated process sees, so that this machine's settings change nothing."""
        return {
            "PYTHONPATH": f"{self.folder / 'site'}:{GUEST}",
            "PYTHONHASHSEED": "0",
            "OPENBLAS_NUM_THREADS": "1",
            "LC_ALL": "C.UTF-8",
        }


def ready(say: Callable[[str], None]) -> Machine:
    """The machine, set up where it is not yet. DeviceError with one line; to be used under `cache.locked`."""
    if (system := platform.system()) != "Linux":
        raise DeviceError(f"--device qemu: qemu-user runs on Linux, not on {system}")
    wheels, place = versions(), home()
    folder = place / "_".join([*(f"{name}-{version}" for name, version in wheels.items()), f"{LAYOUT}"])
    installing = () if folder.is_dir() else tuple(programs.INSTALLING)
    found = programs.find((*programs.RUNNING, *installing))
    place.mkdir(parents=True, exist_ok=True)
    plugin = counter(found, place)
    if installing:
        say(f"setting up an arm64 LiteRT in {folder} (once; about 60 MB to download)")
        with cache.building(folder) as new:
            set_up(new, found, wheels)
    return Machine(found["qemu-aarch64"], folder, plugin)


def home() -> Path:
    return cache.folder() / "arm"


def versions() -> dict[str, str]:
    """WHEELS → the version installed here: what is compared is the processor, not the release."""
    try:
        return {name: importlib.metadata.version(name) for name in WHEELS}
    except importlib.metadata.PackageNotFoundError as error:
        raise DeviceError(f"--device qemu compares with LiteRT here: pip install {error.name}") from error


# --- the system


def set_up(folder: Path, found: Mapping[str, str], wheels: Mapping[str, str]) -> None:
    """Fill the empty `folder`, and see that LiteRT starts in it (which also compiles its Python files)."""
    root, site = folder / "root", folder / "site"
    packages = unpack_packages(folder / "apt", root, found)
    hashes = install_wheels(site, wheels, python(root).name.removeprefix("python"))
    for name, text in FAKED.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="ascii")
    contents = {"layout": LAYOUT, "packages": packages, "wheels": hashes}
    (folder / "contents.json").write_text(json.dumps(contents, indent=1) + "\n", encoding="utf-8")
    machine = Machine(found["qemu-aarch64"], folder, folder)
    start = machine.command(START)
    programs.run(start, "starting LiteRT in the emulated machine", START_SECONDS, machine.environment())


def unpack_packages(work: Path, root: Path, found: Mapping[str, str]) -> dict[str, str]:
    """PACKAGES and what they need for arm64 into `root`; file → SHA-256. `work` is removed at the end."""
    for part in ("state/lists/partial", "cache/archives/partial"):
        (work / part).mkdir(parents=True)
    (work / "status").touch()
    apt = [found["apt-get"], "-q", "-y", *_options(work)]
    programs.run([*apt, "update"], "apt-get update for arm64", DOWNLOAD_SECONDS)
    what = "downloading arm64 packages (apt's sources must offer them, as Debian's do)"
    programs.run([*apt, "install", "--download-only", *PACKAGES], what, DOWNLOAD_SECONDS)
    archives = sorted((work / "cache/archives").glob("*.deb"))
    for archive in archives:
        extract = (found["dpkg-deb"], "--extract", archive, root)
        programs.run(extract, f"unpacking {archive.name}", UNPACK_SECONDS)
    hashes = {archive.name: _sha256(archive) for archive in archives}
    # Where /lib is /usr/lib, a package that is not unpacked here would have made the link.
    if not (root / "lib").exists():
        (root / "lib").symlink_to("usr/lib")
    shutil.rmtree(work)
    return hashes


def _options(work: Path) -> list[str]:
    """This system's sources and keys, everything else of apt's inside `work`, for arm64 alone."""
    values = {
        "APT::Architecture": "arm64",
        "APT::Architectures": "arm64",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
        "Debug::NoLocking": "true",
        "Dir::State": work / "state",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
    }
    return [part for key, value in values.items() for part in ("-o", f"{key}={value}")]


def install_wheels(site: Path, wheels: Mapping[str, str], python_version: str) -> dict[str, str]:
    """The arm64 wheels of `wheels` (name → version) into `site`; name → the SHA-256 that pip checked."""
    report = site.with_name("wheels.json")
    platforms = [part for glibc in GLIBC for part in ("--platform", f"manylinux_{glibc}_aarch64")]
    command: list[str | Path] = [
        sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-input",
        "--no-deps", "--no-compile", "--only-binary=:all:", "--implementation", "cp",
        "--python-version", python_version, *platforms, "--target", site, "--report", report,
        *(f"{name}=={version}" for name, version in wheels.items()),
    ]  # fmt: skip
    programs.run(command, "installing the arm64 wheels of LiteRT and NumPy", DOWNLOAD_SECONDS)
    entries = json.loads(report.read_text(encoding="utf-8"))["install"]
    report.unlink()
    return {
        entry["metadata"]["name"]: entry["download_info"]["archive_info"]["hashes"]["sha256"]
        for entry in entries
    }


def python(root: Path) -> Path:
    """The unpacked interpreter. DeviceError where there is none."""
    found = sorted(path for path in (root / "usr/bin").glob("python3.*") if PYTHON.fullmatch(path.name))
    if not found:
        raise DeviceError(f"{root}: no Python in it; remove {root.parent} and run again")
    return found[-1]


# --- the counter


def counter(found: Mapping[str, str], place: Path) -> Path:
    """The plugin, compiled for the interface that this QEMU has. DeviceError where it takes none."""
    qemu, source = found["qemu-aarch64"], GUEST / "insn_count.c"
    if "-plugin" not in programs.run([qemu, "-help"], "qemu-aarch64 -help", START_SECONDS):
        raise DeviceError(f"{qemu} takes no plugins (a static build?): apt-get install qemu-user")
    version = re.search(r"version (\d+)\.", programs.run([qemu, "--version"], "qemu-aarch64", START_SECONDS))
    api = 1 if version is not None and int(version[1]) < 9 else 2
    library = place / f"insn_count-{_sha256(source)[:12]}-{api}.so"
    if not library.exists():
        new = library.with_suffix(".new")
        command = (found["gcc"], "-shared", "-fPIC", "-O2", f"-DPLUGIN_API={api}", "-o", new, source)
        programs.run(command, "compiling the counter of instructions", UNPACK_SECONDS)
        new.replace(library)
    return library


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
