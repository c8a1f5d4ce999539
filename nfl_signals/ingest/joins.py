"""Referential integrity of the raw tables.

Statistics, injuries and notes belong to a scheduled game, and a played game has statistics. What does not
is left out of every join, and is reported: as known where `known_exceptions.yaml` has a reason, else as
found by a rule of `rules.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from nfl_signals.ingest.known_exceptions import KnownExceptions
from nfl_signals.ingest.quality import Quality

JOINS = "joins"  # under which what is found here is stored, beside the raw tables
STATS_MAY_BE_LATE = timedelta(days=3)  # nflverse publishes nightly; holidays cost a day or two
TEAM_WEEK = ["season", "week", "team"]


@dataclass(frozen=True, kw_only=True)
class JoinReport:
    """Rows without a match, by kind."""

    known: dict[str, str]  # 'table: row' -> reason, from the list of known exceptions
    late: list[str]  # games less than `STATS_MAY_BE_LATE` before `as_of` that lack statistics
    found: tuple[Quality, ...]  # what nothing explains, by table and season


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


def match_tables(
    tables: Mapping[str, pl.DataFrame],
    known: KnownExceptions,
    *,
    as_of: datetime,
    max_share: float = 1.0,
) -> JoinReport:
    """Match `team_stats`, `injuries` and `notes` with `games`, both ways.

    Raises:
        SchemaError: more than `max_share` of a season's rows have no match (`Quality.refuse_too_much`).
    """
    log = _Log(max_share)
    scheduled = team_weeks(tables["games"])
    _orphan_stats(tables["team_stats"], scheduled, known, log)
    for name in ("injuries", "notes"):
        reasons = known.reports if name == "injuries" else {}
        _orphan_reports(name, tables[name], scheduled, reasons, log)
    _games_without_stats(tables["team_stats"], scheduled, known, as_of, log)
    for (name, season), quality in log.found.items():
        rows = tables[name].filter(season=season).height
        quality.refuse_too_much(rows, f"{name} of {season}, against the schedule")
    return JoinReport(known=log.known, late=log.late, found=tuple(log.found.values()))


def against_the_scheduled(team_stats: pl.DataFrame, games: pl.DataFrame) -> pl.DataFrame:
    """Statistics without rows that name another opponent than the schedule's."""
    scheduled = team_weeks(games).select(*TEAM_WEEK, "opponent")
    return (
        team_stats.join(scheduled, on=TEAM_WEEK, how="left", maintain_order="left")
        .filter(~_against_another())
        .drop("opponent")
    )


def _against_another() -> pl.Expr:
    """Whether a row names another opponent; itself is the habit of early seasons, none is no claim."""
    named = pl.col("opponent_team")
    wrong = (named != pl.col("opponent")) & (named != pl.col("team"))
    return wrong.fill_null(value=False)


class _Log:
    """What is found while tables are matched."""

    def __init__(self, max_share: float) -> None:
        self.max_share = max_share
        self.known: dict[str, str] = {}
        self.late: list[str] = []
        self.found: dict[tuple[str, int], Quality] = {}

    def note(self, table: str, rule: str, rows: pl.DataFrame, column: str = "") -> None:
        for (season,), mine in rows.group_by("season", maintain_order=True):
            key = (table, int(season))
            quality = self.found.setdefault(key, Quality(*key, max_share=self.max_share))
            quality.note(rule, mine, column)


def _orphan_stats(
    team_stats: pl.DataFrame, scheduled: pl.DataFrame, known: KnownExceptions, log: _Log
) -> None:
    columns = team_stats.columns
    joined = team_stats.join(scheduled, on=TEAM_WEEK, how="left", maintain_order="left")
    itself = pl.col("opponent_team") == pl.col("team")
    early = pl.col("season") <= known.own_opponent_until
    for row in joined.filter(itself & early).iter_rows(named=True):
        log.known[f"team_stats: {_name(row)}"] = "names itself as opponent; the schedule's is used"
    wrong = _against_another() | (itself & ~early)
    log.note("team_stats", "opponent", joined.filter(wrong).select(columns), "opponent_team")
    log.note("team_stats", "no_game", joined.filter(pl.col("game_id").is_null()).select(columns))


def _orphan_reports(
    table: str,
    reports: pl.DataFrame,
    scheduled: pl.DataFrame,
    reasons: Mapping[tuple[int, int, str], str],
    log: _Log,
) -> None:
    orphans = reports.join(scheduled, on=TEAM_WEEK, how="anti", maintain_order="left")
    for (season, week, team), rows in orphans.sort(TEAM_WEEK).group_by(
        TEAM_WEEK, maintain_order=True
    ):
        reason = reasons.get((season, week, team))
        if reason is None:
            log.note(table, "no_game", rows)
        else:
            log.known[f"{table}: {season} week {week} {team}, {rows.height} rows"] = reason


def _games_without_stats(
    team_stats: pl.DataFrame,
    scheduled: pl.DataFrame,
    known: KnownExceptions,
    as_of: datetime,
    log: _Log,
) -> None:
    reasons = known.games
    played = scheduled.filter(pl.col("result").is_not_null())
    lacking = played.join(team_stats, on=TEAM_WEEK, how="anti").sort("kickoff_at", "team")
    explained = pl.col("game_id").is_in(list(reasons))
    recent = ~explained & (pl.col("kickoff_at") > as_of - STATS_MAY_BE_LATE)
    for row in lacking.filter(explained).iter_rows(named=True):
        log.known[f"games: {row['game_id']} {row['team']}"] = reasons[row["game_id"]]
    for row in lacking.filter(recent).iter_rows(named=True):
        log.late.append(f"games: {row['game_id']} {row['team']}")
    log.note("team_stats", "late_statistics", lacking.filter(~explained))


def _name(row: Mapping[str, object]) -> str:
    return f"{row['season']} week {row['week']} {row['team']}"
