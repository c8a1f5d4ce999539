"""Pushes: how often they are forecast, how often they happen, and what forecasting them is worth.

A forecast of win, push or loss is scored on all settled games, pushes included; `p_push` of the stack
is compared with the frequencies of earlier seasons.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy.stats import binomtest

from nfl_signals.core.files import Json
from nfl_signals.markets.definitions import Market
from nfl_signals.reports.ablation.targets import PUSH_RATES
from nfl_signals.reports.shared.forecasters import FINAL, STACK
from nfl_signals.reports.shared.score_card import LEVEL, NO_ESTIMATE, interval, week_labels
from nfl_signals.reports.shared.settled import TIME_ORDER, earlier_seasons, push_share
from nfl_signals.reports.shared.targets import Verdict
from nfl_signals.stats import scores
from nfl_signals.stats.arrays import Floats

KEY_NUMBERS = (3, 7, 10)  # points; the margins on which games end most often
WHOLE = pl.col("line") == pl.col("line").round()
ENOUGH_GAMES = 100  # earlier games on one line below which all whole lines are counted together
ANY_LINE = f"{STACK}, push share of earlier seasons"
SAME_LINE = f"{STACK}, push share of the same line before"
NO_PUSH = f"{STACK}, no push ever"
ALL_RATES = "shares of earlier seasons only"


def settled_with_pushes(
    market: Market, stacked: pl.DataFrame, markets: pl.DataFrame
) -> pl.DataFrame:
    """Every settled game that the stack forecast, with the push frequencies of earlier seasons.

    Returns `game_id, season, week, line, outcome, p_hat, p_push, base_rate, push_rate, line_rate`
    in time order; `push_rate` is the share of pushes in all earlier seasons, `line_rate` that on
    the same |line|.
    """
    mine = markets.filter(pl.col("outcome").is_not_null(), market=market.name)
    known = mine.select("game_id", "season", "week", "line", "outcome")
    rates = pl.concat([_line_rates(known, season) for season in known["season"].unique().sort()])
    stated = stacked.filter(market=market.name).select("game_id", "p_hat", "p_push")
    return (
        known.join(stated, on="game_id")
        .join(earlier_seasons(mine, market), on="season")
        .with_columns(push_rate=push_share(market))
        .join(rates, on="game_id")
        .sort(TIME_ORDER)
    )


def push_rates(market: Market, games: pl.DataFrame) -> list[Json]:
    """Stated and observed push rate by the kind of line that can push.

    Returns rows `lines, n, n_push, stated, estimate, low, high, verdict`; numbers None without
    games.
    """
    if market.line_column is None:
        return [{"lines": "every game (ties)", **_rate(games)}]
    keys = KEY_NUMBERS if market.name == "ats" else ()
    named = [(f"line of {key}", pl.col("line").abs() == key) for key in keys]
    return [
        {"lines": lines, **_rate(games.filter(which))}
        for lines, which in (*named, ("any whole line", WHOLE))
    ]


def three_way(market: Market, games: pl.DataFrame, *, seed: int) -> list[Json]:
    """The stack's three-way scores beside those with another push rate, on the same games.

    Returns rows `forecaster, n, n_push, brier, difference`: paired to the stack's Brier, with its
    interval; None for the stack itself. Empty without games.
    """
    shared = games.drop_nulls(["base_rate", "push_rate", "line_rate"])
    if shared.is_empty():
        return []
    same_line = [(SAME_LINE, "p_hat", pl.col("line_rate"))]
    forecasts = [  # forecaster, its probability of YES given no push, its probability of a push
        (FINAL, "p_hat", pl.col("p_push")),
        *(same_line if market.line_column else ()),  # one line only: the same share for all
        (ANY_LINE, "p_hat", pl.col("push_rate")),
        (NO_PUSH, "p_hat", pl.col("p_push") * 0.0),
        (ALL_RATES, "base_rate", pl.col("push_rate")),
    ]
    outcome, weeks = shared["outcome"].to_list(), week_labels(shared)
    errors = {
        name: _errors(shared[p].to_numpy(), shared.select(push).to_series().to_numpy(), outcome)
        for name, p, push in forecasts
    }
    sizes = {"n": shared.height, "n_push": outcome.count("push")}
    rows = []
    for name, mine in errors.items():
        paired = None if name == FINAL else interval(mine - errors[FINAL], weeks, seed=seed)
        scored = {"brier": float(mine.mean()), "difference": paired}
        rows.append({"forecaster": name, **sizes, **scored})
    return rows


def push_verdict(stated: float, low: float, high: float) -> Verdict:
    """Whether a stated rate lies in an interval narrow enough to exclude half and twice the rate.

    Example:
        >>> push_verdict(0.09, 0.07, 0.11), push_verdict(0.118, 0.07, 0.11)
        ('PASS', 'FAIL')
        >>> push_verdict(0.03, 0.01, 0.08)
        'UNDERPOWERED'
    """
    if not low <= stated <= high:
        return "FAIL"
    far = stated / PUSH_RATES.limit, stated * PUSH_RATES.limit
    return "UNDERPOWERED" if any(low <= other <= high for other in far) else "PASS"


def _rate(games: pl.DataFrame) -> Json:
    n, n_push = games.height, int((games["outcome"] == "push").sum())
    if n == 0:
        return {"n": 0, "n_push": 0, "stated": None, **NO_ESTIMATE, "verdict": "UNDERPOWERED"}
    stated = float(games["p_push"].to_numpy().mean())
    low, high = map(float, binomtest(n_push, n).proportion_ci(LEVEL, method="wilson"))
    observed = {"estimate": n_push / n, "low": low, "high": high}
    verdict = push_verdict(stated, low, high)
    return {"n": n, "n_push": n_push, "stated": stated, **observed, "verdict": verdict}


def _line_rates(known: pl.DataFrame, season: int) -> pl.DataFrame:
    """`game_id, line_rate` of one season's games; null where there is no earlier game like it."""
    size, push = pl.col("line").abs(), pl.col("outcome") == "push"
    earlier = known.filter(pl.col("season") < season)
    by_line = earlier.group_by(size=size).agg(n=pl.len(), same=push.mean())
    pooled = earlier.group_by(whole=WHOLE).agg(alike=push.mean())
    return (
        known.filter(pl.col("season") == season)
        .with_columns(size=size, whole=WHOLE)
        .join(by_line, on="size", how="left", maintain_order="left")
        .join(pooled, on="whole", how="left", maintain_order="left")
        .select(
            "game_id",
            line_rate=pl.when(pl.col("n") >= ENOUGH_GAMES).then("same").otherwise("alike"),
        )
    )


def _errors(p_hat: Floats, p_push: Floats, outcome: Sequence[str]) -> Floats:
    """Three-way Brier score of each game."""
    happened = np.array([[one == kind for kind in ("yes", "no", "push")] for one in outcome])
    stated = scores.three_way_probabilities(p_hat, p_push)
    return np.asarray(((stated - happened) ** 2).sum(axis=1))
