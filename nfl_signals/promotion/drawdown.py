"""What flat stakes would have won and lost: the deepest fall of a season, one against another.

One unit is staked on each lean, at the price recorded with it. The games of a week are settled
together, so a path has one point a week; it starts at nothing each season, as a bankroll does. How
much to stake and when to bet is not decided here.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfl_signals.markets.odds import payout_per_unit
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.bootstrap import Interval, percentiles, week_draws


def units_won(p_hat: str) -> pl.Expr:
    """Units won per row by one unit on the side that `p_hat` leans to.

    The frame has price_yes, price_no, p_market and outcome. A push gives the stake back; no lean and
    no price mean no stake, 0.

    Example:
        >>> row = {"p": [0.6], "p_market": [0.5], "price_yes": [150.0], "price_no": [-180.0]}
        >>> pl.DataFrame({**row, "outcome": ["yes"]}).select(units_won("p")).item()
        1.5
    """
    lean = pl.col(p_hat) - pl.col("p_market")
    price = pl.when(lean > 0).then("price_yes").otherwise("price_no")
    right = pl.col("outcome") == pl.when(lean > 0).then(pl.lit("yes")).otherwise(pl.lit("no"))
    settled = pl.when(right).then(payout_per_unit(price)).otherwise(-1.0)
    return pl.when(lean != 0, pl.col("outcome") != "push").then(settled).otherwise(0.0)


def season_drawdown(weekly: Floats, season: NDArray[np.integer]) -> Floats:
    """Deepest fall below the season's highest point so far, mean over seasons.

    `weekly` are units won, time ascending, shape (..., weeks), `season` that of each week, shape
    (weeks,). Returns units, shape (...); 0 if nothing was ever lost.

    Example:
        >>> float(season_drawdown(np.array([2.0, -1.0, -2.0, 4.0]), np.zeros(4, dtype=int)))
        3.0
    """
    falls = []
    for one in np.unique(season):
        path = np.cumsum(weekly[..., season == one], axis=-1)
        highest = np.maximum(np.maximum.accumulate(path, axis=-1), 0.0)
        falls.append((highest - path).max(axis=-1))
    mean: Floats = np.mean(falls, axis=0)
    return mean


def extra_drawdown(
    rows: pl.DataFrame, *, seed: int, draws: int = 1000, level: float = 0.95
) -> Interval:
    """Drawdown of the challenger's leans beyond that of the champion's, units a season.

    Percentile interval; whole weeks are redrawn for both at once and take the places of the weeks
    there were (as `bootstrap.week_block_interval`, for a figure that depends on the path).

    Raises:
        ValueError: fewer than two weeks.
    """
    won = {role: units_won(f"p_{role}").sum() for role in ("champion", "challenger")}
    weekly = rows.group_by("season", "week").agg(**won).sort("season", "week")
    season, week, champion, challenger = (each.to_numpy() for each in weekly)
    _, drawn = week_draws(season * 100 + week, seed=seed, draws=draws)
    redrawn = season_drawdown(challenger[drawn], season) - season_drawdown(champion[drawn], season)
    low, high = percentiles(redrawn, level=level)
    extra = season_drawdown(challenger, season) - season_drawdown(champion, season)
    return Interval(estimate=float(extra), low=low, high=high, n=rows.height, n_blocks=len(week))
