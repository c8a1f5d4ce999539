"""Calibrators, one file each; the choice among them; intervals of a forecast and of a calibrator."""
