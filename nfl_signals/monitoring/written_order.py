"""Whether the rows of the ledger were written one after the other, by a clock that went on."""

from datetime import timedelta

import polars as pl

from nfl_signals.core.settings import describe
from nfl_signals.markets.definitions import KEYS

TOLERANCE = timedelta(hours=1)
"""A run reads the clock before it waits for the ledger, and another one may write meanwhile."""


def out_of_order(ledger: pl.DataFrame) -> list[str]:
    """Rows whose `written_at` is more than `TOLERANCE` before that of a row above them, a sentence each."""
    newest = pl.col("written_at").cum_max().shift(1)
    rows = ledger.with_row_index("row").with_columns(newest=newest)
    late = rows.filter(pl.col("written_at") < pl.col("newest") - TOLERANCE)
    return [
        f"row {row['row']} ({row['prediction_id']}, {' '.join(row[name] for name in KEYS)}): written "
        f"{describe(row['written_at'])}, a row above it {describe(row['newest'])}: the clock was set "
        "back, or the row was put in later"
        for row in late.iter_rows(named=True)
    ]
