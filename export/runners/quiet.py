"""Third-party chatter kept off the terminal while one library call lasts."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout


@contextmanager
def quiet(*loggers: str, packages: Sequence[str], level: int = logging.CRITICAL) -> Iterator[None]:
    """Drop progress bars, records of `loggers` below `level` and warnings raised in `packages`.

    Exceptions pass. Levels, warning filters and streams are as before afterwards.
    """
    before = {name: logging.getLogger(name).level for name in loggers}
    sink = io.StringIO()
    try:
        for name in loggers:
            logging.getLogger(name).setLevel(level)
        with warnings.catch_warnings(), redirect_stdout(sink), redirect_stderr(sink):
            for package in packages:
                warnings.filterwarnings("ignore", module=rf"{re.escape(package)}(\.|$)")
            yield
    finally:
        for name, old in before.items():
            logging.getLogger(name).setLevel(old)


@contextmanager
def quiet_coremltools() -> Iterator[None]:
    """For any call of coremltools, its import first of all: it names there each part it lacks on Linux."""
    with quiet("coremltools", "torch.utils._pytree", packages=("coremltools", "torch", "torchao")):
        # The converter leaves its folder of weights to the garbage collector.
        warnings.filterwarnings("ignore", "Implicitly cleaning up", ResourceWarning)
        yield
