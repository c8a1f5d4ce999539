"""Which seasons of a home are stored whole, and what a stored season notes of the run that built it."""

from datetime import datetime, timedelta

import polars as pl

from nfl_signals.core.files import read_notes
from nfl_signals.ingest.raw import FILES
from nfl_signals.workspace.data_home import BUILT_FOR
from nfl_signals.workspace.run_context import RunContext

BUILT_AS_OF = "nfl_signals.as_of"
"""What a stored season notes the instant of the run that built it under."""
PLAYOFFS_FOLLOW = timedelta(days=30)
"""After the newest kickoff of a schedule, until a season counts as over: rounds appear as teams are known."""


def notes_of(context: RunContext) -> dict[str, str]:
    """What a stored season notes of this run."""
    return {BUILT_AS_OF: context.as_of.isoformat(), BUILT_FOR: context.settings.horizon}


def stored_seasons(context: RunContext) -> list[int]:
    """The run's leading seasons whose raw tables are there; its first one where none is."""
    missing = [season for season in context.seasons if not _is_stored(context, season)]
    stored = [season for season in context.seasons if season < min(missing, default=9999)]
    return stored or [context.seasons[0]]


def _is_stored(context: RunContext, season: int) -> bool:
    return all(context.paths.raw(table, season).exists() for table in FILES)


def unfinished_seasons(context: RunContext) -> list[int]:
    """The run's last season, and those before it from the first that lacks something.

    A season lacks raw tables, or gold that knows all of its games: a backdated run leaves shorter
    tables and removes later ones. Results are looked for in the season before only: an older game
    without one was never played.
    """
    last, before = context.seasons[-1], context.seasons[-2:-1]
    missing = [
        season
        for season in context.seasons
        if not (_is_stored(context, season) and _is_built(context, season))
    ]
    missing += [
        season
        for season in set(before).difference(missing)
        if context.read(context.paths.raw("games", season))["result"].null_count()
    ]
    return list(range(min([last, *missing]), last + 1))


def _is_built(context: RunContext, season: int) -> bool:
    """Whether every table of a season was built when all of its games that the run knows were known.

    The newest stored kickoff may be that of a last regular week, before the playoffs were scheduled.
    """
    games = context.read(context.paths.raw("games", season))
    over: datetime | None = games.select(pl.col("kickoff_at").max() + PLAYOFFS_FOLLOW).item()
    needed = context.as_of if over is None else min(over, context.as_of)
    paths = context.paths
    for folder in (paths.features, paths.markets, paths.llm_signals):
        built = read_notes(folder / f"{season}.parquet").get(BUILT_AS_OF)
        if built is None or datetime.fromisoformat(built) < needed:
            return False
    return True
