"""What one group of settled games says of forecast, price, bets and close, each with its interval.

Groups are a market, one of its seasons, or its games of one size of edge; all are measured alike.
"""

import numpy as np
import polars as pl

from nfl_signals.core.files import Json
from nfl_signals.reports.shared.score_card import NO_ESTIMATE, Graded, interval, week_labels
from nfl_signals.reports.shared.settled import TWO_WAY
from nfl_signals.stats.arrays import Floats, Ints

FEWEST_GAMES, FEWEST_WEEKS = 30, 10
"""Below either no interval is stated: redrawing a handful of games or weeks shows too few of the ways
in which they differ, and comes out too narrow."""


def measured(games: pl.DataFrame, *, seed: int) -> Json:
    """Every measure of a group of `backtest_games`, which may have no rows.

    Returns `n` (games that were decided)`, n_push, n_weeks`; as `estimate, low, high` the Brier score
    of forecast and price (`brier, brier_price`), their paired `difference` (negative: the forecast is
    better), `accuracy` (share of games where the side above one half won) and `accuracy_preferred`
    (the side that the forecast rates higher than the price does); `mean_edge`, the mean size of that
    difference; `bets`, `closing_line_value` and `close`, as the functions below give them.
    """
    decided = games.filter(TWO_WAY)
    forecast, price = (Graded.of(decided.with_columns(p=name)) for name in ("p_hat", "p_market"))
    edge, weeks = forecast.p - price.p, forecast.weeks
    preferred = np.where(edge == 0.0, 0.5, (edge > 0) == (forecast.y == 1.0)).astype(np.float64)
    scored = {
        "brier": forecast.squared_errors,
        "brier_price": price.squared_errors,
        "difference": forecast.squared_errors - price.squared_errors,
        "accuracy": forecast.hits,
        "accuracy_preferred": preferred,
    }
    return {
        "n": decided.height,
        "n_push": games.height - decided.height,
        "n_weeks": len(np.unique(weeks)),
        **{name: between_weeks(values, weeks, seed=seed) for name, values in scored.items()},
        "mean_edge": float(np.abs(edge).mean()) if len(edge) else None,
        "bets": bets(games, seed=seed),
        "closing_line_value": line_value(games, seed=seed),
        "close": against_close(decided, seed=seed),
    }


def bets(games: pl.DataFrame, *, seed: int) -> Json:
    """What the bets on these games returned, in units.

    Returns `n, n_push`, `units` (their sum), `per_bet` with its interval, `expected` (mean, as the
    forecast stated it), and of the bets alone `closing_line_value` and `positive`, the share of those
    whose closing-line value is above zero.
    """
    placed = games.drop_nulls("side")
    profit = placed["profit"].to_numpy()
    valued = placed.drop_nulls("closing_line_value")
    gained = (valued["closing_line_value"] > 0).cast(pl.Float64).to_numpy()
    return {
        "n": placed.height,
        "n_push": int((placed["outcome"] == "push").sum()),
        "units": float(profit.sum()),
        "per_bet": between_weeks(profit, week_labels(placed), seed=seed),
        "expected": float(placed["expected"].to_numpy().mean()) if placed.height else None,
        "closing_line_value": line_value(placed, seed=seed),
        "positive": between_weeks(gained, week_labels(valued), seed=seed),
    }


def line_value(games: pl.DataFrame, *, seed: int) -> Json:
    """Mean closing-line value, probability, over the `n` games with a lean whose close is known."""
    valued = games.drop_nulls("closing_line_value")
    values = valued["closing_line_value"].to_numpy()
    return {"n": valued.height, **between_weeks(values, week_labels(valued), seed=seed)}


def against_close(decided: pl.DataFrame, *, seed: int) -> Json:
    """Brier of the close at the line taken, and what forecast and price at decision lack to it.

    Returns `n` (games whose close is known there)`, brier_close, difference` (forecast minus close)
    and `price_difference` (price minus close); above zero the close is better.
    """
    known = decided.drop_nulls("p_close")
    names = ("p_hat", "p_market", "p_close")
    graded = [Graded.of(known.with_columns(p=name)) for name in names]
    forecast, price, close = (one.squared_errors for one in graded)
    scored = {
        "brier_close": close,
        "difference": forecast - close,
        "price_difference": price - close,
    }
    weeks = graded[0].weeks
    found = {name: between_weeks(each, weeks, seed=seed) for name, each in scored.items()}
    return {"n": known.height, **found}


def between_weeks(values: Floats, weeks: Ints, *, seed: int) -> Json:
    """Mean with its week-block interval: no ends where there are too few, nothing without values."""
    if not len(values):
        return dict(NO_ESTIMATE)
    if len(values) < FEWEST_GAMES or len(np.unique(weeks)) < FEWEST_WEEKS:
        return NO_ESTIMATE | {"estimate": float(values.mean())}
    return interval(values, weeks, seed=seed)
