"""Scores, intervals, tests and calibration errors: numpy arrays in, numbers out.

No frame, no file and no setting belongs here, nor anything that knows what a market is.
"""
