"""The home's history of prices: what the release holds, the schedule shows and a person imports, added up."""

import logging
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from nfl_signals.core.errors import InputError, SchemaError, SourceError
from nfl_signals.core.files import write_parquet
from nfl_signals.core.locks import exclusive, lock_beside
from nfl_signals.core.schema_columns import no_rows
from nfl_signals.ingest.download import judged
from nfl_signals.ingest.price_file import read_price_file
from nfl_signals.ingest.price_file_rules import Odds
from nfl_signals.ingest.prices import added, changed, on_schedule, read_prices
from nfl_signals.ingest.quality import Quality
from nfl_signals.ingest.raw import FILES
from nfl_signals.ingest.schemas import RAW_PRICES
from nfl_signals.ingest.source import MissingReleaseError
from nfl_signals.workspace.run_context import RunContext

_log = logging.getLogger(__name__)


def observed_prices(
    context: RunContext, season: int, games: pl.DataFrame
) -> tuple[pl.DataFrame, Quality]:
    """A season's new observations, and what was wrong with them; `games` as stored.

    A release without prices, or with a file that cannot be used, stops nothing: what the schedule
    shows now cannot be observed later.
    """
    stored = _stored(context, season)
    quality = Quality("prices", season, max_share=context.settings.ingest.max_quarantined)
    published = no_rows(RAW_PRICES)
    try:
        with judged(context.release, FILES["prices"].format(season=season)):
            published = read_prices(context.release, season, games, quality)
    except MissingReleaseError:
        pass
    except (SourceError, SchemaError) as error:
        quality = Quality("prices", season, max_share=quality.max_share)
        quality.degrade(stored.height)
        _log.warning("raw prices of %d: %d stored rows are used: %s", season, stored.height, error)
    moment = context.moment
    seen = on_schedule(
        games, book=context.settings.source, as_of=moment.as_of, live=not moment.backdated
    )
    return added(published, changed(stored, seen)), quality


def store_prices(context: RunContext, season: int, new: pl.DataFrame) -> tuple[int, int]:
    """Add observations to those stored, whoever else adds some; how many were new, and how many there are."""
    path = context.paths.raw("prices", season)
    busy = "another run is adding prices; try again when it is done."
    with exclusive(lock_beside(path), busy=busy):
        stored = _stored(context, season)
        rows = added(stored, new)
        if rows.height > stored.height or not path.exists():
            write_parquet(path, rows)
    return rows.height - stored.height, rows.height


def stored_prices(context: RunContext, seasons: Iterable[int]) -> pl.DataFrame:
    """Observations of these seasons known at the run's `as_of`; an opener without a time counts as known."""
    rows = pl.concat([no_rows(RAW_PRICES), *(_stored(context, season) for season in seasons)])
    known = pl.col("observed_at").is_null() | (pl.col("observed_at") <= context.as_of)
    return rows.filter(known)


def import_prices(context: RunContext, file: Path, *, book: str | None, odds: Odds) -> int:
    """Add a person's file to the stored observations, whole or not at all; returns how many are new.

    Raises:
        InputError: no schedule is stored, or rows cannot be used; see `price_file.read_price_file`.
    """
    schedules = sorted(context.paths.raw_folder("games").glob("*.parquet"))
    if not schedules:
        raise InputError(
            f"{context.paths.raw_folder('games')}: no schedule is stored to match prices with; run first."
        )
    games = pl.concat(context.read(schedule) for schedule in schedules)
    rows = read_price_file(file, games, book=book, odds=odds)
    seasons = rows.join(games.select("game_id", "season"), on="game_id", maintain_order="left")
    new = 0
    for (season,), mine in seasons.group_by("season", maintain_order=True):
        new += store_prices(context, int(str(season)), mine.drop("season"))[0]
    return new


def prices_of_game(context: RunContext, game_id: str) -> pl.DataFrame:
    """A game's stored observations, oldest first, openers without a time before all; InputError if none."""
    files = sorted(context.paths.raw_folder("prices").glob("*.parquet"))
    found = [context.read(file).filter(game_id=game_id) for file in files]
    rows = pl.concat([no_rows(RAW_PRICES), *found])
    if rows.is_empty():
        raise InputError(
            f"{context.paths.raw_folder('prices')}: no price of {game_id}; ids are written as "
            "2025_10_DAL_PHI: season, week, away and home team."
        )
    return rows.sort("market", "observed_at", "book", maintain_order=True)


def _stored(context: RunContext, season: int) -> pl.DataFrame:
    path = context.paths.raw("prices", season)
    return context.read(path) if path.exists() else no_rows(RAW_PRICES)
