"""What is read from each release table: source column, type, and when its value is known.

Source of names and meanings: the nflverse data dictionaries (schedules, team stats, injuries).
Upstream types drift from season to season; every column is cast to the type stated here. What is done
about a value that does not survive the cast is in `rules.py`.
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl

# When a value becomes known: before the season's week (schedule), days before kickoff (week), 90
# minutes before it (starters), at kickoff (close), after the game (result), the day after (stats), or
# by its own time stamp (published).
KnownAt = Literal["schedule", "week", "starters", "close", "result", "stats", "published"]


@dataclass(frozen=True)
class Column:
    """One column of a release table."""

    dtype: pl.DataType  # after normalisation
    known_at: KnownAt
    required: bool  # nothing can stand for it: a file without it is refused


def _columns(
    known_at: KnownAt, dtype: pl.DataType, names: str, *, required: bool = False
) -> dict[str, Column]:
    return dict.fromkeys(names.split(), Column(dtype, known_at, required))


_INTEGER, _NUMBER, _TEXT, _TIME = pl.Int32(), pl.Float64(), pl.String(), pl.Datetime("us", "UTC")

GAMES: dict[str, Column] = {
    **_columns("schedule", _TEXT, "game_id", required=True),
    **_columns("schedule", _INTEGER, "season week", required=True),
    **_columns("schedule", _TEXT, "game_type gameday home_team away_team", required=True),
    **_columns("schedule", _TEXT, "gametime location roof"),
    **_columns("schedule", _INTEGER, "div_game"),
    **_columns("starters", _TEXT, "home_qb_id away_qb_id"),
    **_columns("result", _NUMBER, "home_score away_score", required=True),
    **_columns("result", _NUMBER, "result total"),
    **_columns("close", _NUMBER, "spread_line total_line", required=True),
    **_columns(
        "close",
        _NUMBER,
        "home_moneyline away_moneyline home_spread_odds away_spread_odds over_odds under_odds",
    ),
}
TEAM_STATS: dict[str, Column] = {
    **_columns("schedule", _INTEGER, "season week", required=True),
    **_columns("schedule", _TEXT, "team", required=True),
    **_columns("schedule", _TEXT, "opponent_team"),
    **_columns("stats", _NUMBER, "attempts carries sacks_suffered passing_interceptions"),
    **_columns("stats", _NUMBER, "sack_fumbles_lost rushing_fumbles_lost receiving_fumbles_lost"),
    **_columns("stats", _NUMBER, "passing_first_downs rushing_first_downs penalty_yards"),
    **_columns("stats", _NUMBER, "passing_epa rushing_epa"),
}
INJURIES: dict[str, Column] = {
    **_columns("schedule", _INTEGER, "season week", required=True),
    **_columns("schedule", _TEXT, "team", required=True),
    **_columns("schedule", _TEXT, "gsis_id position full_name"),
    **_columns("published", _TEXT, "report_status", required=True),
    **_columns("published", _TEXT, "practice_status"),
    **_columns("published", _TIME, "date_modified"),
}
NOTES: dict[str, Column] = {
    **_columns("schedule", _INTEGER, "season week", required=True),
    **_columns("schedule", _TEXT, "team", required=True),
    **_columns("published", _TEXT, "note_id", required=True),
    **_columns("published", _TIME, "published_at", required=True),
    **_columns("published", _TEXT, "text", required=True),
}
PRICES: dict[str, Column] = {
    **_columns("schedule", _TEXT, "game_id market book moment", required=True),
    **_columns("published", _TIME, "observed_at"),
    **_columns("published", _NUMBER, "line price_yes price_no"),
}
