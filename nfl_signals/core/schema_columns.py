"""Columns that several schemas share; each stage has its own `schemas.py`.

Each column's `metadata` carries `known_at`: when, relative to kickoff, its value exists.
"""

import pandera.polars as pa
import polars as pl

from nfl_signals.markets.definitions import MARKETS

UTC_MICROSECONDS = pl.Datetime("us", "UTC")


def column(
    dtype: pl.DataType,
    known_at: str,
    *checks: pa.Check,
    nullable: bool = False,
    unique: bool = False,
    rule: str = "unusable_value",
) -> pa.Column:
    """A typed column with the time at which its value is known.

    `rule` names what is done about a value that breaks its checks (`ingest/rules.py`).
    """
    metadata = {"known_at": known_at, "rule": rule}
    return pa.Column(dtype, list(checks), nullable=nullable, unique=unique, metadata=metadata)


def no_rows(schema: pa.DataFrameSchema) -> pl.DataFrame:
    """A table of a schema without any row."""
    return pl.DataFrame(schema={name: column.dtype.type for name, column in schema.columns.items()})


def probability(known_at: str, *, nullable: bool = False) -> pa.Column:
    """A number in [0, 1]."""
    return column(pl.Float64(), known_at, pa.Check.in_range(0.0, 1.0), nullable=nullable)


def price() -> pa.Column:
    """American odds at the close; null where none was recorded."""
    american = pa.Check(
        lambda data: data.lazyframe.select(pl.col(data.key).abs() >= 100),
        error="American odds: at most -100 or at least +100",
    )
    return column(pl.Float64(), "close", american, nullable=True, rule="impossible_price")


YEARS = (1920, 2100)  # a season lies between them
SEASON = column(pl.Int32(), "schedule", pa.Check.in_range(*YEARS))
WEEK = column(pl.Int32(), "schedule", pa.Check.in_range(1, 30))
MARKET = column(pl.String(), "schedule", pa.Check.isin(sorted(MARKETS)))
