"""Schemas of the raw tables; rules across tables are `joins.py`."""

import pandera.polars as pa
import polars as pl

from nfl_signals.core.schema_columns import (
    MARKET,
    SEASON,
    UTC_MICROSECONDS,
    WEEK,
    column,
    price,
    within,
)
from nfl_signals.ingest.release_columns import GAMES, TEAM_STATS
from nfl_signals.ingest.teams import TEAM_IDS
from nfl_signals.markets import bounds
from nfl_signals.markets.definitions import LINES, PRICES


def team(known_at: str = "schedule", *, nullable: bool = False, rule: str = "team") -> pa.Column:
    """A current team code."""
    known = pa.Check.isin(sorted(TEAM_IDS), error="a known team code")
    return column(pl.String(), known_at, known, nullable=nullable, rule=rule)


def _number(known_at: str, limits: bounds.Bounds, *, rule: str = "unusable_value") -> pa.Column:
    return column(pl.Float64(), known_at, within(limits), nullable=True, rule=rule)


def _statistic(name: str) -> bounds.Bounds:
    if name.endswith("_epa"):
        return bounds.EPA
    return bounds.YARDS if name.endswith("_yards") else bounds.PLAYS


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
        "home_score": _number("result", bounds.SCORE),
        "away_score": _number("result", bounds.SCORE),
        "result": _number("result", bounds.MARGIN),
        "total": _number("result", bounds.BOTH_SCORES),
        **{name: _number("close", bounds.QUOTES[name], rule="impossible_line") for name in LINES},
        **{name: price() for name in GAMES if name in PRICES},
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
            name: _number("stats", _statistic(name))
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


MOMENTS = ("open", "snapshot", "close")
RAW_PRICES = pa.DataFrameSchema(
    {
        "game_id": column(pl.String(), "schedule"),
        "market": MARKET,
        "book": column(pl.String(), "schedule"),
        "moment": column(pl.String(), "schedule", pa.Check.isin(MOMENTS)),
        "observed_at": column(UTC_MICROSECONDS, "published", nullable=True),
        "line": column(pl.Float64(), "published"),
        "price_yes": price("published"),
        "price_no": price("published"),
    },
    strict=True,
    name="raw_prices",
)
