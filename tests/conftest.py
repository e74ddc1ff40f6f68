"""What every test may use: the reference data where it lies beside the project."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import settings

# Machines are slow at times; the examples are the same on each run.
settings.register_profile("plumb", deadline=None, derandomize=True, max_examples=30)
settings.load_profile("plumb")

# Shells start background jobs with SIGINT ignored; commands that tests interrupt would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def paper() -> Path:
    """Reference outputs of the authors' code; tests that need them skip where they are absent."""
    folder = SHARED / "paper"
    if not folder.is_dir():
        pytest.skip("the reference outputs of the authors' code are not on this machine")
    return folder
