"""The upcoming week's predictions, and what goes into the ledger."""

import hashlib
from datetime import datetime, time, timedelta

import numpy as np
import polars as pl

from nfl_signals import ledger
from nfl_signals.baselines import Baseline
from nfl_signals.calibration import PlattCalibrator
from nfl_signals.cards import read_card
from nfl_signals.errors import InputError
from nfl_signals.feature_version import feature_version
from nfl_signals.markets import MARKETS, MarketName
from nfl_signals.pipeline.questions import Question, ask, latest_version
from nfl_signals.pipeline.training import LEARNER_NAMES, STACK_INPUTS
from nfl_signals.pipeline.world import World
from nfl_signals.stacker import MARKET, Stack
from nfl_signals.storage import read_json, read_parquet, write_parquet

PREDICTION_WEEKDAY = 1  # Tuesday: the week's schedule fires then
PREDICTION_TIME = time(14, 0)  # UTC; 9 or 10 in the morning, US Eastern
WEEK_ENDS = time(10, 0)  # UTC, on Wednesdays: games moved to Tuesday night are over
UNKNOWN_FLAG = "unmonitored"
"""`period_flag` until a calibration window exists; then 'ok' or 'drift'."""


def predict_upcoming(world: World) -> pl.DataFrame:
    """Predict the next week's games that have line and prices, and store the table.

    Returns:
        The ledger's columns without `seal`, plus `p_market`; empty when nothing is upcoming. Games
        without line or prices are skipped; their ids are in `skipped_games`.
    """
    tables = [_predict_market(world, ask(world, name)) for name in MARKETS]
    upcoming = pl.concat(tables).sort("kickoff_at", "game_id", "market")
    write_parquet(world.paths.upcoming, upcoming)
    return upcoming


def skipped_games(world: World) -> dict[str, list[str]]:
    """Upcoming games by market that lack a line or a price and so have no prediction."""
    unasked = pl.col("p_market").is_null() | pl.col("line").is_null()
    return {
        name: _upcoming(world, ask(world, name)).filter(unasked)["game_id"].to_list()
        for name in MARKETS
    }


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


def spoken_version(world: World, name: MarketName) -> str:
    """Version of the stack that speaks for a market under the settings' signal source.

    Raises:
        InputError: it does not exist.
    """
    folder = world.paths.stacker(name, "any").parent
    asked = world.settings.signal_source
    if asked == "proxy":
        return "proxy"
    version = latest_version(folder) if asked == "latest" else asked.removeprefix("model_")
    if not (folder / version / "card.json").exists():
        raise InputError(
            f"{folder / version}: signal_source asks for {asked}, which was never trained; "
            "choose proxy, latest, or a version that is there."
        )
    return version


def _upcoming(world: World, question: Question) -> pl.DataFrame:
    """Games still to come in this football week, with their row number.

    By time, not by week number: a postponed game must not hide the week after it.
    """
    to_come = pl.col("kickoff_at").is_between(
        world.as_of, end_of_football_week(world.as_of), closed="right"
    )
    return question.table.with_row_index("row").filter(pl.col("points").is_null() & to_come)


def _predict_market(world: World, question: Question) -> pl.DataFrame:
    name = question.market.name
    games = _upcoming(world, question).drop_nulls(["line", "price_yes", "price_no"])
    version = spoken_version(world, name)
    if version == "proxy":
        p_hat, p_push, digest = _proxy(question, games)
    else:
        p_hat, p_push, digest = _model(world, question, games, version)
    rows = games.select(
        pl.lit(world.as_of).cast(pl.Datetime("us", "UTC")).alias("made_at"),
        "kickoff_at",
        "season",
        "week",
        "game_id",
        "market",
        "line",
        "price_yes",
        "price_no",
        pl.Series("p_hat", p_hat, dtype=pl.Float64),
        pl.Series("p_push", p_push, dtype=pl.Float64),
        pl.lit(version).alias("model_version"),
        pl.lit(digest).alias("model_hash"),
        pl.lit(feature_version()).alias("feature_version"),
        pl.lit("proxy" if version == "proxy" else "model").alias("signal_source"),
        pl.lit("production").alias("book"),
        pl.lit(_period_flag(world, name)).alias("period_flag"),
        "p_market",
    )
    named = ledger.with_prediction_id(rows)
    return named.select(*(column for column in ledger.CONTENT), "p_market")


def _model(
    world: World, question: Question, games: pl.DataFrame, version: str
) -> tuple[np.ndarray, np.ndarray, str]:
    """Calibrated stack of stored models: probabilities, push probabilities, model hash."""
    name, rows = question.market.name, games["row"].to_numpy()
    folder = world.paths.stacker(name, version)
    x, line = question.matrix.x[rows], question.line[rows]
    outputs = {
        learner: Baseline.load(
            world.paths.baseline(name, learner, version), question.matrix.names
        ).predict(x, line)
        for learner in LEARNER_NAMES
    }
    columns = {MARKET: games["p_market"].to_numpy()} | {k: p for k, (p, _) in outputs.items()}
    p_raw = Stack.load(folder).predict(np.column_stack([columns[item] for item in STACK_INPUTS]))
    p_push = np.mean([push for _, push in outputs.values()], axis=0)
    return PlattCalibrator.load(folder).predict(p_raw), p_push, read_card(folder)["model_hash"]


def _proxy(question: Question, games: pl.DataFrame) -> tuple[np.ndarray, np.ndarray, str]:
    """No-vig market; pushes as often as earlier games on a whole line (0 on a half point)."""
    settled = question.table.filter(
        pl.col("outcome").is_not_null() & (pl.col("line") == pl.col("line").floor())
    )
    rate = float((settled["outcome"] == "push").cast(pl.Float64).mean() or 0.0)  # type: ignore[arg-type]
    line = games["line"].to_numpy()
    return games["p_market"].to_numpy(), np.where(line == np.floor(line), rate, 0.0), "no-vig"


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
