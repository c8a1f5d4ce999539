"""Calibrators, one file each; the choice among them; intervals of a forecast and of a calibrator.

From arrays of forecasts and outcomes to maps of probabilities. Which games a map may be fitted on is
decided by its callers; how calibration is measured is `stats`.
"""
