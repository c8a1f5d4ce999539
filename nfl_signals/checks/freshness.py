"""Do outcomes reach the metrics in time?"""

from typing import Any

import polars as pl

from nfl_signals.core.errors import StaleDataError
from nfl_signals.monitoring.steps import graded_ledger
from nfl_signals.predictions.notices import overdue, results_missing
from nfl_signals.workspace.run_context import RunContext


def outcomes_fresh(context: RunContext) -> dict[str, Any]:
    """Every game of book production is graded, and measured, a day after it ended.

    Raises:
        StaleDataError: a result is missing, or the metrics are older than it.
    """
    if not context.paths.ledger.exists():
        return {"graded": 0}
    forecasts = graded_ledger(context).filter(book="production")
    missing = results_missing(forecasts, context.as_of, "outcome")
    if missing.height:
        games = missing["game_id"].unique().sort().to_list()
        raise StaleDataError(
            f"{len(games)} games without a result a day after their end ({', '.join(games[:3])}): "
            "the source is late or ingestion failed; run the job daily_outcomes."
        )
    graded = forecasts.filter(overdue(context.as_of), pl.col("outcome").is_not_null())
    evidence = context.read(context.paths.weekly_evidence).filter(book="production")
    newest = pl.concat([graded["kickoff_at"], evidence["week_end_at"]]).max()
    if graded.height and evidence["week_end_at"].max() != newest:
        raise StaleDataError(
            f"{context.paths.weekly_evidence}: older than the newest graded game; materialize "
            "calibration_metrics."
        )
    return {"graded": graded.height}
