"""Steps of monitoring: grade the ledger, measure calibration, store both.

What is stored also makes the next update cheap: windows whose games have not changed are taken from
it. It never decides a number, so a file that is missing, unreadable or of another version costs a
full computation and nothing else, wherever an earlier update was killed.
"""

import logging
from datetime import datetime

import polars as pl

from nfl_signals.core.errors import InputError
from nfl_signals.core.files import write_parquet
from nfl_signals.features.settled_games import settled_games
from nfl_signals.ingest.history import RESULT_DELAY
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring import grading, ledger
from nfl_signals.monitoring.calibration_metrics import (
    METRICS_SCHEMA,
    calibration_metrics,
    reliability_table,
)
from nfl_signals.monitoring.closing_line_value import with_closing_line_value
from nfl_signals.monitoring.noted import require_noted_heads
from nfl_signals.monitoring.signatures import sign
from nfl_signals.monitoring.weekly_evidence import evidence_path
from nfl_signals.workspace.run_context import RunContext

_log = logging.getLogger(__name__)


def graded_ledger(context: RunContext) -> pl.DataFrame:
    """Ledger rows with outcomes and closes known at the run's `as_of`; see `graded_at`.

    Raises:
        InputError: there is no ledger yet.
    """
    rows = context.load(context.paths.ledger, ledger.read)
    return context.derive(graded_at, rows, context.closing, context.as_of)


def append_signed(context: RunContext, rows: pl.DataFrame) -> ledger.AppendResult:
    """Append rows and, where there is a key, sign what the ledger is then; see `ledger.append`.

    The first row of an id stays: a prediction that is in the ledger already is not appended again.

    Raises:
        RewrittenError: the ledger is not what was noted or signed; nothing is appended.
    """
    require_noted_heads(context)
    appended = ledger.append(context.paths.ledger, rows, first_stays=True)
    if key := context.settings.ledger_key:
        sign(context.paths.signatures, appended, key=key, clock=context.moment.clock)
    return appended


def graded_at(rows: pl.DataFrame, closing: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Ledger rows with outcomes and closing-line values known at an instant, one per model and game.

    Backdated rows are left out: what they knew cannot be shown.
    """
    known = pl.col("kickoff_at") + RESULT_DELAY <= as_of
    points = closing.select("game_id", "market", pl.when(known).then("points"))
    wide = points.pivot(on="market", index="game_id", values="points")
    # Markets with one outcome column have the same points.
    outcomes = wide.select("game_id", **{m.outcome_column: m.name for m in MARKETS.values()})
    counted = rows.filter(pl.col("period_flag") != ledger.BACKDATED)
    graded = grading.judged_forecasts(grading.grade(counted, outcomes))
    over = closing.filter(known)
    return with_closing_line_value(graded, over, settled_games(over))


def read_metrics(context: RunContext) -> pl.DataFrame:
    """Stored rows of `calibration_metrics`.

    Raises:
        InputError: there are none yet, or they were measured by another version.
    """
    metrics = context.read(context.paths.calibration)
    if metrics.schema != METRICS_SCHEMA:
        raise InputError(
            f"{context.paths.calibration}: written by another version; materialize "
            "calibration_metrics again."
        )
    return metrics


def update_metrics(context: RunContext) -> pl.DataFrame:
    """Rolling calibration of the ledger as it is now; stores metrics, reliability and evidence."""
    graded, seed = graded_ledger(context), context.settings.seed
    weeks = context.settings.monitor.window_weeks
    try:
        stored = read_metrics(context)
    except InputError:
        stored = None
    metrics = calibration_metrics(graded, window_weeks=weeks, seed=seed, stored=stored)
    write_parquet(context.paths.calibration, metrics)
    curves = reliability_table(graded, window_weeks=weeks, seed=seed)
    write_parquet(context.paths.reliability, curves)
    write_parquet(context.paths.weekly_evidence, context.derive(evidence_path, graded))
    n = graded["outcome"].count()
    _log.info("calibration: %d windows of %d graded forecasts", metrics.height, n)
    return metrics
