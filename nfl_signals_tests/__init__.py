"""Tests of nfl_signals, one file per module, written as claims."""
