"""model.json: the only thing that apps and the benchmark know of a model."""

from __future__ import annotations


class ArtifactError(RuntimeError):
    """An exported file or folder that must not be used; the message is one line for the user."""
