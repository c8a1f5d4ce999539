"""Forecasts of simulated games against their true probabilities: no luck of the games in any figure.

Given the true probability y of a game, a forecast p scores (p - y)^2 + y (1 - y) on average over
outcomes. Where y is taken for the outcome, scores and calibration are in expectation.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import expit

from nfl_signals.core.errors import InputError
from nfl_signals.markets.decision_time import Horizon
from nfl_signals.markets.definitions import KEYS, MARKETS, Market
from nfl_signals.reports.shared.settled import TWO_WAY, earlier_seasons
from nfl_signals.simulator.games.drift import PROBABILITIES
from nfl_signals.stats.arrays import Floats, Ints
from nfl_signals.stats.bootstrap import (
    Interval,
    percentiles,
    week_block_interval,
    week_block_ratio,
    week_draws,
)
from nfl_signals.stats.logit import logit

FORECASTERS = ("truth", "forecast", "price", "base_rate")
DRAWS, LEVEL = 1000, 0.95  # as `stats.bootstrap` has them
NEWTON_STEPS = 12  # a slope and an intercept are exact to the last digits after half of them


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """logit c(p) = intercept + slope * logit(p), and the root mean square of p - c(p)."""

    slope: float  # below 1: too sure
    intercept: float
    error: float


def true_probabilities(
    truth: pl.DataFrame, tuesday: pl.DataFrame, horizon: Horizon
) -> pl.DataFrame:
    """What was true of each game at its line of the horizon, given no push, by game and market.

    Args:
        truth: the simulator's `truth.parquet`, at the lines of kickoff.
        tuesday: its `truth_tuesday.parquet`.
        horizon: whose lines.

    Returns:
        `game_id, market, truth` (given all that was settled at decision time, the best forecast then)
        and `expected` (given all that was settled at kickoff, by which outcomes are drawn), `true_line`
        (null at kickoff); games without a line are left out.
    """
    if horizon == "kickoff":
        known = truth.with_columns(spread_line=None, total_line=None)
        found = [known, known]
    else:
        found = [tuesday.filter(known_by=known_by) for known_by in ("tuesday", "kickoff")]
    at_decision, at_kickoff = (_given_no_push(table) for table in found)
    both = at_decision.rename({"p": "truth"}).join(
        at_kickoff.select(*KEYS, expected="p"), on=KEYS, validate="1:1"
    )
    return both.select(*KEYS, "truth", "expected", "true_line")


def _given_no_push(table: pl.DataFrame) -> pl.DataFrame:
    parts = []
    for name, market in MARKETS.items():
        yes, push = PROBABILITIES[name]
        line = pl.lit(0.0) if market.line_column is None else pl.col(market.line_column)
        parts.append(
            table.select(
                "game_id",
                market=pl.lit(name),
                p=pl.col(yes) / (1 - pl.col(push)),
                true_line=line.cast(pl.Float64),
            )
        )
    return pl.concat(parts).drop_nulls("p")


def known_games(
    stacked: pl.DataFrame, markets: pl.DataFrame, true: pl.DataFrame, market: Market
) -> pl.DataFrame:
    """Settled games of one market that the stack forecast, pushes left out, in time order.

    Args:
        stacked: `game_id, market, p_hat` of the walk-forward.
        markets: gold markets at the horizon.
        true: `true_probabilities` at that horizon.
        market: which one.

    Returns:
        `game_id, season, week, expected` and FORECASTERS; `base_rate` is the share of YES in all
        earlier seasons.

    Raises:
        InputError: a forecast game has no truth, or it is true of another line.
    """
    settled = markets.filter(pl.col("outcome").is_not_null(), market=market.name)
    rows = (
        settled.filter(TWO_WAY)
        .join(stacked.select(*KEYS, forecast="p_hat"), on=KEYS)
        .join(earlier_seasons(settled, market), on="season")
        .join(true, on=KEYS, how="left")
        .sort("season", "week", "game_id")
    )
    other = (pl.col("line") != pl.col("true_line")).fill_null(value=False)
    wrong = rows.filter(pl.col("truth").is_null() | other)
    if wrong.height:
        raise InputError(
            f"truth of {market.name}: {wrong.height} forecast game(s) lack it at their line, the first is "
            f"{wrong['game_id'][0]}; run the home and its league again."
        )
    columns = ("truth", "forecast", pl.col("p_market").alias("price"), "base_rate")
    return rows.select("game_id", "season", "week", "expected", *columns)


def expected_brier(rows: pl.DataFrame, name: str) -> Floats:
    """Brier score of each game in expectation over outcomes, shape (n,)."""
    p, y = rows[name].to_numpy(), rows["expected"].to_numpy()
    return np.asarray((p - y) ** 2 + y * (1 - y))


def share_of_gap(rows: pl.DataFrame, name: str, weeks: Ints, *, seed: int) -> Interval:
    """Share of the way from the base rate to the truth that a forecaster has gone, in expected Brier.

    1 is the truth at decision time, 0 the base rate, below 0 worse than that; 95 % week-block interval.
    """
    base = expected_brier(rows, "base_rate")
    gone, gap = (base - expected_brier(rows, who) for who in (name, "truth"))
    return week_block_ratio(gone, gap, weeks, seed=seed)


def calibration(p: Floats, t: Floats, weight: Floats | None = None) -> Calibration:
    """Cox's recalibration of forecasts p towards true probabilities t by maximum likelihood, shape (n,).

    `weight` counts games more than once.

    Example:
        >>> t = expit(0.1 + 0.5 * logit(np.array([0.3, 0.5, 0.8])))
        >>> found = calibration(np.array([0.3, 0.5, 0.8]), t)
        >>> round(found.slope, 6), round(found.intercept, 6)
        (0.5, 0.1)
    """
    counts = np.ones_like(p) if weight is None else weight
    design = np.column_stack([np.ones_like(p), logit(p)])
    beta = np.array([0.0, 1.0])
    for _ in range(NEWTON_STEPS):
        now = expit(design @ beta)
        spread = counts * now * (1 - now)
        beta = beta + np.linalg.solve((design.T * spread) @ design, design.T @ (counts * (t - now)))
    gap = (p - expit(design @ beta)) ** 2
    error = float(np.sqrt(np.average(gap, weights=counts)))
    return Calibration(slope=float(beta[1]), intercept=float(beta[0]), error=error)


def calibration_intervals(
    own: Floats, other: Floats, t: Floats, weeks: Ints, *, seed: int
) -> dict[str, Interval]:
    """Two forecasts of the same games against the truth, paired, with 95 % week-block intervals.

    Returns `distance_NAME` (mean squared distance to t), `slope_NAME` and `error_NAME` of `calibration`
    for `own` and `other`; `distance_more` and `error_more` are other's less own's.
    """
    apart = {"own": (own - t) ** 2, "other": (other - t) ** 2}
    apart["more"] = apart["other"] - apart["own"]
    found = {
        f"distance_{name}": week_block_interval(values, weeks, seed=seed)
        for name, values in apart.items()
    }
    position, drawn = week_draws(weeks, seed=seed, draws=DRAWS)
    weights = [np.bincount(draw, minlength=drawn.shape[1])[position] for draw in drawn]
    series = {
        f"{measure}_{name}": [
            getattr(calibration(p, t, weight.astype(np.float64)), measure)
            for weight in (np.ones_like(position), *weights)
        ]
        for name, p in (("own", own), ("other", other))
        for measure in ("slope", "error")
    }
    series["error_more"] = np.subtract(series["error_other"], series["error_own"]).tolist()
    for name, (estimate, *redrawn) in series.items():
        low, high = percentiles(np.array(redrawn), level=LEVEL)
        found[name] = Interval(
            estimate=estimate, low=low, high=high, n=len(t), n_blocks=drawn.shape[1]
        )
    return found
