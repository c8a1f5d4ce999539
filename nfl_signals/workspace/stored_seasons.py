"""Which seasons of a home are stored whole, and what a stored season notes of the run that built it."""

from datetime import datetime, timedelta

import polars as pl

from nfl_signals.core.errors import InputError
from nfl_signals.core.files import read_notes
from nfl_signals.ingest.raw import FILES
from nfl_signals.workspace.run_context import RunContext

BUILT_AS_OF, HORIZON = "nfl_signals.as_of", "nfl_signals.horizon"
"""Noted in a stored season: the instant of the run that built it, and its horizon."""
PLAYOFFS_FOLLOW = timedelta(days=30)
"""After the newest kickoff of a schedule, until a season counts as over: rounds appear as teams are known."""


def notes_of(context: RunContext) -> dict[str, str]:
    """What a stored season notes of this run."""
    return {BUILT_AS_OF: context.as_of.isoformat(), HORIZON: context.settings.horizon}


def require_horizon(context: RunContext) -> None:
    """Raise InputError where stored features are of another horizon than the run's."""
    asked = context.settings.horizon
    for file in sorted(context.paths.features.glob("*.parquet")):
        if (built := read_notes(file).get(HORIZON, asked)) != asked:
            raise InputError(
                f"{file}: built for horizon {built}, asked for is {asked}; `nfl-signals run` builds all "
                f"seasons for it, or set horizon to {built}."
            )


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
    """Whether every table of a season was built at this horizon, when all that the run knows was known.

    The newest stored kickoff may be that of a last regular week, before the playoffs were scheduled.
    """
    games = context.read(context.paths.raw("games", season))
    over: datetime | None = games.select(pl.col("kickoff_at").max() + PLAYOFFS_FOLLOW).item()
    needed = context.as_of if over is None else min(over, context.as_of)
    paths = context.paths
    for folder in (paths.features, paths.markets, paths.llm_signals):
        noted = read_notes(folder / f"{season}.parquet")
        built = noted.get(BUILT_AS_OF)
        if built is None or datetime.fromisoformat(built) < needed:
            return False
        if noted.get(HORIZON) != context.settings.horizon:
            return False
    return True
