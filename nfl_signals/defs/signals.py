"""Predictions, ledger, calibration metrics, alerts and reports: what people and checks read."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from nfl_signals.alerts.steps import send_alerts, update_alerts
from nfl_signals.core.settings import describe
from nfl_signals.defs.models import BASELINES, GOLD
from nfl_signals.defs.resources import Run
from nfl_signals.defs.tables import Result, asset, table_result
from nfl_signals.monitoring.noted import ledger_head
from nfl_signals.monitoring.steps import update_metrics
from nfl_signals.predictions.challenger import challenge_upcoming
from nfl_signals.predictions.notices import notices
from nfl_signals.predictions.summary import champion_line, served_model_line
from nfl_signals.predictions.upcoming import append_to_ledger, predict_upcoming
from nfl_signals.predictions.week import skipped_games
from nfl_signals.reports.steps import (
    report_ablation,
    report_backtest,
    report_baselines,
    report_dashboard,
    report_week,
)

SIGNAL: dict[str, Any] = {"group_name": "signals"}
TABLE = {"polars", "parquet"}
# The job daily_outcomes starts at 10:00; two hours later yesterday's games must be in the metrics.
DAILY_IN_SEASON = dg.FreshnessPolicy.cron(
    deadline_cron="0 12 * 9-12,1-2 *",
    lower_bound_delta=timedelta(hours=23),
    timezone="America/New_York",
)


@asset(**SIGNAL, kinds=TABLE, deps=[*GOLD, "llm_signals", "ensemble", "promotion"])
def upcoming_predictions(run_context: Run) -> Result:
    """The next week's games by the model that is served; the challenger's go to the shadow book.

    Reads the ledger of earlier runs for `period_flag`; this run's ledger follows.
    """
    upcoming = predict_upcoming(run_context)
    challenge = challenge_upcoming(run_context)
    skipped = skipped_games(run_context.markets, run_context.moment)
    missing = notices(run_context.markets, upcoming, run_context.moment)
    return table_result(
        upcoming,
        {
            "serving": served_model_line(run_context),
            "champion": champion_line(run_context) or "none yet",
            "challenger": challenge.sentence,
            "as_of": describe(run_context.as_of),
            "notices": dg.MetadataValue.md("\n".join(f"- {line}" for line in missing) or "none"),
            **{f"skipped_{name}": len(games) for name, games in skipped.items()},
        },
        stored=run_context.paths.upcoming,
    )


@asset(
    **SIGNAL,
    kinds=TABLE,
    deps=["oof_predictions", "calibrated_predictions", "upcoming_predictions"],
)
def ledger(run_context: Run) -> Result:
    """Sealed, append-only predictions: production, and the walk-forward in the shadow book."""
    counts = append_to_ledger(run_context)
    total = counts.pop("total")
    new = {f"new_rows_{book}": rows for book, rows in counts.items()}
    head = {"head": ledger_head(run_context) or "none"}
    return dg.MaterializeResult(metadata={"dagster/row_count": total, **new, **head})


@asset(**SIGNAL, kinds=TABLE, deps=["ledger", "gold_markets"], freshness_policy=DAILY_IN_SEASON)
def calibration_metrics(run_context: Run) -> Result:
    """Rolling Brier, log loss, calibration error and reliability of every series and version."""
    metrics = update_metrics(run_context)
    return table_result(metrics, stored=run_context.paths.calibration)


@asset(**SIGNAL, kinds=TABLE, deps=["ledger", "gold_markets", "promotion"])
def alerts(run_context: Run) -> Result:
    """Alert episodes: what has drifted since when, what is done about it, and who was notified."""
    table = update_alerts(run_context)
    opened = table.filter(pl.col("state") == "open")["sentence"].to_list()
    return table_result(
        table,
        {
            "open": dg.MetadataValue.md("\n".join(f"- {line}" for line in opened) or "none"),
            "delivery": send_alerts(run_context),
        },
        stored=run_context.paths.alerts,
    )


@asset(**SIGNAL, kinds={"markdown"}, deps=["oof_predictions", "calibrated_predictions"])
def backtest(run_context: Run) -> Result:
    """Report on the walk-forward stack at decision time: scores, bets, closing-line value, the close."""
    return _with_preview(report_backtest(run_context))


@asset(
    **SIGNAL,
    kinds={"markdown"},
    deps=["gold_features", *BASELINES, "oof_predictions", "calibrated_predictions"],
)
def metrics_baseline(run_context: Run) -> Result:
    """Report on base learners, stack and close over the same walk-forward games."""
    path = report_baselines(run_context)
    return dg.MaterializeResult(metadata={"report": dg.MetadataValue.path(str(path))})


@asset(
    **SIGNAL,
    kinds={"markdown"},
    deps=[*BASELINES, "oof_predictions", "llm_signals", "calibrated_predictions"],
)
def ablation_stacker(run_context: Run) -> Result:
    """Report on what each part of the stack is worth, over the same walk-forward games."""
    path = report_ablation(run_context)
    return dg.MaterializeResult(metadata={"report": dg.MetadataValue.path(str(path))})


WEEKLY = [
    "raw_prices",
    "ledger",
    "gold_markets",
    "calibration_metrics",
    "alerts",
    "upcoming_predictions",
]


@asset(**SIGNAL, kinds={"markdown"}, deps=WEEKLY)
def weekly_report(run_context: Run) -> Result:
    """What a person reads on Monday: verdict, alerts, numbers, next week's predictions."""
    return _with_preview(report_week(run_context))


@asset(**SIGNAL, kinds={"html"}, deps=WEEKLY)
def dashboard(run_context: Run) -> Result:
    """One page that opens offline: states, trends, reliability, alerts, predictions."""
    path = report_dashboard(run_context)
    return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(str(path))})


def _with_preview(report: Path) -> Result:
    return dg.MaterializeResult(
        metadata={
            "report": dg.MetadataValue.path(str(report)),
            "preview": dg.MetadataValue.md(report.read_text(encoding="utf-8")),
        }
    )


defs = dg.Definitions(
    assets=[
        upcoming_predictions,
        ledger,
        calibration_metrics,
        alerts,
        backtest,
        metrics_baseline,
        ablation_stacker,
        weekly_report,
        dashboard,
    ]
)
