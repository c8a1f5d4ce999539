"""The upcoming week's predictions, those of the challenger, and what goes into the ledger."""

import hashlib
from datetime import datetime, time, timedelta

import polars as pl

from nfl_signals.alerts.steps import UNMONITORED, current_alerts
from nfl_signals.core.files import read_parquet, write_parquet
from nfl_signals.ensemble.ensemble import Ensemble
from nfl_signals.ensemble.explain import contributions
from nfl_signals.ensemble.request import game_requests
from nfl_signals.features.version import feature_version
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring import ledger
from nfl_signals.predictions.challenger import Challenge, run_challenger
from nfl_signals.predictions.champion import (
    CHAMPION_SOURCE,
    PROXY,
    load_served_model,
    promote_first,
)
from nfl_signals.stacking.protocol import MARKET
from nfl_signals.workspace.llm_signals import load_signals
from nfl_signals.workspace.run_context import RunContext
from nfl_signals.workspace.tables import load_features, load_markets

PREDICTION_WEEKDAY = 1  # Tuesday: the week's schedule fires then
PREDICTION_TIME = time(14, 0)  # UTC; 9 or 10 in the morning, US Eastern
WEEK_ENDS = time(10, 0)  # UTC, on Wednesdays: games moved to Tuesday night are over
IS_PROXY = pl.col("model_version") == PROXY


def predict_upcoming(context: RunContext) -> pl.DataFrame:
    """Predict the next week's games that have line and prices; store answers and explanations.

    Returns:
        The ledger's columns without `seal`, plus `p_market`; empty when nothing is upcoming. Games
        without line or prices are skipped; their ids are in `skipped_games`.

    Raises:
        InputError, IntegrityError: who should speak cannot; see `speaking.served_version`.
    """
    ensemble = _served_model(context)
    quoted = _quoted(context)
    if ensemble is None:
        said = _price_forecasts(context, quoted)
    else:
        said = _model_forecasts(context, ensemble, quoted)
        inputs = [MARKET, *ensemble.learners["ats"]]  # its own, whatever the settings train today
        write_parquet(context.paths.explanations, contributions(said, inputs))
    upcoming = _ledger_rows(context, quoted, said, book="production", flag=_monitored(context))
    write_parquet(context.paths.upcoming, upcoming)
    return upcoming


def challenge_upcoming(context: RunContext) -> Challenge:
    """Ask the challenger what the champion was asked; stored for the learning book, for no consumer.

    Returns:
        What it said, or why it is silent: a challenger that cannot speak stops nobody.
    """
    quoted = _quoted(context)

    def ask(ensemble: Ensemble) -> pl.DataFrame:
        said, flag = _model_forecasts(context, ensemble, quoted), pl.lit("challenger")
        return _ledger_rows(context, quoted, said, book="learning", flag=flag).drop("p_market")

    found = run_challenger(context, ask)
    if found.rows is None:
        context.paths.challenge.unlink(missing_ok=True)
    else:
        write_parquet(context.paths.challenge, found.rows)
    return found


def requests_for(context: RunContext, games: list[str], *, sequences: bool) -> pl.DataFrame:
    """Requests for games of the gold tables, in the order of `games`; see `game_request`."""
    return game_requests(
        load_features(context),
        load_markets(context),
        load_signals(context),
        games,
        with_sequences=sequences,
    )


def skipped_games(context: RunContext) -> dict[str, list[str]]:
    """Upcoming games by market that lack a line or a price and so have no prediction."""
    unasked = _upcoming(context).filter(pl.col("p_market").is_null() | pl.col("line").is_null())
    return {name: unasked.filter(market=name)["game_id"].to_list() for name in MARKETS}


def append_to_ledger(context: RunContext) -> dict[str, int]:
    """Append the upcoming predictions (production), the replay and the challenger's (learning).

    What was said first stays: a prediction whose id is in the ledger already is not appended again.

    Returns:
        New rows by book, and the ledger's length as 'total'.
    """
    replayed = append_walk_forward(context)
    upcoming = read_parquet(context.paths.upcoming).drop("p_market")
    said, challenged = _append_new(context, upcoming), _append_new(context, _challenged(context))
    learning = replayed.n_new + challenged.n_new
    return {"learning": learning, "production": said.n_new, "total": challenged.total}


def append_walk_forward(context: RunContext) -> ledger.AppendResult:
    """Append what the walk-forward replay says of past games to the learning book."""
    return _append_new(context, _walk_forward_rows(context))


def _append_new(context: RunContext, rows: pl.DataFrame) -> ledger.AppendResult:
    new = rows.filter(~pl.col("prediction_id").is_in(_known_ids(context).implode()))
    return ledger.append(context.paths.ledger, new)


def _challenged(context: RunContext) -> pl.DataFrame:
    stored = context.paths.challenge
    return read_parquet(stored) if stored.exists() else ledger.SCHEMA.to_frame().drop("seal")


def _served_model(context: RunContext) -> Ensemble | None:
    if context.settings.signal_source == CHAMPION_SOURCE:
        promote_first(context)  # a home that was trained before there was a history
    return load_served_model(context)


def _upcoming(context: RunContext) -> pl.DataFrame:
    """Markets of the games still to come in this football week.

    By time, not by week number: a postponed game must not hide the week after it.
    """
    to_come = pl.col("kickoff_at").is_between(
        context.as_of, end_of_football_week(context.as_of), closed="right"
    )
    return load_markets(context).filter(pl.col("points").is_null() & to_come)


def _quoted(context: RunContext) -> pl.DataFrame:
    return _upcoming(context).drop_nulls(["line", "price_yes", "price_no"])


def _model_forecasts(context: RunContext, ensemble: Ensemble, quoted: pl.DataFrame) -> pl.DataFrame:
    games = quoted["game_id"].unique(maintain_order=True).to_list()
    return ensemble.predict(requests_for(context, games, sequences=ensemble.reads_sequences))


def _ledger_rows(
    context: RunContext, quoted: pl.DataFrame, said: pl.DataFrame, *, book: str, flag: pl.Expr
) -> pl.DataFrame:
    columns = ["game_id", "market", "p_hat", "p_push", "model_version", "model_hash"]
    rows = quoted.join(said.select(columns), on=["game_id", "market"], maintain_order="left")
    named = ledger.with_prediction_id(
        rows.with_columns(
            pl.lit(context.as_of).cast(pl.Datetime("us", "UTC")).alias("made_at"),
            pl.lit(feature_version()).alias("feature_version"),
            pl.when(IS_PROXY).then(pl.lit(PROXY)).otherwise(pl.lit("model")).alias("signal_source"),
            pl.lit(book).alias("book"),
            flag.alias("period_flag"),
        )
    )
    return named.select(*ledger.CONTENT, "p_market").sort("kickoff_at", "game_id", "market")


def _monitored(context: RunContext) -> pl.Expr:
    """`period_flag` of what is said in production, by market and who says it."""
    monitored = current_alerts(context).flags()
    flags = {
        source: {name: monitored.get((name, source), UNMONITORED) for name in MARKETS}
        for source in (PROXY, "model")
    }
    flag = {
        source: pl.col("market").replace_strict(by_market, return_dtype=pl.String)
        for source, by_market in flags.items()
    }
    return pl.when(IS_PROXY).then(flag[PROXY]).otherwise(flag["model"])


def _price_forecasts(context: RunContext, quoted: pl.DataFrame) -> pl.DataFrame:
    """No-vig market; pushes as often as earlier games on a whole line (0 on a half point)."""
    whole = pl.col("line") == pl.col("line").floor()
    settled = load_markets(context).filter(pl.col("outcome").is_not_null() & whole)
    rates = settled.group_by("market").agg(rate=(pl.col("outcome") == "push").mean())
    return quoted.join(rates, on="market", how="left", maintain_order="left").select(
        "game_id",
        "market",
        pl.col("p_market").alias("p_hat"),
        pl.when(whole).then(pl.col("rate").fill_null(0.0)).otherwise(0.0).alias("p_push"),
        pl.lit(PROXY).alias("model_version"),
        pl.lit("no-vig").alias("model_hash"),
    )


def _known_ids(context: RunContext) -> pl.Series:
    if not context.paths.ledger.exists():
        return pl.Series(dtype=pl.String)
    return ledger.read(context.paths.ledger)["prediction_id"]


def _walk_forward_rows(context: RunContext) -> pl.DataFrame:
    """Walk-forward predictions of past games, dated the Tuesday before each game."""
    keys = ["game_id", "market"]
    lines = read_parquet(context.paths.markets).select(*keys, "line", "price_yes", "price_no")
    table = read_parquet(context.paths.stacked)
    past = table.filter(pl.col("kickoff_at") <= context.as_of).join(lines, on=keys)
    hashes = _walk_forward_hashes(table)
    rows = past.join(hashes, on=["market", "season"]).select(
        pl.col("kickoff_at")
        .map_elements(tuesday_before, pl.Datetime("us", "UTC"))
        .alias("made_at"),
        "kickoff_at",
        "season",
        "week",
        *keys,
        "line",
        "price_yes",
        "price_no",
        "p_hat",
        "p_push",
        (pl.lit("replay_") + pl.col("season").cast(pl.String)).alias("model_version"),
        "model_hash",
        pl.lit(feature_version()).alias("feature_version"),
        pl.lit("model").alias("signal_source"),
        pl.lit("learning").alias("book"),
        pl.lit("replay").alias("period_flag"),
    )
    order = ["made_at", "kickoff_at", "game_id", "market"]
    return ledger.with_prediction_id(rows).select(ledger.CONTENT).sort(order)


def end_of_football_week(as_of: datetime) -> datetime:
    """The Wednesday, 10:00 UTC, at which the week that is being bet on ends.

    On a Tuesday that is the week ahead, what is left of the old one included; on other days the
    current one.

    Example:
        >>> from datetime import UTC
        >>> end_of_football_week(datetime(2023, 11, 14, 14, tzinfo=UTC)).isoformat()
        '2023-11-22T10:00:00+00:00'
        >>> end_of_football_week(datetime(2023, 11, 18, 14, tzinfo=UTC)).isoformat()
        '2023-11-22T10:00:00+00:00'
    """
    days = (PREDICTION_WEEKDAY + 1 - as_of.weekday()) % 7
    end = datetime.combine(as_of.date(), WEEK_ENDS, as_of.tzinfo) + timedelta(days)
    return (
        end if end > as_of and as_of.weekday() != PREDICTION_WEEKDAY else end + timedelta(weeks=1)
    )


def tuesday_before(kickoff: datetime) -> datetime:
    """The last Tuesday, 14:00 UTC, before a kickoff.

    Example:
        >>> from datetime import UTC
        >>> tuesday_before(datetime(2023, 11, 19, 18, tzinfo=UTC)).isoformat()
        '2023-11-14T14:00:00+00:00'
        >>> tuesday_before(datetime(2023, 11, 14, 13, tzinfo=UTC)).isoformat()
        '2023-11-07T14:00:00+00:00'
    """
    days = (kickoff.weekday() - PREDICTION_WEEKDAY) % 7
    tuesday = datetime.combine(kickoff.date(), PREDICTION_TIME, kickoff.tzinfo) - timedelta(days)
    return tuesday if tuesday < kickoff else tuesday - timedelta(weeks=1)


def _walk_forward_hashes(table: pl.DataFrame) -> pl.DataFrame:
    """Hash of each season's replayed blend: market, season, feature version and weights."""
    rows = []
    for (market,), mine in table.group_by("market", maintain_order=True):
        for season in mine["season"].unique().sort():
            weights = mine.filter(pl.col("season") == season).select("^weight_.*$").head(1)
            text = f"{market}|{season}|{feature_version()}|{weights.write_json()}"
            rows.append((market, season, hashlib.sha256(text.encode()).hexdigest()))
    schema = {"market": pl.String, "season": pl.Int32, "model_hash": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
