"""Write a league as nflverse writes its releases; truth goes beside them, where no pipeline looks."""

from pathlib import Path

import polars as pl

from nfl_signals.core.files import write_json, write_parquet
from nfl_signals.core.settings import describe
from nfl_signals.simulator.league import League

RELEASE = "release"
TRUTH = "truth.parquet"
LINES_OPEN = "lines_open.parquet"
MODEL_FORECASTS = "model_forecasts.parquet"
DESCRIPTION = "league.json"


def write_release(league: League, folder: Path) -> None:
    """Write `release/` and, next to it, the truth; the same league always gives the same bytes."""
    release = folder / RELEASE
    # Gone first and written last: files of two leagues never pass for either.
    (release / DESCRIPTION).unlink(missing_ok=True)
    write_parquet(release / "schedules" / "games.parquet", league.games)
    _write_seasons(release / "stats_team", "stats_team_week", league.team_stats)
    _write_seasons(release / "injuries", "injuries", league.injuries)
    _write_seasons(release / "notes", "notes", league.notes)
    write_parquet(folder / TRUTH, league.truth)
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
