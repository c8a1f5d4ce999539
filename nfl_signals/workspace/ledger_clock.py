"""By which clock a ledger was written: all that a run must know of it before it opens.

Rows and columns are those of `monitoring/ledger.py`. A ledger that cannot be read tells nothing here; who
needs it says what is wrong with it.
"""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl


def last_written(ledger: Path) -> datetime | None:
    """The newest `written_at`, UTC; None where there is none."""
    newest = _read(ledger, pl.col("written_at").max())
    found = None if newest is None else newest.item()
    return found.astimezone(UTC) if isinstance(found, datetime) else None


def written_live(ledger: Path) -> bool | None:
    """Whether the forecasts of real games were written by the system's clock, not by the run's as-of.

    A season that is played is written at an as-of, which is the `made_at` of its forecasts; the system's
    clock has seconds of its own. None where the ledger holds no forecast of a week to come.
    """
    times = _read(ledger, pl.col("made_at", "written_at", "book", "period_flag"))
    if times is None:
        return None
    of_weeks = (pl.col("book") == "production") | (pl.col("period_flag") == "backdated")
    forecasts = times.filter(of_weeks)
    if forecasts.is_empty():
        return None
    return not set(forecasts["written_at"]) <= set(forecasts["made_at"])


def _read(ledger: Path, what: pl.Expr) -> pl.DataFrame | None:
    if not ledger.exists():
        return None
    try:
        return pl.scan_parquet(ledger, glob=False).select(what).collect()
    except (pl.exceptions.PolarsError, OSError):
        return None
