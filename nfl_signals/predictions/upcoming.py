"""The upcoming week: predict it with the model that is served, and append forecasts to the ledger."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from nfl_signals.alerts.steps import alert_state
from nfl_signals.core.files import write_parquet
from nfl_signals.ensemble.ensemble import Ensemble
from nfl_signals.ensemble.explain import contributions
from nfl_signals.ensemble.request import game_requests
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.steps import stored_ledger
from nfl_signals.predictions.champion import CHAMPION_SOURCE, load_served_model, promote_first
from nfl_signals.predictions.football_week import end_of_football_week
from nfl_signals.predictions.ledger_rows import ledger_rows, price_forecasts, walk_forward_rows
from nfl_signals.stacking.protocol import MARKET
from nfl_signals.workspace.run_context import RunContext

QUOTE = ["line", "price_yes", "price_no"]


def predict_upcoming(context: RunContext) -> pl.DataFrame:
    """Predict the next week's games that have line and prices; store forecasts and explanations.

    Returns:
        The ledger's columns without `seal`, plus `p_market`; empty when nothing is upcoming. Games
        without line or prices are skipped; their ids are in `skipped_games`.

    Raises:
        InputError, IntegrityError: no model can be served; see `champion.served_version`.
    """
    if context.settings.signal_source == CHAMPION_SOURCE:
        promote_first(context)  # a home that was trained before it had a decision log
    model = load_served_model(context)
    games = upcoming_games(context.markets, context.as_of).drop_nulls(QUOTE)
    if model is None:
        forecasts = price_forecasts(games, context.markets)
    else:
        forecasts = model_forecasts(context, model, games)
        inputs = [MARKET, *model.learners["ats"]]  # its own, whatever the settings train today
        write_parquet(context.paths.explanations, contributions(forecasts, inputs))
    flags = alert_state(context).flags()
    upcoming = ledger_rows(games, forecasts, made_at=context.as_of, book="production", flags=flags)
    write_parquet(context.paths.upcoming, upcoming)
    return upcoming


def upcoming_games(markets: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Markets of the games still to come in this football week.

    By time, not by week number: a postponed game must not hide the week after it.
    """
    to_come = pl.col("kickoff_at").is_between(as_of, end_of_football_week(as_of), closed="right")
    return markets.filter(pl.col("points").is_null() & to_come)


def model_forecasts(context: RunContext, model: Ensemble, games: pl.DataFrame) -> pl.DataFrame:
    """What an ensemble forecasts for the given rows of gold markets; see `Ensemble.predict`."""
    names = games["game_id"].unique(maintain_order=True).to_list()
    return model.predict(requests_for(context, names, sequences=model.reads_sequences))


def requests_for(context: RunContext, games: Sequence[str], *, sequences: bool) -> pl.DataFrame:
    """Requests for games of the gold tables, in the order of `games`; see `ensemble/request.py`."""
    return game_requests(
        context.features, context.markets, context.signals, games, with_sequences=sequences
    )


def skipped_games(context: RunContext) -> dict[str, list[str]]:
    """Upcoming games by market that lack a line or a price and so have no prediction."""
    games = upcoming_games(context.markets, context.as_of)
    skipped = games.filter(pl.col("p_market").is_null() | pl.col("line").is_null())
    return {name: skipped.filter(market=name)["game_id"].to_list() for name in MARKETS}


def append_to_ledger(context: RunContext) -> dict[str, int]:
    """Append the upcoming predictions (production), the walk-forward and the challenger's (learning).

    The first row of an id stays: a prediction that is in the ledger already is not appended again.

    Returns:
        New rows by book, and the ledger's length as 'total'.
    """
    parts = [_walk_forward(context), context.read(context.paths.upcoming).drop("p_market")]
    if context.paths.challenge.exists():
        parts.append(context.read(context.paths.challenge))
    new, total = _append_new(context, pl.concat(parts))
    return {**{name: new.filter(book=name).height for name in ledger.BOOKS}, "total": total}


def append_walk_forward(context: RunContext) -> int:
    """Append the walk-forward predictions of past games to the shadow book (`learning`).

    Returns:
        How many were new.
    """
    return _append_new(context, _walk_forward(context))[0].height


def _walk_forward(context: RunContext) -> pl.DataFrame:
    stacked = context.read(context.paths.stacked)
    return walk_forward_rows(stacked, context.markets, as_of=context.as_of)


def _append_new(context: RunContext, rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Rows appended, and the ledger's length."""
    known = stored_ledger(context)["prediction_id"]
    new = rows.filter(~pl.col("prediction_id").is_in(known.implode()))
    return new, ledger.append(context.paths.ledger, new).total
