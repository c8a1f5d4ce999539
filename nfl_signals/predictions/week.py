"""The upcoming week as a model sees it, and its forecasts: pure functions over frames."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from nfl_signals.core.moment import Moment
from nfl_signals.ensemble.ensemble import Ensemble
from nfl_signals.ensemble.explain import contributions
from nfl_signals.ensemble.request import game_requests
from nfl_signals.markets.decision_time import Horizon
from nfl_signals.markets.definitions import MARKETS, QUOTE
from nfl_signals.predictions.football_week import end_of_football_week
from nfl_signals.predictions.ledger_rows import ledger_rows, price_forecasts
from nfl_signals.stacking.protocol import MARKET


@dataclass(frozen=True, kw_only=True, eq=False)
class UpcomingWeek:
    """What the forecasts of the upcoming week are made of."""

    model: Ensemble | None  # that forecasts; None: the no-vig price
    features: pl.DataFrame
    markets: pl.DataFrame
    signals: pl.DataFrame
    moment: Moment
    horizon: Horizon  # of the tables and the model
    book: str = "production"  # that the forecasts go to; backdated ones go to the shadow book
    # `period_flag` by market and signal source
    flags: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class WeekForecast:
    """Forecasts of the upcoming week."""

    rows: pl.DataFrame  # the ledger's columns without `seal`, plus `p_market`
    explanations: pl.DataFrame | None  # `explain.contributions`; None for the price, which has none
    requests: pl.DataFrame | None  # what the model was given; None for the price


def forecast_week(week: UpcomingWeek) -> WeekForecast:
    """Forecast every upcoming game and market that has line and prices."""
    games, explanations = upcoming_games(week.markets, week.moment).drop_nulls(QUOTE), None
    model, requests = week.model, None
    if model is None:
        forecasts = price_forecasts(games, week.markets)
    else:
        requests = game_requests(
            week.features,
            week.markets,
            week.signals,
            games["game_id"].unique(maintain_order=True).to_list(),
            with_sequences=model.reads_sequences,
            horizon=week.horizon,
        )
        forecasts = model.predict(requests)
        inputs = [MARKET, *model.learners["ats"]]  # its own, whatever is trained today
        explanations = contributions(forecasts, inputs)
    rows = ledger_rows(
        games, forecasts, moment=week.moment, horizon=week.horizon, book=week.book, flags=week.flags
    )
    return WeekForecast(rows=rows, explanations=explanations, requests=requests)


def upcoming_games(markets: pl.DataFrame, moment: Moment) -> pl.DataFrame:
    """Markets of the games still to come in this football week, by as-of and by the clock.

    By time, not by week number: a postponed game must not hide the week after it.
    """
    ends = end_of_football_week(moment.as_of)
    to_come = pl.col("kickoff_at").is_between(moment.bets_from, ends, closed="right")
    return markets.filter(pl.col("points").is_null() & to_come)


def skipped_games(markets: pl.DataFrame, moment: Moment) -> dict[str, list[str]]:
    """Upcoming games by market that lack a line or a price and so have no prediction."""
    games = upcoming_games(markets, moment)
    skipped = games.filter(pl.col("p_market").is_null() | pl.col("line").is_null())
    return {name: skipped.filter(market=name)["game_id"].to_list() for name in MARKETS}
