"""Dagster wiring, one thin file per stage. No science and no file formats."""

import warnings

import dagster as dg

# Backfill policies and partitioned checks are marked beta and preview; their behaviour in the pinned
# version is covered by tests, so the notice on every import would be noise.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)
