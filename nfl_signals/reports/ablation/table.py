"""The table that an ablation report is made from: its columns, and who speaks in it.

One row per market, forecaster and settled game, pushes left out: `market, forecaster, kind, game_id,
season, week, y, p`. `y` is 1.0 for YES. Every forecaster of a market is given for the same games.
"""

import polars as pl

from nfl_signals.reports.shared.settled import STACK

COLUMNS = ("market", "forecaster", "kind", "game_id", "season", "week", "y", "p")
FINAL = f"{STACK}, markets agreed"
UNCALIBRATED = f"{STACK}, uncalibrated"
WITHOUT_SIGNALS = f"{STACK} without signals"
MARKET_ONLY = f"{STACK} of the market only"
KINDS = {
    "stack": "the stack",
    "close": "the market alone",
    "learner": "one learner alone",
    "without": "something left out",
    "blend": "another blend",
    "calibrator": "another calibration",
}
"""Kinds of forecasters in the order in which they are read, and what reports call them."""


def settled_rows(table: pl.DataFrame, market: str) -> pl.DataFrame:
    """One market's rows as `score_card.Graded` reads them: `outcome` beside, in time order by kind."""
    rank = pl.col("kind").replace_strict({kind: place for place, kind in enumerate(KINDS)})
    mine = table.filter(pl.col("market") == market).with_row_index("row")
    return (
        mine.with_columns(
            rank=rank,
            first=pl.col("row").min().over("forecaster"),
            outcome=pl.when(pl.col("y") == 1.0).then(pl.lit("yes")).otherwise(pl.lit("no")),
        )
        .sort("rank", "first", "season", "week", "game_id")
        .drop("row", "rank", "first")
    )
