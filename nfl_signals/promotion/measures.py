"""What a champion and a challenger are held against each other by, each with its interval.

In every difference the challenger comes first and larger is worse. All intervals redraw whole weeks
(`stats/bootstrap.py`): `seed` is of the draws, `level` the coverage aimed at, and fewer than two weeks
are a ValueError.
"""

from dataclasses import replace

import numpy as np
import polars as pl
from scipy.stats import norm
from scipy.stats import t as student

from nfl_signals.markets.definitions import LEAST_EDGE
from nfl_signals.stats.arrays import Floats, Ints
from nfl_signals.stats.bootstrap import Interval, percentiles, week_block_interval, week_draws
from nfl_signals.stats.e_process import with_memory
from nfl_signals.stats.recalibration_error import calibration_gap, weekly_sums
from nfl_signals.stats.scores import NotEstimableError, calibration_slope_intercept

PAIRS_SCHEMA = pl.Schema(
    {
        "game_id": pl.String(),
        "market": pl.String(),
        "season": pl.Int32(),
        "week": pl.Int32(),
        "outcome": pl.String(),  # yes, no, push
        "y": pl.Float64(),  # 1 yes, 0 no, null on a push
        "p_champion": pl.Float64(),
        "p_challenger": pl.Float64(),
        "p_market": pl.Float64(),  # no-vig, of the prices taken; null without prices
        "line": pl.Float64(),  # points
        "price_yes": pl.Float64(),  # American odds
        "price_no": pl.Float64(),
        "clv_champion": pl.Float64(),  # probability; null: no lean, or the market did not move
        "clv_challenger": pl.Float64(),
    }
)
"""One row per game and market that both forecast before kickoff, at one line and one price."""

DIGITS = 9  # of an edge: 0.51 - 0.50 is 0.01
CODE = pl.col("season").cast(pl.Int64) * 100 + pl.col("week")


def week_codes(rows: pl.DataFrame) -> Ints:
    """Season * 100 + week of every row, shape (n,)."""
    codes: Ints = rows.select(CODE).to_series().to_numpy()
    return codes


def brier_excess(
    rows: pl.DataFrame, *, seed: int, level: float, over: str = "p_champion"
) -> Interval:
    """Brier score of the challenger minus that of the forecast `over`, mean per game without a push."""
    scored = rows.drop_nulls(["y", over])
    lost = (pl.col("p_challenger") - pl.col("y")) ** 2 - (pl.col(over) - pl.col("y")) ** 2
    values = scored.select(lost).to_series().to_numpy()
    return _mean_difference(values, week_codes(scored), seed=seed, level=level)


def both_lean(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows on which both rate one side above the price taken."""
    market = pl.col("p_market")
    return rows.filter(pl.col("p_champion") != market, pl.col("p_challenger") != market)


def picks(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows on which both rate one side above the price taken, one of them by `LEAST_EDGE` or more."""
    return rows.filter(_is_pick())


def churn(rows: pl.DataFrame, *, seed: int, level: float) -> Interval:
    """Share of rows whose pick changes side, to the opposite side of the price taken.

    Where both are nearer to the price than `LEAST_EDGE` there is no pick: which side of it they are on
    changes with every fit.
    """
    above = (pl.col(name) > pl.col("p_market") for name in ("p_champion", "p_challenger"))
    changed = rows.select((pl.Expr.ne(*above) & _is_pick()).cast(pl.Float64)).to_series().to_numpy()
    return week_block_interval(changed, week_codes(rows), seed=seed, level=level)


def _is_pick() -> pl.Expr:
    edges = [(pl.col(p) - pl.col("p_market")).abs() for p in ("p_champion", "p_challenger")]
    return (pl.min_horizontal(edges) > 0) & (pl.max_horizontal(edges).round(DIGITS) >= LEAST_EDGE)


def extra_slippage(rows: pl.DataFrame, *, seed: int, level: float) -> Interval:
    """Closing-line value of the champion minus that of the challenger, mean per game valued.

    A game counts where either has a value; one that did not lean took no price and slipped by 0.
    """
    lost = pl.col("clv_champion").fill_null(0.0) - pl.col("clv_challenger").fill_null(0.0)
    known = valued(rows)
    values = known.select(lost).to_series().to_numpy()
    return _mean_difference(values, week_codes(known), seed=seed, level=level)


def valued(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows on which one of the two has a closing-line value."""
    return rows.filter(pl.any_horizontal(pl.col("clv_champion", "clv_challenger").is_not_null()))


def own_error(rows: pl.DataFrame, *, seed: int, level: float, draws: int = 1000) -> Interval:
    """Calibration error of the challenger, bias removed (`stats/recalibration_error.py`), probability.

    Redrawn weeks carry chance a second time; what that adds to the squared error on average is taken
    off (the bootstrap's estimate of bias: Efron, Tibshirani 1993, section 10.2). Without pushes.
    """
    weeks = week_codes(rows)
    sums = weekly_sums(rows["p_challenger"].to_numpy(), rows["y"].to_numpy(), weeks)
    _, drawn = week_draws(weeks, seed=seed, draws=draws)
    n_weeks = drawn.shape[1]
    times = np.array([np.bincount(draw, minlength=n_weeks) for draw in drawn], dtype=np.float64)
    error = float(calibration_gap(sums.sum(axis=1)))
    squares = calibration_gap(sums @ times.T) ** 2
    squares = np.maximum(squares - (squares.mean() - error**2), 0.0)
    low, high = percentiles(np.sqrt(squares), level=level)
    return Interval(estimate=error, low=low, high=high, n=rows.height, n_blocks=n_weeks)


def evidence_against(rows: pl.DataFrame) -> float:
    """E-value against the challenger after the last week, its memory of two seasons included.

    What the monitor would show now had the challenger been served on these games
    (`e_process.with_memory`). Not the largest so far: an earlier error may have been corrected.
    Without pushes; not empty.
    """
    season, week = (rows[name].cast(pl.Int64).to_numpy() for name in ("season", "week"))
    found = with_memory(rows["p_challenger"].to_numpy(), rows["y"].to_numpy(), season, week)
    return float(found[np.argmax(season * 100 + week)])


def slope_in_words(rows: pl.DataFrame) -> str:
    """Recalibration slope of the challenger with its 95 % interval; below 1: overconfident."""
    try:
        found = calibration_slope_intercept(rows["p_challenger"].to_numpy(), rows["y"].to_numpy())
    except NotEstimableError:
        return "slope not estimable"
    half = norm.ppf(0.975) * found.slope_se
    return f"slope {found.slope:.2f} [{found.slope - half:.2f}, {found.slope + half:.2f}]"


def _mean_difference(values: Floats, weeks: Ints, *, seed: int, level: float) -> Interval:
    """Week-block interval, widened for the few weeks it may rest on.

    Redrawn weeks vary too little by (b - 1) / b and their mean is not normal but Student's with b - 1
    degrees of freedom (Cameron, Gelbach, Miller 2008, doi 10.1162/rest.90.3.414): 1.29 times wider on
    8 weeks, where one in 15 equal challengers would be promoted otherwise, 1.11 on 18.
    """
    found = week_block_interval(values, weeks, seed=seed, level=level)
    b, tail = found.n_blocks, (1 + level) / 2
    wider = np.sqrt(b / (b - 1)) * student.ppf(tail, b - 1) / norm.ppf(tail)
    low, high = (
        float(found.estimate + wider * (end - found.estimate)) for end in (found.low, found.high)
    )
    return replace(found, low=low, high=high)
