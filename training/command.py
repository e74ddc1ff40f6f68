"""What all commands of training and export do alike."""

from __future__ import annotations

import argparse
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """Wrong options end in one line on stderr and exit status 2, as every other fault does."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message} (--help lists the options)\n")


class UsageError(ValueError):
    """Options that do not go together; the message is one line for the user."""
