"""Decision time: the moment at which a game is forecast, whose knowledge and whose price count.

A model is fitted, asked and judged at one horizon: `tuesday`, when the week's forecasts are made, or
`kickoff`, when starters and reports are public and the market closes.
"""

from datetime import timedelta
from typing import Literal

import polars as pl

Horizon = Literal["tuesday", "kickoff"]

MADE: dict[Horizon, str] = {
    "tuesday": "made on the last Tuesday before the game, 14:00 UTC",
    "kickoff": "made before kickoff",
}
CLOSE = timedelta(minutes=1)
"""Before kickoff: what is forecast at the close is dated then, and has no other price."""
SETTLED = "settled at the end of the game, overtime included"
TUESDAY = timedelta(days=1, hours=14)
"""From a week's Monday, 00:00 UTC: Monday night's statistics are out, the next lines are open."""

_INSTANT = timedelta(microseconds=1)


def decision_at(horizon: Horizon, kickoff_at: pl.Expr | None = None) -> pl.Expr:
    """Decision time of games that kick off at `kickoff_at` (default: the column of that name), UTC.

    Example:
        >>> from datetime import UTC, datetime
        >>> sunday = pl.DataFrame({"kickoff_at": [datetime(2025, 11, 9, 18, tzinfo=UTC)]})
        >>> sunday.select(decision_at("tuesday")).item().isoformat()
        '2025-11-04T14:00:00+00:00'
    """
    kickoff = pl.col("kickoff_at") if kickoff_at is None else kickoff_at
    if horizon == "kickoff":
        return kickoff.alias("decision_at")
    weeks = (kickoff - TUESDAY - _INSTANT).dt.truncate("1w")
    return (weeks + TUESDAY).alias("decision_at")


def meaning(horizon: Horizon) -> str:
    """When a forecast is made and settled, as it stands on model cards."""
    return f"{MADE[horizon]}, {SETTLED}"
