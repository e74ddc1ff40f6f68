"""Stereo movies → training data up to scale and shift (UTSS): frames, disparity, what is kept of it."""
