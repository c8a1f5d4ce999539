"""What is read from each release table: source column, type, and when its value is known.

Source of names and meanings: the nflverse data dictionaries (schedules, team stats, injuries).
Upstream types drift from season to season; every column is cast to the type stated here, and a
value that does not survive the cast is an error that names file, row and column.
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl

# When a value becomes known, relative to the game it belongs to.
KnownAt = Literal["schedule", "week", "starters", "close", "result", "stats", "published"]


@dataclass(frozen=True)
class Column:
    """One column of a release table.

    Attributes:
        dtype: type after normalisation.
        known_at: schedule (before the season's week), week (days before kickoff), starters (90
            minutes before kickoff), close (at kickoff), result (after the game), stats (the day
            after), published (own time stamp).
        required: a missing column is an error; otherwise it is filled with nulls.
    """

    dtype: pl.DataType
    known_at: KnownAt
    required: bool = True


GAMES: dict[str, Column] = {
    "game_id": Column(pl.String(), "schedule"),
    "season": Column(pl.Int32(), "schedule"),
    "week": Column(pl.Int32(), "schedule"),
    "game_type": Column(pl.String(), "schedule"),
    "gameday": Column(pl.String(), "schedule"),
    "gametime": Column(pl.String(), "schedule"),
    "home_team": Column(pl.String(), "schedule"),
    "away_team": Column(pl.String(), "schedule"),
    "location": Column(pl.String(), "schedule"),
    "div_game": Column(pl.Int32(), "schedule"),
    "roof": Column(pl.String(), "schedule"),
    "stadium_id": Column(pl.String(), "schedule", required=False),
    "home_qb_id": Column(pl.String(), "starters"),
    "away_qb_id": Column(pl.String(), "starters"),
    "home_score": Column(pl.Float64(), "result"),
    "away_score": Column(pl.Float64(), "result"),
    "result": Column(pl.Float64(), "result"),
    "total": Column(pl.Float64(), "result"),
    "spread_line": Column(pl.Float64(), "close"),
    "total_line": Column(pl.Float64(), "close"),
    "home_moneyline": Column(pl.Float64(), "close"),
    "away_moneyline": Column(pl.Float64(), "close"),
    "home_spread_odds": Column(pl.Float64(), "close"),
    "away_spread_odds": Column(pl.Float64(), "close"),
    "over_odds": Column(pl.Float64(), "close"),
    "under_odds": Column(pl.Float64(), "close"),
}

TEAM_STATS: dict[str, Column] = {
    "season": Column(pl.Int32(), "schedule"),
    "week": Column(pl.Int32(), "schedule"),
    "team": Column(pl.String(), "schedule"),
    "opponent_team": Column(pl.String(), "schedule"),
    "attempts": Column(pl.Float64(), "stats"),
    "carries": Column(pl.Float64(), "stats"),
    "sacks_suffered": Column(pl.Float64(), "stats"),
    "passing_interceptions": Column(pl.Float64(), "stats"),
    "sack_fumbles_lost": Column(pl.Float64(), "stats"),
    "rushing_fumbles_lost": Column(pl.Float64(), "stats"),
    "receiving_fumbles_lost": Column(pl.Float64(), "stats"),
    "passing_first_downs": Column(pl.Float64(), "stats"),
    "rushing_first_downs": Column(pl.Float64(), "stats"),
    "penalty_yards": Column(pl.Float64(), "stats"),
    "passing_epa": Column(pl.Float64(), "stats"),
    "rushing_epa": Column(pl.Float64(), "stats"),
}

INJURIES: dict[str, Column] = {
    "season": Column(pl.Int32(), "schedule"),
    "week": Column(pl.Int32(), "schedule"),
    "team": Column(pl.String(), "schedule"),
    "gsis_id": Column(pl.String(), "schedule"),
    "position": Column(pl.String(), "schedule"),
    "full_name": Column(pl.String(), "schedule"),
    "report_status": Column(pl.String(), "published"),
    "practice_status": Column(pl.String(), "published"),
    "date_modified": Column(pl.Datetime("us", "UTC"), "published"),
}

NOTES: dict[str, Column] = {
    "season": Column(pl.Int32(), "schedule"),
    "week": Column(pl.Int32(), "schedule"),
    "team": Column(pl.String(), "schedule"),
    "note_id": Column(pl.String(), "published"),
    "published_at": Column(pl.Datetime("us", "UTC"), "published"),
    "text": Column(pl.String(), "published"),
}
