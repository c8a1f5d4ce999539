"""Every settled game of the walk-forward: its forecast, its price, the close, and the bet on it.

The rule of a bet looks at nothing but forecast and price: one unit on the side of higher expected
value wherever that is positive, at the odds that `gold_markets` has for decision time. Odds that were
derived from spread and total are no bet: they carry no hold, and no book offered them.
"""

import polars as pl

from nfl_signals.features.decision_prices import DERIVED
from nfl_signals.features.settled_games import settled_games
from nfl_signals.markets.definitions import KEYS, MARKETS, MONEYLINE
from nfl_signals.markets.odds import payout_per_unit
from nfl_signals.monitoring.closing_line_value import with_closing_line_value
from nfl_signals.reports.shared.settled import TIME_ORDER, refuse_unknown_games

FORECAST = ("p_hat", "p_push")
UNKNOWN = pl.lit(None, dtype=pl.Float64)


def backtest_games(
    *, stacked: pl.DataFrame, markets: pl.DataFrame, closing: pl.DataFrame | None
) -> pl.DataFrame:
    """Every settled game that the stack forecast, pushes included, in time order by market.

    Args:
        stacked: walk-forward stacked predictions.
        markets: gold markets at the horizon of those forecasts.
        closing: gold markets at kickoff; None where the forecasts were made at the close.

    Returns:
        The columns of `markets` with `p_hat, p_push`, those of `with_closing_line_value` (null
        without `closing`), of `with_bets`, and `stood_still`: whether the closing line is the one taken,
        of a moneyline the game's spread (null without `closing`).

    Raises:
        JoinError: a forecast is of a game that `markets` does not have.
    """
    for name in MARKETS:
        refuse_unknown_games(stacked.filter(market=name), markets.filter(market=name), name)
    settled = markets.filter(pl.col("outcome").is_not_null())
    games = settled.join(stacked.select(*KEYS, *FORECAST), on=KEYS).sort("market", *TIME_ORDER)
    return with_bets(_with_close(games, closing))


def with_bets(games: pl.DataFrame) -> pl.DataFrame:
    """The bet on each game by the rule above: `side, expected, profit`, null where there is none.

    `side` is 'yes' or 'no'; `expected` its expected value by the forecast and `profit` what it
    returned, in units; a push returns the stake.
    """
    paid = {side: payout_per_unit(pl.col(f"price_{side}")) for side in ("yes", "no")}
    stated = {"yes": pl.col("p_hat"), "no": 1 - pl.col("p_hat")}
    decided = 1 - pl.col("p_push")
    worth = {side: decided * (stated[side] * (1 + paid[side]) - 1) for side in paid}
    best = pl.max_horizontal(*worth.values())
    is_bet = (best > 0) & (pl.col("price_source") != DERIVED)
    side = pl.when(worth["yes"] == best).then(pl.lit("yes")).otherwise(pl.lit("no"))
    won = pl.when(side=pl.lit("yes")).then(paid["yes"]).otherwise(paid["no"])
    result = pl.when(pl.col("outcome") == pl.col("side")).then(won).otherwise(-1.0)
    return games.with_columns(
        side=pl.when(is_bet).then(side), expected=pl.when(is_bet).then(best)
    ).with_columns(
        profit=pl.when(pl.col("side").is_null())
        .then(None)
        .when(outcome=pl.lit("push"))
        .then(0.0)
        .otherwise(result)
    )


def _with_close(games: pl.DataFrame, closing: pl.DataFrame | None) -> pl.DataFrame:
    if closing is None:
        still = pl.lit(None, dtype=pl.Boolean)
        return games.with_columns(p_close=UNKNOWN, closing_line_value=UNKNOWN, stood_still=still)
    over = closing.filter(pl.col("points").is_not_null())
    made = games.with_columns(made_at="decision_at")
    valued = with_closing_line_value(made, over, settled_games(over)).drop("made_at")
    return valued.join(_stood_still(games, over), on=KEYS, how="left", maintain_order="left")


def _stood_still(games: pl.DataFrame, over: pl.DataFrame) -> pl.DataFrame:
    both = games.select(*KEYS, "line").join(over.select(*KEYS, "line"), on=KEYS, suffix="_close")
    still = both.select(*KEYS, stood_still=pl.col("line") == pl.col("line_close"))
    moneyline = pl.lit(MONEYLINE.name).alias("market")
    spreads = still.filter(market="ats").with_columns(moneyline)
    return pl.concat([still.filter(pl.col("market") != MONEYLINE.name), spreads])
