"""Depth maps from laser scans: calibration, points, z-buffer, visibility."""
