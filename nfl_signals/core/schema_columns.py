"""Columns that several schemas share; each stage has its own `schemas.py`.

Each column's `metadata` carries `known_at`: when, relative to kickoff, its value exists.
"""

import pandera.polars as pa
import polars as pl

from nfl_signals.markets import bounds
from nfl_signals.markets.bounds import Bounds
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


def within(limits: Bounds) -> pa.Check:
    """That every value is within its bounds."""
    return pa.Check(
        lambda data: data.lazyframe.select(limits.hold(pl.col(data.key))), error=str(limits)
    )


def probability(known_at: str, *, nullable: bool = False) -> pa.Column:
    """A number in [0, 1]."""
    return column(pl.Float64(), known_at, within(bounds.PROBABILITY), nullable=nullable)


def price(known_at: str = "close") -> pa.Column:
    """American odds; null where none was recorded."""
    american = within(bounds.PRICE)
    return column(pl.Float64(), known_at, american, nullable=True, rule="impossible_price")


SEASON = column(pl.Int32(), "schedule", within(bounds.SEASON))
WEEK = column(pl.Int32(), "schedule", within(bounds.WEEK))
MARKET = column(pl.String(), "schedule", pa.Check.isin(sorted(MARKETS)))
