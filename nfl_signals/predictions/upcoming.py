"""Steps of the upcoming week: load it, forecast it, store; and append forecasts to the ledger."""

import logging
from collections.abc import Mapping, Sequence

import polars as pl

from nfl_signals.alerts.steps import alert_state
from nfl_signals.core.files import write_json, write_parquet
from nfl_signals.ensemble.ensemble import Ensemble
from nfl_signals.ensemble.request import game_requests, requests_hash
from nfl_signals.ingest.quality import flags_of_games
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.steps import append_signed
from nfl_signals.predictions.champion import configured_version, load_served_model
from nfl_signals.predictions.ledger_rows import walk_forward_rows
from nfl_signals.predictions.week import UpcomingWeek, forecast_week
from nfl_signals.workspace.run_context import RunContext

_log = logging.getLogger(__name__)


def predict_upcoming(context: RunContext) -> pl.DataFrame:
    """Predict the next week's games that have line and prices; store forecasts and explanations.

    Returns the ledger's columns without `seal`, plus `p_market` and `data_flag`; empty when nothing is
    upcoming.
    Games without line or prices are skipped; see `week.skipped_games`.

    Raises:
        InputError, IntegrityError: no model can be served; see `champion.served_version`.
    """
    found = forecast_week(load_week(context))
    if found.explanations is None:  # a former model's would explain nothing that is predicted
        context.paths.explanations.unlink(missing_ok=True)
    else:
        write_parquet(context.paths.explanations, found.explanations)
    if found.requests is None:
        context.paths.upcoming_requests.unlink(missing_ok=True)
    else:
        made_from = {"requests": requests_hash(found.requests)}
        write_json(context.paths.upcoming_requests, made_from)
    rows = with_data_flags(found.rows, context.features, context.quality)
    write_parquet(context.paths.upcoming, rows)
    versions = rows["model_version"].unique().sort()
    _log.info("upcoming: %d forecasts by %s", rows.height, ", ".join(versions) or "no model")
    return rows


def not_by_served_model(context: RunContext) -> str | None:
    """Why stored predictions of games to come are not the served model's; None where they are."""
    to_come = context.read(context.paths.upcoming).filter(
        pl.col("kickoff_at") > context.moment.bets_from
    )
    versions, served = (
        to_come["model_version"].unique().sort().to_list(),
        configured_version(context),
    )
    if served is None or not versions or versions == [served]:
        return None
    return (
        f"the stored predictions are by {', '.join(versions)}, and {served} is served; predict again "
        "(`nfl-signals week`)"
    )


def sealed_upcoming(context: RunContext) -> pl.DataFrame:
    """The stored predictions as the ledger holds them: what is shown is what was sealed.

    Columns and order of the stored ones; those not in the ledger, `not_in_ledger`, are left out.
    """
    stored = context.read(context.paths.upcoming)
    if not context.paths.ledger.exists():
        return stored.clear()
    beside = stored.select("prediction_id", *set(stored.columns).difference(ledger.CONTENT))
    sealed = context.load(context.paths.ledger, ledger.read).drop("seal")
    rows = beside.join(sealed, on="prediction_id", maintain_order="left")
    return rows.select(stored.columns)


def not_in_ledger(context: RunContext) -> str | None:
    """Why stored predictions are not the ledger's: a run ended between the two; None where they are."""
    sealed = pl.DataFrame(schema={"prediction_id": pl.String})
    if context.paths.ledger.exists():
        sealed = context.load(context.paths.ledger, ledger.read)
    missing = context.read(context.paths.upcoming).join(sealed, on="prediction_id", how="anti")
    if missing.is_empty():
        return None
    return (
        f"{missing.height} stored predictions are not in the ledger, the first one of "
        f"{missing['game_id'][0]}; predict again (`nfl-signals week`)"
    )


def with_data_flags(
    rows: pl.DataFrame, features: pl.DataFrame, quality: pl.DataFrame
) -> pl.DataFrame:
    """Predictions with `data_flag`: which rules found something wanting about the game, or ''."""
    home = features.filter("is_home").join(rows, on="game_id", how="semi")
    games = home.select("game_id", "season", "week", home_team="team_id", away_team="opponent_id")
    flags = games.select(
        "game_id", pl.Series("data_flag", flags_of_games(quality, games), pl.String)
    )
    return rows.join(flags, on="game_id", how="left", maintain_order="left")


def load_week(context: RunContext) -> UpcomingWeek:
    """The upcoming week for the model that is served; raises as `champion.served_version`."""
    model = load_served_model(context)
    return week_of(context, model, book="production", flags=alert_state(context).flags())


def week_of(
    context: RunContext, model: Ensemble | None, *, book: str, flags: Mapping[tuple[str, str], str]
) -> UpcomingWeek:
    """The upcoming week as the home knows it now, for a model, a book and what its rows are flagged as."""
    return UpcomingWeek(
        model=model,
        features=context.features,
        markets=context.markets,
        signals=context.signals,
        moment=context.moment,
        horizon=context.settings.horizon,
        book=book,
        flags=flags,
    )


def requests_for(context: RunContext, games: Sequence[str], *, sequences: bool) -> pl.DataFrame:
    """Requests for games of the gold tables, in the order of `games`; see `ensemble/request.py`."""
    return game_requests(
        context.features,
        context.markets,
        context.signals,
        games,
        with_sequences=sequences,
        horizon=context.settings.horizon,
    )


def append_to_ledger(context: RunContext) -> dict[str, int]:
    """Append the upcoming predictions (production), the walk-forward and the challenger's (learning).

    What was predicted by a run that ended before it came here, and is too late by now (`ledger.IN_TIME`), is
    left out, and `not_in_ledger` says so.

    Returns new rows by book, and the ledger's length as 'total'.
    """
    made = [context.read(context.paths.upcoming).drop("p_market", "data_flag")]
    if context.paths.challenge.exists():
        made.append(context.read(context.paths.challenge))
    clock = pl.lit(context.moment.clock).cast(ledger.UTC_TIME)
    sealed_now = pl.concat(made).with_columns(written_at=clock).filter(ledger.IN_TIME)
    appended = append_signed(context, pl.concat([_walk_forward(context), sealed_now]))
    _log.info("ledger: %s new, %d rows in all", appended.n_new, appended.total)
    return {**appended.n_new, "total": appended.total}


def append_walk_forward(context: RunContext) -> int:
    """Append the walk-forward predictions of past games to the shadow book (`learning`).

    Returns how many were new.
    """
    return sum(append_signed(context, _walk_forward(context)).n_new.values())


def _walk_forward(context: RunContext) -> pl.DataFrame:
    trained = context.as_trained
    stacked = trained.read(trained.paths.stacked)
    horizon = context.settings.horizon
    return walk_forward_rows(stacked, trained.markets, moment=context.moment, horizon=horizon)
