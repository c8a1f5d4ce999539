"""Referential integrity of the raw tables.

Statistics, injuries and notes must belong to a scheduled game, and a played game must have
statistics. What is tolerated is listed in `known_exceptions.py` with a reason; anything else is an
error that names the row.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from nfl_signals.core.errors import JoinError
from nfl_signals.ingest.known_exceptions import (
    GAMES_WITHOUT_STATS,
    INJURIES_WITHOUT_GAME,
    LAST_SEASON_WITH_SELF_OPPONENT,
)

STATS_MAY_BE_LATE = timedelta(days=3)  # nflverse publishes nightly; holidays cost a day or two
TEAM_WEEK = ["season", "week", "team"]


@dataclass(frozen=True, kw_only=True)
class JoinReport:
    """Rows without a match, by kind; all of them explained."""

    known: dict[str, str]  # 'table: row' -> reason, from the list of known exceptions
    late: list[str]  # games less than `STATS_MAY_BE_LATE` before `as_of` that lack statistics


def team_weeks(games: pl.DataFrame) -> pl.DataFrame:
    """Two rows per game: game_id, season, week, kickoff_at, team, opponent, is_home, result."""
    shared = ["game_id", "season", "week", "kickoff_at", "result"]
    home = games.select(*shared, team="home_team", opponent="away_team", is_home=pl.lit(value=True))
    away = games.select(
        *shared, team="away_team", opponent="home_team", is_home=pl.lit(value=False)
    )
    return pl.concat([home, away]).sort("kickoff_at", "game_id", "is_home")


def team_kickoffs(games: pl.DataFrame) -> pl.DataFrame:
    """Kickoff of each team's game: season, week, team, kickoff_at; two rows per game."""
    return team_weeks(games).select(*TEAM_WEEK, "kickoff_at")


def check_references(
    games: pl.DataFrame,
    team_stats: pl.DataFrame,
    injuries: pl.DataFrame,
    notes: pl.DataFrame,
    *,
    as_of: datetime,
) -> JoinReport:
    """Match every table with the schedule, both ways; JoinError for a row that nothing explains."""
    scheduled = team_weeks(games)
    known = _orphan_stats(team_stats, scheduled)
    known |= _orphan_reports("injuries", injuries, scheduled, INJURIES_WITHOUT_GAME)
    known |= _orphan_reports("notes", notes, scheduled, {})
    missing, late = _games_without_stats(team_stats, scheduled, as_of)
    return JoinReport(known=known | missing, late=late)


def _orphan_stats(team_stats: pl.DataFrame, scheduled: pl.DataFrame) -> dict[str, str]:
    known: dict[str, str] = {}
    joined = team_stats.join(scheduled, on=TEAM_WEEK, how="left")
    for row in joined.filter(pl.col("opponent_team") != pl.col("opponent")).iter_rows(named=True):
        self_opponent = row["opponent_team"] == row["team"]
        if not (self_opponent and row["season"] <= LAST_SEASON_WITH_SELF_OPPONENT):
            raise JoinError(
                f"team_stats: {_name(row)} names opponent {row['opponent_team']}, the schedule says "
                f"{row['opponent']} ({row['game_id']}); correct the source."
            )
        known[f"team_stats: {_name(row)}"] = "names itself as opponent; the schedule's is used"
    for row in joined.filter(pl.col("game_id").is_null()).iter_rows(named=True):
        raise JoinError(
            f"team_stats: {_name(row)} has no game in the schedule; add it to known_exceptions.py "
            "with its reason, or correct the source."
        )
    return known


def _orphan_reports(
    table: str,
    reports: pl.DataFrame,
    scheduled: pl.DataFrame,
    exceptions: dict[tuple[int, int, str], str],
) -> dict[str, str]:
    known: dict[str, str] = {}
    orphans = reports.join(scheduled, on=TEAM_WEEK, how="anti").group_by(TEAM_WEEK).len()
    for row in orphans.sort(TEAM_WEEK).iter_rows(named=True):
        reason = exceptions.get((row["season"], row["week"], row["team"]))
        if reason is None:
            raise JoinError(
                f"{table}: {_name(row)} ({row['len']} rows) has no game in the schedule; add it to "
                "known_exceptions.py with its reason, or correct the source."
            )
        known[f"{table}: {_name(row)}, {row['len']} rows"] = reason
    return known


def _games_without_stats(
    team_stats: pl.DataFrame, scheduled: pl.DataFrame, as_of: datetime
) -> tuple[dict[str, str], list[str]]:
    known: dict[str, str] = {}
    late: list[str] = []
    played = scheduled.filter(pl.col("result").is_not_null())
    lacking = played.join(team_stats, on=TEAM_WEEK, how="anti").sort("kickoff_at", "team")
    for row in lacking.iter_rows(named=True):
        name = f"games: {row['game_id']} {row['team']}"
        if row["game_id"] in GAMES_WITHOUT_STATS:
            known[name] = GAMES_WITHOUT_STATS[row["game_id"]]
        elif row["kickoff_at"] > as_of - STATS_MAY_BE_LATE:
            late.append(name)
        else:
            raise JoinError(
                f"{name} was played {row['kickoff_at']:%Y-%m-%d} but team_stats has no row for it; "
                "fetch the statistics again, or add it to known_exceptions.py with its reason."
            )
    return known, late


def _name(row: dict[str, object]) -> str:
    return f"{row['season']} week {row['week']} {row['team']}"
