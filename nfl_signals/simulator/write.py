"""Write a league as nflverse writes its releases; what nflverse has not goes beside them.

Never among them: truth, opening lines and the drifting model's forecasts are for whoever judges the
pipeline, and the pipeline must not find them.
"""

from pathlib import Path

import polars as pl

from nfl_signals.core.files import write_json, write_parquet
from nfl_signals.core.settings import describe
from nfl_signals.core.storage import storing
from nfl_signals.simulator.league import League

RELEASE = "release"
TRUTH = "truth.parquet"
TRUTH_TUESDAY = "truth_tuesday.parquet"
LINES_OPEN = "lines_open.parquet"
MODEL_FORECASTS = "model_forecasts.parquet"
DESCRIPTION = "league.json"


def write_release(league: League, folder: Path) -> None:
    """Write `release/` in nflverse's layout, and truth, opening lines and model forecasts next to it.

    The same league always gives the same bytes. Seasons that an earlier league left behind go.

    Raises:
        StorageError: the disk is full or not writable; `league.json` is missing until all is written.
    """
    release = folder / RELEASE
    # Gone first and written last: files of two leagues never pass for either.
    with storing(release):
        (release / DESCRIPTION).unlink(missing_ok=True)
    write_parquet(release / "schedules" / "games.parquet", league.games)
    _write_seasons(release / "stats_team", "stats_team_week", league.team_stats)
    _write_seasons(release / "injuries", "injuries", league.injuries)
    _write_seasons(release / "notes", "notes", league.notes)
    _write_seasons(release / "prices", "prices", league.prices)
    write_parquet(folder / TRUTH, league.truth)
    write_parquet(folder / TRUTH_TUESDAY, league.truth_tuesday)
    write_parquet(folder / LINES_OPEN, league.lines_open)
    write_parquet(folder / MODEL_FORECASTS, league.model_forecasts)
    write_json(
        release / DESCRIPTION,
        {"as_of": describe(league.as_of), "seed": league.seed, **league.settings.model_dump()},
    )


def _write_seasons(folder: Path, name: str, tables: dict[int, pl.DataFrame]) -> None:
    written = {
        write_parquet(folder / f"{name}_{season}.parquet", table)
        for season, table in tables.items()
    }
    for leftover in sorted(set(folder.glob(f"{name}_*.parquet")) - written):
        leftover.unlink()
