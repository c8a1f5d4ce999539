"""The upcoming week's predictions, and what goes into the ledger."""

import hashlib
from datetime import datetime, time, timedelta

import polars as pl

from nfl_signals import ledger
from nfl_signals.cards import CARD
from nfl_signals.errors import InputError
from nfl_signals.explain import contributions
from nfl_signals.feature_version import feature_version
from nfl_signals.game_request import game_requests
from nfl_signals.markets import MARKETS, MarketName
from nfl_signals.pipeline.ensemble import Ensemble
from nfl_signals.pipeline.questions import latest_version
from nfl_signals.pipeline.signals import load_signals
from nfl_signals.pipeline.tables import load_features, load_markets
from nfl_signals.pipeline.world import World
from nfl_signals.stacker.protocol import MARKET
from nfl_signals.storage import read_json, read_parquet, write_parquet

PROXY = "proxy"
PREDICTION_WEEKDAY = 1  # Tuesday: the week's schedule fires then
PREDICTION_TIME = time(14, 0)  # UTC; 9 or 10 in the morning, US Eastern
WEEK_ENDS = time(10, 0)  # UTC, on Wednesdays: games moved to Tuesday night are over
UNKNOWN_FLAG = "unmonitored"
"""`period_flag` until a calibration window exists; then 'ok' or 'drift'."""


def predict_upcoming(world: World) -> pl.DataFrame:
    """Predict the next week's games that have line and prices; store answers and explanations.

    Returns:
        The ledger's columns without `seal`, plus `p_market`; empty when nothing is upcoming. Games
        without line or prices are skipped; their ids are in `skipped_games`.
    """
    version = spoken_version(world)
    quoted = _upcoming(world).drop_nulls(["line", "price_yes", "price_no"])
    if version == PROXY:
        said = _proxy(world, quoted)
    else:
        said = answers(world, version, quoted["game_id"].unique(maintain_order=True).to_list())
        inputs = [MARKET, *world.settings.training.learners]
        write_parquet(world.paths.explanations, contributions(said, inputs))
    upcoming = _ledger_rows(world, quoted, said).sort("kickoff_at", "game_id", "market")
    write_parquet(world.paths.upcoming, upcoming)
    return upcoming


def answers(world: World, version: str, games: list[str]) -> pl.DataFrame:
    """What a version's ensemble says of stored games; see `Ensemble.predict`."""
    ensemble = Ensemble.load(world.paths.ensemble(version))
    return ensemble.predict(requests_for(world, games, sequences=ensemble.reads_sequences))


def requests_for(world: World, games: list[str], *, sequences: bool) -> pl.DataFrame:
    """Requests for games of the gold tables, in the order of `games`; see `game_request`."""
    return game_requests(
        load_features(world),
        load_markets(world),
        load_signals(world),
        games,
        with_sequences=sequences,
    )


def skipped_games(world: World) -> dict[str, list[str]]:
    """Upcoming games by market that lack a line or a price and so have no prediction."""
    unasked = _upcoming(world).filter(pl.col("p_market").is_null() | pl.col("line").is_null())
    return {name: unasked.filter(market=name)["game_id"].to_list() for name in MARKETS}


def append_to_ledger(world: World) -> dict[str, int]:
    """Append the upcoming predictions (production) and the walk-forward replay (learning).

    What was said first stays: a prediction whose id is in the ledger already is not appended again.

    Returns:
        New rows by book, and the ledger's length as 'total'.
    """
    known = _known_ids(world)
    counts = {"total": len(known)}
    upcoming = read_parquet(world.paths.upcoming).drop("p_market")
    for book, rows in (("learning", _replayed(world)), ("production", upcoming)):
        new = rows.filter(~pl.col("prediction_id").is_in(known.implode()))
        result = ledger.append(world.paths.ledger, new)
        counts |= {book: result.n_new, "total": result.total}
    return counts


def spoken_version(world: World) -> str:
    """Version of the ensemble that speaks under the settings' signal source, or 'proxy'.

    Raises:
        InputError: it does not exist.
    """
    asked = world.settings.signal_source
    if asked == PROXY:
        return PROXY
    folder = world.paths.ensemble("any").parent
    version = latest_version(folder) if asked == "latest" else asked.removeprefix("model_")
    if not (folder / version / CARD).exists():
        raise InputError(
            f"{folder / version}: signal_source asks for {asked}, which was never trained; "
            "choose proxy, latest, or a version that is there."
        )
    return version


def _upcoming(world: World) -> pl.DataFrame:
    """Markets of the games still to come in this football week.

    By time, not by week number: a postponed game must not hide the week after it.
    """
    to_come = pl.col("kickoff_at").is_between(
        world.as_of, end_of_football_week(world.as_of), closed="right"
    )
    return load_markets(world).filter(pl.col("points").is_null() & to_come)


def _ledger_rows(world: World, quoted: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    flags = {name: _period_flag(world, name) for name in MARKETS}
    columns = ["game_id", "market", "p_hat", "p_push", "model_version", "model_hash"]
    rows = quoted.join(said.select(columns), on=["game_id", "market"], maintain_order="left")
    is_proxy = pl.col("model_version") == PROXY
    named = ledger.with_prediction_id(
        rows.with_columns(
            pl.lit(world.as_of).cast(pl.Datetime("us", "UTC")).alias("made_at"),
            pl.lit(feature_version()).alias("feature_version"),
            pl.when(is_proxy).then(pl.lit(PROXY)).otherwise(pl.lit("model")).alias("signal_source"),
            pl.lit("production").alias("book"),
            pl.col("market").replace_strict(flags, return_dtype=pl.String).alias("period_flag"),
        )
    )
    return named.select(*ledger.CONTENT, "p_market")


def _proxy(world: World, quoted: pl.DataFrame) -> pl.DataFrame:
    """No-vig market; pushes as often as earlier games on a whole line (0 on a half point)."""
    whole = pl.col("line") == pl.col("line").floor()
    settled = load_markets(world).filter(pl.col("outcome").is_not_null() & whole)
    rates = settled.group_by("market").agg(rate=(pl.col("outcome") == "push").mean())
    return quoted.join(rates, on="market", how="left", maintain_order="left").select(
        "game_id",
        "market",
        pl.col("p_market").alias("p_hat"),
        pl.when(whole).then(pl.col("rate").fill_null(0.0)).otherwise(0.0).alias("p_push"),
        pl.lit(PROXY).alias("model_version"),
        pl.lit("no-vig").alias("model_hash"),
    )


def _period_flag(world: World, name: MarketName) -> str:
    flags = world.paths.period_flags
    return str(read_json(flags).get(name, UNKNOWN_FLAG)) if flags.exists() else UNKNOWN_FLAG


def _known_ids(world: World) -> pl.Series:
    if not world.paths.ledger.exists():
        return pl.Series(dtype=pl.String)
    return ledger.read(world.paths.ledger)["prediction_id"]


def _replayed(world: World) -> pl.DataFrame:
    """Walk-forward predictions of past games, dated the Tuesday before each game."""
    keys = ["game_id", "market"]
    lines = read_parquet(world.paths.markets).select(*keys, "line", "price_yes", "price_no")
    table = read_parquet(world.paths.stacked)
    past = table.filter(pl.col("kickoff_at") <= world.as_of).join(lines, on=keys)
    hashes = _replay_hashes(table)
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


def _replay_hashes(table: pl.DataFrame) -> pl.DataFrame:
    """Hash of each season's replayed blend: market, season, feature version and weights."""
    rows = []
    for (market,), mine in table.group_by("market", maintain_order=True):
        for season in mine["season"].unique().sort():
            weights = mine.filter(pl.col("season") == season).select("^weight_.*$").head(1)
            text = f"{market}|{season}|{feature_version()}|{weights.write_json()}"
            rows.append((market, season, hashlib.sha256(text.encode()).hexdigest()))
    schema = {"market": pl.String, "season": pl.Int32, "model_hash": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
