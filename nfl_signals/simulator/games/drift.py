"""Drift from a given week on: of the game itself, and of a model that was perfect until then.

The game's drift is part of the truth, and the bookmaker knows it as the rest, unless `drift_known` is
off and it goes on pricing the game of before. The model's forecasts are there for monitors to be tried
on: until the drift they are the true probabilities, from then on they are wrong in exactly one known
way,

    logit(p_true) = bias + slope * logit(p_hat),

so a slope below 1 is a model too sure of itself, and a positive bias one that states YES too rarely.
"""

import polars as pl
from scipy.special import expit, logit

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.markets.definitions import ATS, MONEYLINE, TOTAL
from nfl_signals.stats.arrays import Floats

PROBABILITIES = {
    ATS.name: ("p_home_cover", "p_cover_push"),
    MONEYLINE.name: ("p_home_win", "p_tie"),
    TOTAL.name: ("p_over", "p_total_push"),
}


def drifted(season: pl.Expr, week: pl.Expr, *, settings: SimulatorSettings) -> pl.Expr:
    """Whether a week lies at or after the start of the drift; never, where there is none.

    Example:
        >>> weeks = pl.DataFrame({"season": [2019, 2020, 2020], "week": [17, 2, 3]})
        >>> settings = SimulatorSettings(drift_from="2020-w03")
        >>> answer = drifted(pl.col("season"), pl.col("week"), settings=settings)
        >>> weeks.select(now=answer)["now"].to_list()
        [False, False, True]
    """
    if settings.drift_from is None:
        return pl.lit(value=False)
    first_season, first_week = (int(number) for number in settings.drift_from.split("-w"))
    return (season > first_season) | ((season == first_season) & (week >= first_week))


def unseen_drift(
    games: pl.DataFrame, *, season: int, settings: SimulatorSettings
) -> Floats | float:
    """Points of margin and total that the bookmaker does not know of, shape (2, n); 0 without drift."""
    if settings.drift_known or settings.drift_from is None:
        return 0.0
    since = drifted(pl.lit(season), pl.col("week"), settings=settings).cast(pl.Float64)
    at_home = (~pl.col("neutral")).cast(pl.Float64)
    added = games.select(
        margin=settings.drift_home_field * since * at_home, total=settings.drift_scoring * since
    )
    return added.to_numpy().T


def model_forecasts(
    games: pl.DataFrame, truth: pl.DataFrame, *, settings: SimulatorSettings
) -> pl.DataFrame:
    """Forecasts of a model that is perfect until the drift, from games and their `truth_table`.

    `game_id, season, week, market, p_true, p_hat`, both given no push; ordered by market and game as in
    `games`; only markets that have a line.
    """
    since = drifted(pl.col("season"), pl.col("week"), settings=settings)
    both = games.select("game_id", "season", "week", drifted=since)
    both = both.join(truth, on="game_id", maintain_order="left")
    forecasts = pl.concat(
        both.select(
            *("game_id", "season", "week", "drifted"),
            market=pl.lit(market),
            p_true=pl.col(yes) / (1 - pl.col(push)),
        )
        for market, (yes, push) in PROBABILITIES.items()
    ).drop_nulls("p_true")
    stated = (logit(forecasts["p_true"].to_numpy()) - settings.drift_bias) / settings.drift_slope
    p_hat = pl.when("drifted").then(pl.lit(pl.Series(expit(stated)))).otherwise("p_true")
    return forecasts.with_columns(p_hat=p_hat).drop("drifted")
