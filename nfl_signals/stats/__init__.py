"""Scores, bootstrap, e-processes and calibration errors: numpy in, numbers out."""
