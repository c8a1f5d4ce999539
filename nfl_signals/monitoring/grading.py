"""What became of the ledger's predictions: each settled at the line that it took."""

import polars as pl

from nfl_signals.core.errors import JoinError
from nfl_signals.markets.definitions import KEYS, MARKETS, OUTCOMES, outcome_of
from nfl_signals.markets.odds import no_vig_probability
from nfl_signals.monitoring.ledger import TIMES
from nfl_signals.monitoring.rolling_windows import REPLAY, STAND_IN

RECOMPUTED = (REPLAY, STAND_IN)
"""Prefixes of versions whose forecasts nobody was given: they are computed of past games."""


def grade(ledger: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    """Settle each prediction at the line taken.

    Args:
        ledger: SCHEMA.
        outcomes: one row per game: game_id; result (home margin) and total (points), null while
            unplayed. A game that is missing (cancelled) stays ungraded.

    Returns:
        The ledger with `outcome` ('yes', 'no', 'push', null), `y` (1.0, 0.0, null on push or
        unplayed) and `p_market` (no-vig probability of the row's own prices, null without them).

    Raises:
        JoinError: a game has more than one outcome.
    """
    if outcomes["game_id"].is_duplicated().any():
        game = outcomes.filter(pl.col("game_id").is_duplicated())["game_id"][0]
        raise JoinError(f"outcomes: {game} has more than one row; expected one per game.")
    points = outcomes.select("game_id", *OUTCOMES)
    points_of = pl.coalesce(
        pl.when(pl.col("market") == market.name).then(pl.col(market.outcome_column))
        for market in MARKETS.values()
    )
    return (
        ledger.join(points, on="game_id", how="left", maintain_order="left")
        .with_columns(
            outcome=outcome_of(points_of - pl.col("line")),
            p_market=no_vig_probability(pl.col("price_yes"), pl.col("price_no")),
        )
        .with_columns(
            y=pl.when(pl.col("outcome") != "push").then(pl.col("outcome") == "yes").cast(pl.Float64)
        )
        .drop(OUTCOMES)
    )


def judged_forecasts(graded: pl.DataFrame) -> pl.DataFrame:
    """The one forecast of each model, game and market that is judged, so that no game counts twice.

    At `tuesday` the first: what is said again when the line has moved is beside it. At `kickoff` the last,
    and so of the walk-forward and of what stands in for a version: a correction replaces what it corrects.
    """
    key = [*KEYS, "model_version", "book", "signal_source"]
    ordered = graded.sort(TIMES, maintain_order=True)
    again = pl.any_horizontal(pl.col("model_version").str.starts_with(each) for each in RECOMPUTED)
    early = (pl.col("horizon") == "tuesday") & ~again
    first = ordered.filter(early).unique(key, keep="first", maintain_order=True)
    last = ordered.filter(~early).unique(key, keep="last", maintain_order=True)
    return pl.concat([first, last]).sort(TIMES, maintain_order=True)
