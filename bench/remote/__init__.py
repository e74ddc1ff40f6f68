"""Devices other than this machine: how files get there, run there, and what comes back."""
