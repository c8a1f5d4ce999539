"""Steps of the upcoming week: load it, forecast it, store; and append forecasts to the ledger."""

import logging
from collections.abc import Mapping, Sequence

import polars as pl

from nfl_signals.alerts.steps import alert_state
from nfl_signals.core.files import write_json, write_parquet
from nfl_signals.ensemble.ensemble import Ensemble
from nfl_signals.ensemble.request import game_requests, requests_hash
from nfl_signals.ingest.quality import flags_of_games
from nfl_signals.markets.definitions import KEYS
from nfl_signals.markets.odds import no_vig_probability
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.steps import append_signed
from nfl_signals.predictions.best_prices import with_best_prices
from nfl_signals.predictions.champion import configured_version, load_served_model
from nfl_signals.predictions.ledger_rows import walk_forward_rows
from nfl_signals.predictions.week import UpcomingWeek, WeekForecast, forecast_week
from nfl_signals.workspace.prices import stored_prices
from nfl_signals.workspace.run_context import RunContext

AS_FORECAST = ["prediction_id", "p_hat", "p_push"]
SEVERAL = "of several forecasts"
"""In place of a hash, where predictions were made from the requests of more than one forecast."""

_log = logging.getLogger(__name__)


def predict_upcoming(context: RunContext) -> pl.DataFrame:
    """Predict the next week's games that have line and prices; store forecasts and explanations.

    A prediction that is in the ledger already, made within the same hour, stays as it was sealed, whatever
    has become known since.

    Returns the ledger's columns without `seal`, plus `p_market` and `data_flag`; empty when nothing is
    upcoming.
    Games without line or prices are skipped; see `week.skipped_games`.

    Raises:
        InputError, IntegrityError: no model can be served; see `champion.served_version`.
    """
    found = forecast_week(load_week(context))
    sealed = as_sealed(found.rows, _sealed(context))
    _store_reasons(context, found, sealed)
    rows = with_data_flags(sealed, context.features, context.quality)
    write_parquet(context.paths.upcoming, rows)
    versions = rows["model_version"].unique().sort()
    _log.info("upcoming: %d forecasts by %s", rows.height, ", ".join(versions) or "no model")
    return rows


def _store_reasons(context: RunContext, found: WeekForecast, sealed: pl.DataFrame) -> None:
    """Store what the predictions `sealed` were made of, now or, where they were there, in that hour."""
    paths, kept = context.paths, found.rows.join(sealed, on=AS_FORECAST, how="anti")
    if found.explanations is None or found.requests is None:
        for path in (paths.explanations, paths.upcoming_requests):
            path.unlink(missing_ok=True)  # a former model's would explain nothing that is predicted
        return
    if kept.is_empty():
        write_parquet(paths.explanations, found.explanations)
        write_json(paths.upcoming_requests, {"requests": requests_hash(found.requests)})
        return
    stored = context.read(paths.upcoming) if paths.upcoming.exists() else kept.clear()
    explained = kept.join(stored, on="prediction_id", how="semi")
    before = found.explanations.clear()
    if paths.explanations.exists():
        before = context.read(paths.explanations).join(explained, on=KEYS, how="semi")
    after = found.explanations.join(kept, on=KEYS, how="anti")
    place = sealed.select(KEYS).with_row_index("place")
    both = pl.concat([before, after]).join(place, on=KEYS).sort("place", maintain_order=True)
    write_parquet(paths.explanations, both.drop("place"))
    if set(stored["prediction_id"]) != set(sealed["prediction_id"]):
        write_json(paths.upcoming_requests, {"requests": SEVERAL})


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
    stored, sealed = context.read(context.paths.upcoming), _sealed(context)
    return as_sealed(stored.join(sealed, on="prediction_id", how="semi"), sealed)


def best_priced(context: RunContext, rows: pl.DataFrame) -> pl.DataFrame:
    """Forecasts of games to come with the best price that any sportsbook shows; see `best_prices`."""
    prices = stored_prices(context, rows["season"].unique().sort())
    return with_best_prices(rows, prices, context.as_of)


def as_sealed(rows: pl.DataFrame, sealed: pl.DataFrame) -> pl.DataFrame:
    """Predictions, each as the ledger holds it where its id is there; `p_market` is that of its prices.

    `rows` are the ledger's columns without `seal`, and `p_market`, with others beside them; `sealed` is the
    ledger. Columns and order of `rows`.
    """
    known = sealed.select(ledger.CONTENT).join(rows, on="prediction_id", how="semi")
    new = rows.select(ledger.CONTENT).join(known, on="prediction_id", how="anti")
    beside = rows.select("prediction_id", *set(rows.columns).difference(ledger.CONTENT))
    both = beside.join(pl.concat([known, new]), on="prediction_id", maintain_order="left")
    p_market = no_vig_probability(pl.col("price_yes"), pl.col("price_no"))
    return both.with_columns(p_market=p_market).select(rows.columns)


def _sealed(context: RunContext) -> pl.DataFrame:
    if not context.paths.ledger.exists():
        return ledger.SCHEMA.to_frame()
    return context.load(context.paths.ledger, ledger.read)


def not_in_ledger(context: RunContext) -> str | None:
    """Why stored predictions are not the ledger's, ids and probabilities; None where they are.

    A run ended between the two, or the stored ones were changed.
    """
    missing = context.read(context.paths.upcoming).join(
        _sealed(context), on=AS_FORECAST, how="anti"
    )
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
