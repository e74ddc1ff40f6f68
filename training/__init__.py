"""Plumb: makes the networks."""

__version__ = "0.1.0"
