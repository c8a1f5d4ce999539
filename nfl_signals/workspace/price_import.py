"""A person's file of prices is added to the home's history, in a new home with the schedule it is of."""

from pathlib import Path

import polars as pl

from nfl_signals.ingest import raw
from nfl_signals.ingest.download import judged
from nfl_signals.ingest.price_file import read_price_file
from nfl_signals.ingest.price_file_rules import Odds
from nfl_signals.workspace.data_home import claim_home
from nfl_signals.workspace.prices import store_prices, stored_games
from nfl_signals.workspace.run_context import RunContext
from nfl_signals.workspace.tables import ingest


def import_prices(context: RunContext, file: Path, *, book: str | None, odds: Odds) -> int:
    """Add a person's file to the stored observations, whole or not at all; returns how many are new.

    Raises:
        InputError: no schedule is stored, or rows cannot be used; see `price_file.read_price_file`.
    """
    games = stored_games(context)
    return _store(context, read_price_file(file, games, book=book, odds=odds), games)


def import_before_first_run(
    context: RunContext, file: Path, *, book: str | None, odds: Odds
) -> int:
    """As `import_prices`, with the schedule as published, which is then stored where it is not yet.

    The home becomes that of the context's source; a file that cannot be used leaves the folder as it was.

    Raises:
        InputError: rows cannot be used.
        SourceError, SchemaError: the source has no usable schedule.
    """
    with judged(context.release, raw.SCHEDULE):
        games = pl.concat(raw.read_games(context.release, season) for season in context.seasons)
    rows = read_price_file(file, games, book=book, odds=odds)
    claim_home(context.paths, context.settings)
    paths = (context.paths.raw("games", season) for season in context.seasons)
    lacking = [int(path.stem) for path in paths if not path.exists()]
    ingest(context, "games", lacking)
    return _store(context, rows, games)


def _store(context: RunContext, rows: pl.DataFrame, games: pl.DataFrame) -> int:
    seasons = rows.join(games.select("game_id", "season"), on="game_id", maintain_order="left")
    new = 0
    for (season,), mine in seasons.group_by("season", maintain_order=True):
        new += store_prices(context, int(str(season)), mine.drop("season"))[0]
    return new
