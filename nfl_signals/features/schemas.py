"""Schemas of the gold tables; what each feature is, is `declarations.py`."""

import pandera.polars as pa
import polars as pl

from nfl_signals.core.schema_columns import (
    MARKET,
    SEASON,
    UTC_MICROSECONDS,
    WEEK,
    column,
    price,
    probability,
    within,
)
from nfl_signals.features.decision_prices import DERIVED, RECORDED, STANDARD
from nfl_signals.features.declarations import FEATURES
from nfl_signals.ingest.schemas import MOMENTS, team
from nfl_signals.markets.decision_time import MADE
from nfl_signals.markets.definitions import KEYS

GOLD_MARKETS = pa.DataFrameSchema(
    {
        "game_id": column(pl.String(), "schedule"),
        "market": MARKET,
        "season": SEASON,
        "week": WEEK,
        "kickoff_at": column(UTC_MICROSECONDS, "schedule"),
        "horizon": column(pl.String(), "schedule", pa.Check.isin(list(MADE))),
        "decision_at": column(UTC_MICROSECONDS, "schedule"),
        "line": column(pl.Float64(), "close", nullable=True),
        "price_yes": price(),
        "price_no": price(),
        "p_market": probability("close", nullable=True),
        "price_moment": column(pl.String(), "close", pa.Check.isin(MOMENTS)),
        "price_source": column(pl.String(), "close", pa.Check.isin([RECORDED, STANDARD, DERIVED])),
        "points": column(pl.Float64(), "result", nullable=True),
        "outcome": column(
            pl.String(), "result", pa.Check.isin(["yes", "no", "push"]), nullable=True
        ),
    },
    strict=True,
    unique=[*KEYS, "horizon"],
    name="gold_markets",
)


def gold_features_schema() -> pa.DataFrameSchema:
    """Keys and every declared feature, complete and within its bounds."""
    return pa.DataFrameSchema(
        {
            "game_id": column(pl.String(), "schedule"),
            "team_id": team(),
            "opponent_id": team(),
            "season": SEASON,
            "week": WEEK,
            "kickoff_at": column(UTC_MICROSECONDS, "schedule"),
            "is_home": column(pl.Boolean(), "schedule"),
            **{f.name: column(pl.Float64(), f.known_at, within(f.bounds)) for f in FEATURES},
        },
        strict=True,
        unique=["game_id", "team_id"],
        name="gold_features",
    )
