"""One pandera schema per boundary.

Each column's `metadata` carries `known_at`: when, relative to kickoff, its value exists
(`release_columns.KnownAt`). Rules across tables (joins) are `raw.py`; feature definitions are
`feature_list.py`; checking a frame against a schema is `boundary.py`.
"""

from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from nfl_signals.feature_list import FEATURES
from nfl_signals.markets import MARKETS
from nfl_signals.signal_list import SIGNALS
from nfl_signals.teams import TEAM_IDS

UTC_MICROSECONDS = pl.Datetime("us", "UTC")


def column(
    dtype: pl.DataType,
    known_at: str,
    *checks: pa.Check,
    nullable: bool = False,
    unique: bool = False,
) -> pa.Column:
    """A typed column that says when its value is known."""
    return pa.Column(
        dtype, list(checks), nullable=nullable, unique=unique, metadata={"known_at": known_at}
    )


def _probability(known_at: str, *, nullable: bool = False) -> pa.Column:
    return column(pl.Float64(), known_at, pa.Check.in_range(0.0, 1.0), nullable=nullable)


def _team(known_at: str = "schedule") -> pa.Column:
    return column(pl.String(), known_at, pa.Check.isin(sorted(TEAM_IDS), error="a known team code"))


def _price() -> pa.Column:
    american = pa.Check(
        lambda data: data.lazyframe.select(pl.col(data.key).abs() >= 100),
        error="American odds: at most -100 or at least +100",
    )
    return column(pl.Float64(), "close", american, nullable=True)


def _score() -> pa.Column:
    return column(
        pl.Float64(), "result", pa.Check.ge(0, error="a score of 0 or more"), nullable=True
    )


_SEASON = column(pl.Int32(), "schedule", pa.Check.in_range(1920, 2100))
_WEEK = column(pl.Int32(), "schedule", pa.Check.in_range(1, 30))

RAW_GAMES = pa.DataFrameSchema(
    {
        "game_id": column(pl.String(), "schedule", unique=True),
        "season": _SEASON,
        "week": _WEEK,
        "game_type": column(
            pl.String(), "schedule", pa.Check.isin(["REG", "WC", "DIV", "CON", "SB"])
        ),
        "kickoff_at": column(UTC_MICROSECONDS, "schedule"),
        "home_team": _team(),
        "away_team": _team(),
        "is_neutral": column(pl.Boolean(), "schedule"),
        "is_divisional": column(pl.Boolean(), "schedule"),
        "is_covered": column(pl.Boolean(), "schedule"),
        "home_qb_id": column(pl.String(), "starters", nullable=True),
        "away_qb_id": column(pl.String(), "starters", nullable=True),
        "home_score": _score(),
        "away_score": _score(),
        "result": column(pl.Float64(), "result", nullable=True),
        "total": _score(),
        "spread_line": column(pl.Float64(), "close", pa.Check.in_range(-40, 40), nullable=True),
        "total_line": column(pl.Float64(), "close", pa.Check.in_range(10, 100), nullable=True),
        "home_moneyline": _price(),
        "away_moneyline": _price(),
        "home_spread_odds": _price(),
        "away_spread_odds": _price(),
        "over_odds": _price(),
        "under_odds": _price(),
    },
    strict=True,
    name="raw_games",
)

_COUNT = column(pl.Float64(), "stats", pa.Check.ge(0))

RAW_TEAM_STATS = pa.DataFrameSchema(
    {
        "season": _SEASON,
        "week": _WEEK,
        "team": _team(),
        "opponent_team": _team(),
        "attempts": _COUNT,
        "carries": _COUNT,
        "sacks_suffered": _COUNT,
        "passing_interceptions": _COUNT,
        "sack_fumbles_lost": _COUNT,
        "rushing_fumbles_lost": _COUNT,
        "receiving_fumbles_lost": _COUNT,
        "passing_first_downs": _COUNT,
        "rushing_first_downs": _COUNT,
        "penalty_yards": _COUNT,
        "passing_epa": column(pl.Float64(), "stats", nullable=True),
        "rushing_epa": column(pl.Float64(), "stats", nullable=True),
    },
    strict=True,
    unique=["season", "week", "team"],
    name="raw_team_stats",
)

RAW_INJURIES = pa.DataFrameSchema(
    {
        "season": _SEASON,
        "week": _WEEK,
        "team": _team(),
        "gsis_id": column(pl.String(), "schedule"),
        "position": column(pl.String(), "schedule", nullable=True),
        "full_name": column(pl.String(), "schedule", nullable=True),
        "report_status": column(
            pl.String(),
            "published",
            pa.Check.isin(["Out", "Doubtful", "Questionable", "Probable", "Note"]),
            nullable=True,
        ),
        "practice_status": column(pl.String(), "published", nullable=True),
        "date_modified": column(UTC_MICROSECONDS, "published", nullable=True),
    },
    strict=True,
    unique=["season", "week", "team", "gsis_id"],
    name="raw_injuries",
)

RAW_NOTES = pa.DataFrameSchema(
    {
        "season": _SEASON,
        "week": _WEEK,
        "team": _team(),
        "note_id": column(pl.String(), "published", unique=True),
        "published_at": column(UTC_MICROSECONDS, "published"),
        "text": column(pl.String(), "published"),
    },
    strict=True,
    name="raw_notes",
)

_MARKET = column(pl.String(), "schedule", pa.Check.isin(sorted(MARKETS)))

GOLD_MARKETS = pa.DataFrameSchema(
    {
        "game_id": column(pl.String(), "schedule"),
        "market": _MARKET,
        "season": _SEASON,
        "week": _WEEK,
        "kickoff_at": column(UTC_MICROSECONDS, "schedule"),
        "line": column(pl.Float64(), "close", nullable=True),
        "price_yes": _price(),
        "price_no": _price(),
        "p_market": _probability("close", nullable=True),
        "points": column(pl.Float64(), "result", nullable=True),
        "outcome": column(
            pl.String(), "result", pa.Check.isin(["yes", "no", "push"]), nullable=True
        ),
    },
    strict=True,
    unique=["game_id", "market"],
    name="gold_markets",
)


def gold_features_schema() -> pa.DataFrameSchema:
    """Keys and every declared feature, complete and finite."""
    finite = pa.Check(
        lambda data: data.lazyframe.select(pl.col(data.key).is_finite()), error="finite"
    )
    return pa.DataFrameSchema(
        {
            "game_id": column(pl.String(), "schedule"),
            "team_id": _team(),
            "opponent_id": _team(),
            "season": _SEASON,
            "week": _WEEK,
            "kickoff_at": column(UTC_MICROSECONDS, "schedule"),
            "is_home": column(pl.Boolean(), "schedule"),
            **{f.name: column(pl.Float64(), f.known_at, finite) for f in FEATURES},
        },
        strict=True,
        unique=["game_id", "team_id"],
        name="gold_features",
    )


def _signal(lowest: float) -> pa.Column:
    """A reader's number; its time is that of the newest document that it read."""
    finite = pa.Check.in_range(lowest, 1.0)  # a NaN lies outside every range
    return column(pl.Float64(), "published", finite, nullable=True)


_MISSING_TOGETHER = pa.Check(
    lambda data: data.lazyframe.select(
        pl.all_horizontal(
            pl.col(name).is_null() != pl.col("available")
            for name in ("quarterback", "offense", "defense", "confidence")
        )
    ),
    error="numbers exactly where signals are available",
)
_BEFORE_KICKOFF = pa.Check(
    lambda data: data.lazyframe.select(
        (pl.col("known_at") < pl.col("kickoff_at")).fill_null(pl.col("n_documents") == 0)
    ),
    error="documents known before kickoff",
)

LLM_SIGNALS = pa.DataFrameSchema(
    {
        "game_id": column(pl.String(), "schedule"),
        "team_id": _team(),
        "season": _SEASON,
        "week": _WEEK,
        "kickoff_at": column(UTC_MICROSECONDS, "schedule"),
        "available": column(pl.Boolean(), "published"),
        "reason": column(pl.String(), "published"),
        "n_documents": column(pl.Int32(), "published", pa.Check.ge(0)),
        "provider": column(pl.String(), "schedule"),
        "quarterback": _signal(-1.0),
        "offense": _signal(-1.0),
        "defense": _signal(-1.0),
        "confidence": _signal(0.0),
        "documents_hash": column(pl.String(), "published"),
        "known_at": column(UTC_MICROSECONDS, "published", nullable=True),
    },
    checks=[_MISSING_TOGETHER, _BEFORE_KICKOFF],
    strict=True,
    unique=["game_id", "team_id"],
    name="llm_signals",
)

OOF = pa.DataFrameSchema(
    {
        "game_id": column(pl.String(), "schedule"),
        "market": _MARKET,
        "learner": column(pl.String(), "schedule"),
        "scheme": column(pl.String(), "schedule", pa.Check.isin(["walk_forward", "purged_kfold"])),
        "fold": column(pl.Int32(), "schedule"),
        "p_hat": _probability("close"),
        "p_push": _probability("close"),
    },
    strict=True,
    unique=["game_id", "market", "learner", "scheme"],
    name="oof_predictions",
)


def stacked_schema(learners: Sequence[str]) -> pa.DataFrameSchema:
    """Schema of the walk-forward stacked predictions for the given base learners."""
    inputs = ["market", *learners]
    signal = pa.Check.in_range(-2.0, 2.0)
    return pa.DataFrameSchema(
        {
            "game_id": column(pl.String(), "schedule"),
            "market": _MARKET,
            "season": _SEASON,
            "week": _WEEK,
            "kickoff_at": column(UTC_MICROSECONDS, "schedule"),
            **{f"p_{name}": _probability("close") for name in inputs},
            **{
                f"signal_{name}": column(pl.Float64(), "published", signal, nullable=True)
                for name in SIGNALS
            },
            "llm_available": column(pl.Boolean(), "published"),
            "weight_intercept": column(pl.Float64(), "close"),
            **{f"weight_{name}": column(pl.Float64(), "close") for name in [*inputs, *SIGNALS]},
            "p_raw": _probability("close"),
            "calibrator": column(pl.String(), "close"),
            "p_calibrated": _probability("close"),
            "venn_abers_low": _probability("close"),
            "venn_abers_high": _probability("close"),
            "p_hat": _probability("close"),
            "p_push": _probability("close"),
        },
        strict=True,
        unique=["game_id", "market"],
        name="stacked_predictions",
    )
