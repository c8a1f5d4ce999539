"""Played games with the lines that they closed at, and the score distribution fitted on them."""

import polars as pl

from nfl_signals.core.errors import InputError
from nfl_signals.markets.score_distribution import ScoreDistribution, fit_score_distribution


def settled_games(closing: pl.DataFrame) -> pl.DataFrame:
    """Played games that had a spread and a total: `season, margin, total, spread_line, total_line`.

    `closing` are gold markets at kickoff: scores are distributed around the closing lines.
    """
    played = closing.drop_nulls(["points", "line"])
    spread = played.filter(market="ats").select(
        "game_id", "season", margin="points", spread_line="line"
    )
    total = played.filter(market="total").select("game_id", total="points", total_line="line")
    return spread.join(total, on="game_id", how="inner", maintain_order="left")


def fit_scores(settled: pl.DataFrame) -> ScoreDistribution:
    """Of the games of `settled_games`; InputError: too few have a result and both lines."""
    columns = ("margin", "total", "spread_line", "total_line")
    try:
        return fit_score_distribution(*(settled[name].to_numpy() for name in columns))
    except ValueError as error:
        raise InputError(f"gold_markets: {error}; widen the seasons.") from None
