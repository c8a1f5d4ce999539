"""Blends of learners, market and signals on the logit scale, one file each, and their explanation."""
