"""The machine that figures come from: processor, what it can do, memory, versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

# The extensions that decide how fast small networks run, by the names that kernels report.
X86_FEATURES = (
    "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "avx512_fp16",
    "amx_int8", "amx_bf16",
)  # fmt: skip
ARM_FEATURES = ("asimd", "asimdhp", "asimddp", "i8mm", "bf16", "sve", "sve2", "sme")
CPUINFO = Path("/proc/cpuinfo")
RUNTIMES = ("ai-edge-litert", "onnxruntime", "coremltools", "torch", "numpy")


def describe() -> dict[str, Any]:
    """What every report says of this machine; keys that cannot be found out are absent."""
    known = {
        "processor": processor(),
        "features": features(),
        "cores": os.cpu_count(),
        "memory_bytes": memory_bytes(),
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "versions": versions(),
    }
    return {key: value for key, value in known.items() if value not in (None, "")}


def processor() -> str:
    for key in ("model name", "Model", "Hardware", "CPU part"):
        if value := _cpuinfo().get(key):
            return value
    return _sysctl("machdep.cpu.brand_string") or platform.processor() or platform.machine()


def features() -> list[str]:
    """Of X86_FEATURES and ARM_FEATURES, those that the processor has."""
    info = _cpuinfo()
    flags = set((info.get("flags") or info.get("Features") or "").split())
    if not flags and platform.system() == "Darwin":
        flags = {"asimd"} | ({"asimddp"} if _sysctl("hw.optional.arm.FEAT_DotProd") == "1" else set())
        flags |= {"i8mm"} if _sysctl("hw.optional.arm.FEAT_I8MM") == "1" else set()
    return [name for name in (*X86_FEATURES, *ARM_FEATURES) if name in flags]


def memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None


def versions() -> dict[str, str]:
    found = {}
    for name in RUNTIMES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _cpuinfo() -> dict[str, str]:
    """Key → value of the first processor that has the key."""
    try:
        text = CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    pairs = [line.split(":", 1) for line in text.splitlines() if ":" in line]
    return {key.strip(): value.strip() for key, value in reversed(pairs)}


def _sysctl(name: str) -> str:
    if platform.system() != "Darwin":
        return ""
    done = subprocess.run(["sysctl", "-n", name], capture_output=True, text=True, check=False)
    return done.stdout.strip()
