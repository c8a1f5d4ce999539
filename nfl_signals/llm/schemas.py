"""Schema of the signals that documents become."""

import pandera.polars as pa
import polars as pl

from nfl_signals.core.schema_columns import SEASON, UTC_MICROSECONDS, WEEK, column, within
from nfl_signals.ingest.schemas import team
from nfl_signals.markets.bounds import SHARE, SIGNAL, Bounds


def _signal(limits: Bounds) -> pa.Column:
    """A reader's number; its time is that of the newest document that it read."""
    return column(pl.Float64(), "published", within(limits), nullable=True)


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
        "team_id": team(),
        "season": SEASON,
        "week": WEEK,
        "kickoff_at": column(UTC_MICROSECONDS, "schedule"),
        "available": column(pl.Boolean(), "published"),
        "reason": column(pl.String(), "published"),
        "n_documents": column(pl.Int32(), "published", pa.Check.ge(0)),
        "provider": column(pl.String(), "schedule"),
        **{name: _signal(SIGNAL) for name in ("quarterback", "offense", "defense")},
        "confidence": _signal(SHARE),
        "documents_hash": column(pl.String(), "published"),
        "known_at": column(UTC_MICROSECONDS, "published", nullable=True),
    },
    checks=[_MISSING_TOGETHER, _BEFORE_KICKOFF],
    strict=True,
    unique=["game_id", "team_id"],
    name="llm_signals",
)
