"""Steps of the upcoming week: load it, forecast it, store; and append forecasts to the ledger."""

import logging
from collections.abc import Sequence

import polars as pl

from nfl_signals.alerts.steps import alert_state
from nfl_signals.core.files import write_parquet
from nfl_signals.ensemble.request import game_requests
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.steps import stored_ledger
from nfl_signals.predictions.champion import load_served_model
from nfl_signals.predictions.ledger_rows import walk_forward_rows
from nfl_signals.predictions.week import UpcomingWeek, forecast_week
from nfl_signals.workspace.run_context import RunContext

_log = logging.getLogger(__name__)


def predict_upcoming(context: RunContext) -> pl.DataFrame:
    """Predict the next week's games that have line and prices; store forecasts and explanations.

    Returns:
        The ledger's columns without `seal`, plus `p_market`; empty when nothing is upcoming. Games
        without line or prices are skipped; see `week.skipped_games`.

    Raises:
        InputError, IntegrityError: no model can be served; see `champion.served_version`.
    """
    found = forecast_week(load_week(context))
    if found.explanations is not None:
        write_parquet(context.paths.explanations, found.explanations)
    write_parquet(context.paths.upcoming, found.rows)
    versions = found.rows["model_version"].unique().sort()
    _log.info("upcoming: %d forecasts by %s", found.rows.height, ", ".join(versions) or "no model")
    return found.rows


def load_week(context: RunContext) -> UpcomingWeek:
    """The upcoming week for the model that is served; raises as `champion.served_version`."""
    return UpcomingWeek(
        model=load_served_model(context),
        features=context.features,
        markets=context.markets,
        signals=context.signals,
        made_at=context.as_of,
        flags=alert_state(context).flags(),
    )


def requests_for(context: RunContext, games: Sequence[str], *, sequences: bool) -> pl.DataFrame:
    """Requests for games of the gold tables, in the order of `games`; see `ensemble/request.py`."""
    return game_requests(
        context.features, context.markets, context.signals, games, with_sequences=sequences
    )


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
    """Append the walk-forward predictions of past games to the shadow book; returns how many were new."""
    return _append_new(context, _walk_forward(context))[0].height


def _walk_forward(context: RunContext) -> pl.DataFrame:
    stacked = context.read(context.paths.stacked)
    return walk_forward_rows(stacked, context.markets, as_of=context.as_of)


def _append_new(context: RunContext, rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Rows appended, and the ledger's length."""
    known = stored_ledger(context)["prediction_id"]
    new = rows.filter(~pl.col("prediction_id").is_in(known.implode()))
    total = ledger.append(context.paths.ledger, new).total
    _log.info("ledger: %d new predictions, %d in all", new.height, total)
    return new, total
