"""upcoming_predictions, ledger, calibration_metrics and the reports: what people and checks read."""

from datetime import timedelta

import dagster as dg
import polars as pl

from nfl_signals.alerts.steps import send_alerts, update_alerts
from nfl_signals.defs.resources import RunContextResource
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring.steps import update_metrics
from nfl_signals.predictions.summary import champion_line, served_model_line
from nfl_signals.predictions.upcoming import (
    append_to_ledger,
    challenge_upcoming,
    predict_upcoming,
    skipped_games,
)
from nfl_signals.reports.steps import report_ablation, report_baselines
from nfl_signals.reports.weekly_steps import report_dashboard, report_week

# The job daily_outcomes starts at 10:00; two hours later yesterday's games must be in the metrics.
DAILY_IN_SEASON = dg.FreshnessPolicy.cron(
    deadline_cron="0 12 * 9-12,1-2 *",
    lower_bound_delta=timedelta(hours=23),
    timezone="America/New_York",
)


@dg.asset(
    group_name="signals",
    kinds={"polars", "parquet"},
    deps=["gold_features", "gold_markets", "llm_signals", "promotion"],
)
def upcoming_predictions(run_context: RunContextResource) -> dg.MaterializeResult[None]:
    """The next week's games by who speaks; the challenger is asked too, for the learning book."""
    upcoming = predict_upcoming(run_context.open())
    challenge = challenge_upcoming(run_context.open())
    skipped = skipped_games(run_context.open())
    return dg.MaterializeResult(
        metadata={
            "rows": upcoming.height,
            "speaks": served_model_line(run_context.open()),
            "champion": champion_line(run_context.open()) or "nobody yet",
            "challenger": challenge.sentence,
            **{f"skipped_{name}": len(games) for name, games in skipped.items()},
        }
    )


@dg.asset(
    group_name="signals",
    kinds={"polars", "parquet"},
    deps=["calibrated_predictions", "upcoming_predictions"],
)
def ledger(run_context: RunContextResource) -> dg.MaterializeResult[None]:
    """Sealed, append-only predictions: production, and the walk-forward replay as learning book."""
    counts = append_to_ledger(run_context.open())
    return dg.MaterializeResult(metadata={f"rows_{book}": n for book, n in counts.items()})


@dg.asset(
    group_name="signals",
    kinds={"polars", "parquet"},
    deps=["ledger", "gold_markets"],
    freshness_policy=DAILY_IN_SEASON,
)
def calibration_metrics(run_context: RunContextResource) -> dg.MaterializeResult[None]:
    """Rolling Brier, log loss, calibration error and reliability of every voice and market."""
    metrics = update_metrics(run_context.open())
    return dg.MaterializeResult(metadata={"windows": metrics.height})


@dg.asset(group_name="signals", kinds={"polars", "parquet"}, deps=["calibration_metrics"])
def alerts(run_context: RunContextResource) -> dg.MaterializeResult[None]:
    """Alert episodes: what has drifted since when, what is done about it; told to whom it concerns."""
    table = update_alerts(run_context.open())
    standing = table.filter(pl.col("state") == "open")["sentence"].to_list()
    return dg.MaterializeResult(
        metadata={
            "episodes": table.height,
            "open": dg.MetadataValue.md("\n".join(f"- {line}" for line in standing) or "none"),
            "delivery": send_alerts(run_context.open()),
        }
    )


@dg.asset(group_name="signals", kinds={"markdown"}, deps=["calibrated_predictions"])
def metrics_baseline(run_context: RunContextResource) -> dg.MaterializeResult[None]:
    """Report on base learners, stack and close over the same walk-forward games."""
    path = report_baselines(run_context.open())
    return dg.MaterializeResult(metadata={"report": dg.MetadataValue.path(str(path))})


@dg.asset(
    group_name="signals",
    kinds={"markdown"},
    deps=["calibrated_predictions", *(f"baseline_{name}" for name in MARKETS)],
)
def ablation_stacker(run_context: RunContextResource) -> dg.MaterializeResult[None]:
    """Report on what each part of the stack is worth, over the same walk-forward games."""
    path = report_ablation(run_context.open())
    return dg.MaterializeResult(metadata={"report": dg.MetadataValue.path(str(path))})


@dg.asset(
    group_name="signals",
    kinds={"markdown"},
    deps=["alerts", "upcoming_predictions"],
)
def weekly_report(run_context: RunContextResource) -> dg.MaterializeResult[None]:
    """What a person reads on Monday: verdict, alerts, numbers, next week's predictions."""
    written = report_week(run_context.open())
    return dg.MaterializeResult(
        metadata={
            "report": dg.MetadataValue.path(str(written.path)),
            "preview": dg.MetadataValue.md(written.text),
        }
    )


@dg.asset(
    group_name="signals",
    kinds={"html"},
    deps=["alerts", "upcoming_predictions"],
)
def dashboard(run_context: RunContextResource) -> dg.MaterializeResult[None]:
    """One page that opens offline: states, trends, reliability, alerts, predictions."""
    path = report_dashboard(run_context.open())
    return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(str(path))})


SIGNAL_ASSETS = [
    upcoming_predictions,
    ledger,
    calibration_metrics,
    alerts,
    metrics_baseline,
    ablation_stacker,
    weekly_report,
    dashboard,
]
