"""Schemas of the raw tables; rules across tables are `joins.py`."""

import pandera.polars as pa
import polars as pl

from nfl_signals.core.schema_columns import SEASON, UTC_MICROSECONDS, WEEK, column, price
from nfl_signals.ingest.release_columns import GAMES, TEAM_STATS
from nfl_signals.ingest.teams import TEAM_IDS


def team(known_at: str = "schedule", *, nullable: bool = False, rule: str = "team") -> pa.Column:
    """A current team code."""
    known = pa.Check.isin(sorted(TEAM_IDS), error="a known team code")
    return column(pl.String(), known_at, known, nullable=nullable, rule=rule)


def _line(low: float, high: float) -> pa.Column:
    between = pa.Check.in_range(low, high)
    return column(pl.Float64(), "close", between, nullable=True, rule="impossible_line")


def _score() -> pa.Column:
    return column(pl.Float64(), "result", pa.Check.in_range(0, 200, error="a score"), nullable=True)


RAW_GAMES = pa.DataFrameSchema(
    {
        "game_id": column(pl.String(), "schedule", unique=True),
        "season": SEASON,
        "week": WEEK,
        "game_type": column(
            pl.String(),
            "schedule",
            pa.Check.isin(["REG", "WC", "DIV", "CON", "SB"]),
            rule="game_type",
        ),
        "kickoff_at": column(UTC_MICROSECONDS, "schedule"),
        "home_team": team(),
        "away_team": team(),
        "is_neutral": column(pl.Boolean(), "schedule"),
        "is_divisional": column(pl.Boolean(), "schedule"),
        "is_covered": column(pl.Boolean(), "schedule"),
        "home_qb_id": column(pl.String(), "starters", nullable=True),
        "away_qb_id": column(pl.String(), "starters", nullable=True),
        "home_score": _score(),
        "away_score": _score(),
        "result": column(pl.Float64(), "result", nullable=True),
        "total": _score(),
        "spread_line": _line(-40, 40),
        "total_line": _line(10, 100),
        **{name: price() for name in GAMES if name.endswith(("moneyline", "odds"))},
    },
    strict=True,
    name="raw_games",
)


RAW_TEAM_STATS = pa.DataFrameSchema(
    {
        "season": SEASON,
        "week": WEEK,
        "team": team(),
        "opponent_team": team(nullable=True, rule="unusable_value"),
        **{
            name: column(
                pl.Float64(),
                "stats",
                pa.Check.in_range(-150, 150)
                if name.endswith("_epa")
                else pa.Check.in_range(0, 500),
                nullable=True,
            )
            for name, spec in TEAM_STATS.items()
            if spec.known_at == "stats"
        },
    },
    strict=True,
    unique=["season", "week", "team"],
    name="raw_team_stats",
)


RAW_INJURIES = pa.DataFrameSchema(
    {
        "season": SEASON,
        "week": WEEK,
        "team": team(),
        "gsis_id": column(pl.String(), "schedule"),
        "position": column(pl.String(), "schedule", nullable=True),
        "full_name": column(pl.String(), "schedule", nullable=True),
        "report_status": column(
            pl.String(),
            "published",
            pa.Check.isin(["Out", "Doubtful", "Questionable", "Probable", "Note"]),
            nullable=True,
            rule="report_status",
        ),
        "practice_status": column(pl.String(), "published", nullable=True),
        "date_modified": column(UTC_MICROSECONDS, "published", nullable=True),
    },
    strict=True,
    unique=["season", "week", "team", "gsis_id", "date_modified"],
    name="raw_injuries",
)


RAW_NOTES = pa.DataFrameSchema(
    {
        "season": SEASON,
        "week": WEEK,
        "team": team(),
        "note_id": column(pl.String(), "published", unique=True),
        "published_at": column(UTC_MICROSECONDS, "published"),
        "text": column(pl.String(), "published"),
    },
    strict=True,
    name="raw_notes",
)
