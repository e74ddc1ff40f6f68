"""Freed memory stays with the process: a training step frees and asks for the same hundreds of
megabytes again, and glibc would hand each back to the kernel and fault it in anew, page by page.
Measured on `mn`, batch 8, one core: 1.6 to 2 times as many images a second.
"""

from __future__ import annotations

import ctypes
import sys

# <malloc.h>
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4


def keep_freed() -> bool:
    """Tell glibc to keep what is freed; False where there is no glibc (then nothing changes)."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(M_MMAP_MAX, 0)) and bool(mallopt(M_TRIM_THRESHOLD, 2**31 - 1))
