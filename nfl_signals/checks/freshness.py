"""Do outcomes reach the metrics in time?"""

from datetime import timedelta
from typing import Any

import polars as pl

from nfl_signals.core.errors import StaleDataError
from nfl_signals.ingest.history import RESULT_DELAY
from nfl_signals.monitoring.steps import graded_ledger
from nfl_signals.workspace.run_context import RunContext

DEADLINE = timedelta(hours=24)
GIVEN_UP = timedelta(days=14)  # a game without a result for so long was cancelled


def outcomes_fresh(context: RunContext) -> dict[str, Any]:
    """Every game of book production is graded, and measured, a day after it ended.

    Raises:
        StaleDataError: a result is missing, or the metrics are older than it.
    """
    if not context.paths.ledger.exists():
        return {"graded": 0}
    forecasts = graded_ledger(context).filter(book="production")
    ended = pl.col("kickoff_at") + RESULT_DELAY
    overdue = ended + DEADLINE <= context.as_of
    expected = overdue & (ended + GIVEN_UP > context.as_of)
    missing = forecasts.filter(expected, pl.col("outcome").is_null())
    if missing.height:
        games = missing["game_id"].unique().sort().to_list()
        raise StaleDataError(
            f"{len(games)} games without a result a day after their end ({', '.join(games[:3])}): "
            "the source is late or ingestion failed; run the job daily_outcomes."
        )
    graded = forecasts.filter(overdue & pl.col("outcome").is_not_null())
    evidence = context.read(context.paths.weekly_evidence).filter(book="production")
    newest = pl.concat([graded["kickoff_at"], evidence["week_end_at"]]).max()
    if graded.height and evidence["week_end_at"].max() != newest:
        raise StaleDataError(
            f"{context.paths.weekly_evidence}: older than the newest graded game; materialize "
            "calibration_metrics."
        )
    return {"graded": graded.height}
