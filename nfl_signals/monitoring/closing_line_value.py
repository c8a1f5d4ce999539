"""Closing-line value: did the market move towards the side the forecast leant to?

The close is the best forecast there is, so a lean that the market later moves towards was worth
something whether or not the game went its way: it shows in dozens of games what results show in
thousands. The lean is the side that the forecast rates higher than the price at the pick does.
"""

import numpy as np
import polars as pl
from scipy.stats import norm

from nfl_signals.markets.definitions import MARKETS
from nfl_signals.stats.arrays import Floats

POINTS_SD = {name: market.points_sd for name, market in MARKETS.items()}
CLOSE = ["line", "price_yes", "price_no", "p_market"]


def with_closing_line_value(graded: pl.DataFrame, close: pl.DataFrame) -> pl.DataFrame:
    """`graded` with the column `closing_line_value`.

    The change of the no-vig probability of the side leant to, from pick to close, both for the line
    taken: where the line moved, the close is carried over to the line taken by a normal
    distribution of the points around it (`POINTS_SD`; close enough for a move of a few points).

    Args:
        graded: as `ledger.grade` gives it.
        close: one row per game_id and market: line, prices and p_market at the close; no row while
            the market is still open.

    Returns:
        `graded` in its order. Positive: the market moved towards the lean, probability. Null where
        line and prices did not move, one of the two prices is unknown, or there was no lean.
    """
    both = graded.join(
        close.select("game_id", "market", *CLOSE),
        on=["game_id", "market"],
        how="left",
        suffix="_close",
        maintain_order="left",
        validate="m:1",
    )
    moved = pl.any_horizontal(pl.col(name) != pl.col(f"{name}_close") for name in CLOSE[:3])
    lean = (pl.col("p_hat") - pl.col("p_market")).sign()
    gained = pl.Series("gained", _at_line_taken(both), nan_to_null=True) - both["p_market"]
    value = pl.when(moved, lean != 0).then(lean * gained)
    return both.with_columns(closing_line_value=value).select(*graded.columns, "closing_line_value")


def _at_line_taken(both: pl.DataFrame) -> Floats:
    """Closing probability of YES at the line taken, NaN where unknown; YES is above the line."""
    sd = both["market"].replace_strict(POINTS_SD, return_dtype=pl.Float64).to_numpy()
    close, move = both["p_market_close"].to_numpy(), (both["line_close"] - both["line"]).to_numpy()
    carried: Floats = norm.cdf(norm.ppf(close) + move / sd)
    # Unmoved lines keep the price itself, not the price after a round trip through the normal.
    return np.where(move == 0, close, carried)
