"""Raw and gold tables, season by season: load, build, store."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandera.polars as pa
import polars as pl

from nfl_signals.core.errors import InputError, SchemaError, SourceError
from nfl_signals.core.files import read_parquet, write_parquet
from nfl_signals.core.progress import steps
from nfl_signals.core.schema_columns import no_rows
from nfl_signals.features.build import build_features, build_markets
from nfl_signals.features.decision_prices import decided_markets
from nfl_signals.features.leakage import check_no_leak, sample_decisions
from nfl_signals.ingest import raw
from nfl_signals.ingest.download import judged
from nfl_signals.ingest.history import REPORT_LEAD, History
from nfl_signals.ingest.joins import (
    JOINS,
    STATS_MAY_BE_LATE,
    JoinReport,
    against_the_scheduled,
    match_tables,
)
from nfl_signals.ingest.known_exceptions import known_exceptions
from nfl_signals.ingest.quality import QUALITY_SCHEMA, Quality, VanishedRowsError, refuse_vanished
from nfl_signals.ingest.raw import FILES, FIRST_INJURY_SEASON, openings
from nfl_signals.ingest.schemas import (
    RAW_GAMES,
    RAW_INJURIES,
    RAW_NOTES,
    RAW_PRICES,
    RAW_TEAM_STATS,
)
from nfl_signals.ingest.source import MissingReleaseError, Release
from nfl_signals.workspace.prices import observed_prices, store_prices, stored_prices
from nfl_signals.workspace.run_context import RunContext
from nfl_signals.workspace.stored_seasons import notes_of, stored_seasons

SCHEMAS: dict[str, pa.DataFrameSchema] = {
    "games": RAW_GAMES,
    "team_stats": RAW_TEAM_STATS,
    "injuries": RAW_INJURIES,
    "notes": RAW_NOTES,
    "prices": RAW_PRICES,
}
KEYS = {
    "games": ["game_id"],
    "team_stats": ["week", "team"],
    "injuries": ["week", "team", "gsis_id"],
    "notes": ["note_id"],
}
REPORTS = ("injuries", "notes")  # without which there is a forecast too, by the fill rule
READERS: dict[str, Callable[[Release, int, Quality], pl.DataFrame]] = {
    "games": raw.read_games,
    "team_stats": raw.read_team_stats,
    "injuries": raw.read_injuries,
    "notes": raw.read_notes,
}

_log = logging.getLogger(__name__)


def ingest(context: RunContext, table: str, seasons: Sequence[int]) -> dict[int, int]:
    """Read, check and store seasons of one raw table, and what was wrong with them.

    Every season is read and checked before the first is written, so a bad season changes nothing.
    Returns rows by season.

    Raises:
        SourceError, SchemaError: see `ingest/raw.py`.
    """
    read = {
        season: _read(context, table, season)
        for season in steps(list(seasons), f"seasons of {table} read")
    }
    rows = {}
    for season, (frame, quality) in read.items():
        if table == "prices":
            _, rows[season] = store_prices(context, season, frame)
        else:
            write_parquet(context.paths.raw(table, season), frame)
            rows[season] = frame.height
        store_quality(context, table, season, [quality])
    _log.info("raw %s: %s", table, rows_of_seasons(sum(rows.values()), seasons))
    return rows


def _read(context: RunContext, table: str, season: int) -> tuple[pl.DataFrame, Quality]:
    """A season as published, or where it is not: the last good version, else no rows."""
    if table == "prices":
        return observed_prices(context, season, _load(context, "games", [season]))
    quality = Quality(table, season, max_share=context.settings.ingest.max_quarantined)
    path, why = context.paths.raw(table, season), "not there"
    stored = context.read(path) if path.exists() else no_rows(SCHEMAS[table])
    try:
        with judged(context.release, FILES[table].format(season=season)):
            frame = READERS[table](context.release, season, quality)
            if context.settings.source == "nflverse":  # a simulated league may be played less far
                refuse_vanished(stored, frame, KEYS[table], f"{path} and its release", quality)
    except (SourceError, SchemaError) as error:
        missing = isinstance(error, MissingReleaseError | VanishedRowsError)
        if table == "games" or not (missing or (table in REPORTS and stored.height)):
            raise
        frame, why = no_rows(SCHEMAS[table]), str(error)
        quality = Quality(table, season, max_share=quality.max_share)
    if frame.height:
        return frame, quality
    if stored.is_empty() and not _expected(context, table, season):
        return frame, quality
    quality.degrade(stored.height)
    _log.warning("raw %s of %d: %d stored rows are used: %s", table, season, stored.height, why)
    return stored, quality


def _expected(context: RunContext, table: str, season: int) -> bool:
    """Whether a season has rows of a table by now: reports near its first game, statistics after it."""
    if table == "notes" or (table == "injuries" and season < FIRST_INJURY_SEASON):
        return False
    first = openings(context.release).get(season)
    delay = STATS_MAY_BE_LATE if table == "team_stats" else -REPORT_LEAD
    return first is not None and first + delay <= context.as_of


def load_history(
    context: RunContext, *, last_season: int | None = None, tables: Sequence[str] = tuple(READERS)
) -> History:
    """Raw tables of the run's seasons, up to `last_season`, as known at its `as_of`.

    Tables that are not among `tables` stay empty.

    Raises:
        InputError: a season has not been materialized yet.
    """
    seasons = [s for s in context.seasons if last_season is None or s <= last_season]
    history = _known(context, seasons, tables)
    stats = against_the_scheduled(history.team_stats, history.games)
    return replace(history, team_stats=stats)


def load_stored_history(context: RunContext) -> History:
    """Raw tables of `stored_seasons`; InputError where the first is not there."""
    return load_history(context, last_season=stored_seasons(context)[-1])


def build_gold(context: RunContext, seasons: Sequence[int]) -> tuple[pl.DataFrame, JoinReport]:
    """Build and store features of the given seasons from everything before them.

    Returns rows written, and what had no match in a join.

    Raises:
        SchemaError: too much has no match.
    """
    history = load_history(context, last_season=max(seasons))
    files = [file.format(season=season) for file in FILES.values() for season in seasons]
    with judged(context.release, *files):
        report = matched(context, seasons)
    for season in seasons:
        mine = [each for each in report.found if each.season == season]
        store_quality(context, JOINS, season, mine)
    features = build_features(history, context.settings.horizon)
    features = store_seasons(context, context.paths.features, features, seasons)
    _log.info("gold features: %s", rows_of_seasons(features.height, seasons))
    return features, report


def build_gold_markets(context: RunContext, seasons: Sequence[int]) -> pl.DataFrame:
    """Build and store the markets of the given seasons, at kickoff and at the run's horizon."""
    history = load_history(context, last_season=max(seasons), tables=["games"])
    tables = [build_markets(history, as_of=context.as_of)]
    if (horizon := context.settings.horizon) != "kickoff":
        prices = stored_prices(context, sorted(history.games["season"].unique()))
        book, as_of = context.settings.price_book, context.as_of
        tables.append(decided_markets(tables[0], prices, horizon, as_of=as_of, book=book))
    markets = store_seasons(context, context.paths.markets, pl.concat(tables), seasons)
    _log.info("gold markets: %s", rows_of_seasons(markets.height, seasons))
    return markets


def matched(context: RunContext, seasons: Sequence[int]) -> JoinReport:
    """What of the stored raw tables of these seasons has no match in the schedule."""
    history = _known(context, seasons, tuple(READERS))
    tables = {table: getattr(history, table) for table in READERS}
    share = context.settings.ingest.max_quarantined
    known = context.load(context.paths.known_exceptions, known_exceptions)
    return match_tables(tables, known, as_of=context.as_of, max_share=share)


def store_quality(context: RunContext, table: str, season: int, found: Sequence[Quality]) -> None:
    """Write what was found in a season of a table; no file where that is nothing."""
    path = context.paths.quality(table, season)
    before = read_parquet(path) if path.exists() else None
    frames = [each.frame(context.as_of, before) for each in found]
    frame = pl.concat([QUALITY_SCHEMA.to_frame(), *frames])
    if frame.height:
        write_parquet(path, frame)
    else:
        path.unlink(missing_ok=True)


def check_features(context: RunContext) -> int:
    """As-of replay and perturbation at sampled kickoffs; returns how many checks held.

    Sampled from the last season played: one that has not begun holds nothing to check it with.

    Raises:
        LeakageError: a feature depends on something known only after kickoff.
    """
    history = load_stored_history(context)
    played = history.games.drop_nulls("result")["season"].unique().sort().to_list()
    horizon = context.settings.horizon
    build = partial(build_features, horizon=horizon)
    return check_no_leak(history, build, sample_decisions(history, played[-1:], horizon), horizon)


def store_seasons(
    context: RunContext, folder: Path, table: pl.DataFrame, seasons: Sequence[int]
) -> pl.DataFrame:
    """Write one file a season and return the rows; files of seasons that the run lacks are removed."""
    written = [table.filter(pl.col("season") == season) for season in seasons]
    for season, part in zip(seasons, written, strict=True):
        write_parquet(folder / f"{season}.parquet", part, notes=notes_of(context))
    for file in folder.glob("*.parquet"):
        if file.stem.isdecimal() and int(file.stem) not in context.seasons:
            file.unlink()
    return pl.concat(written)


def rows_of_seasons(rows: int, seasons: Sequence[int]) -> str:
    """For a log.

    Example:
        >>> rows_of_seasons(1272, [2023]), rows_of_seasons(6, [2022, 2023])
        ('1,272 rows of 1 season', '6 rows of 2 seasons')
    """
    return f"{rows:,} rows of {len(seasons)} season{'' if len(seasons) == 1 else 's'}"


def _known(context: RunContext, seasons: Sequence[int], tables: Sequence[str]) -> History:
    """The stored tables as known at the run's `as_of`; those not among `tables` are empty."""
    loaded = {
        table: _load(context, table, seasons) if table in tables else no_rows(SCHEMAS[table])
        for table in READERS
    }
    return History(**loaded).known_at(context.as_of)


def _load(context: RunContext, table: str, seasons: Sequence[int]) -> pl.DataFrame:
    missing = [season for season in seasons if not context.paths.raw(table, season).exists()]
    if missing:
        raise InputError(
            f"{context.paths.raw(table, missing[0])}: season {missing[0]} of raw_{table} is not "
            f"there yet; materialize it first (missing: {', '.join(map(str, missing))})."
        )
    return pl.concat(context.read(context.paths.raw(table, season)) for season in seasons)
