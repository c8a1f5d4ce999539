"""Jobs, schedules, and the sensors: answer alerts, end dead runs, predict with the served model."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from nfl_signals.defs.checks import DRIFT_CHECK, PENDING_STEPS
from nfl_signals.defs.dead_runs import UNDER_WAY, end_dead_runs
from nfl_signals.defs.partitions import range_tags, sync_seasons
from nfl_signals.defs.resources import Run
from nfl_signals.predictions.upcoming import not_by_served_model, not_in_ledger
from nfl_signals.workspace.last_run import as_last_run
from nfl_signals.workspace.run_context import RunContext, open_home
from nfl_signals.workspace.stored_seasons import unfinished_seasons

EASTERN = "America/New_York"
IN_SEASON = "9-12,1-2"  # months with games
SENSOR_SECONDS = 10
SWEEP_SECONDS = 30
Request = dg.RunRequest | dg.SkipReason

_TABLES = dg.AssetSelection.groups("raw", "gold")
_METRICS = dg.AssetSelection.assets("calibration_metrics", "alerts", "weekly_report", "dashboard")
_FORECASTS = dg.AssetSelection.assets("upcoming_predictions", "ledger") | _METRICS

everything = dg.define_asset_job(
    "everything",
    selection=dg.AssetSelection.all(),
    description="All seasons, all models, predictions and reports: what `nfl-signals run` does.",
)
weekly_refresh = dg.define_asset_job(
    "weekly_refresh",
    selection=_TABLES | dg.AssetSelection.assets("promotion") | _FORECASTS,
    description="Data of the seasons that are not over, the gate on a challenger that it has not decided "
    "about, the upcoming week's predictions, calibration.",
)
predict_again = dg.define_asset_job(
    "predict_again",
    selection=_FORECASTS,
    description="The upcoming week by the model that is served now, from the stored tables.",
)
daily_outcomes = dg.define_asset_job(
    "daily_outcomes",
    selection=_TABLES | _METRICS,
    description="New results, and calibration against them.",
)
recalibration = dg.define_asset_job(
    "recalibration",
    selection=dg.AssetSelection.assets("recalibrated_ensemble") | _FORECASTS,
    description="The first answer to an alert: recalibrate the champion on its own games, if the gate "
    "passes it.",
)
retraining = dg.define_asset_job(
    "retraining",
    selection=dg.AssetSelection.groups("models", "signals"),
    description="Refit learners, stacks and calibrators on all played games; the gate decides what is "
    "served; predict again.",
)
backfill_seasons = dg.define_asset_job(
    "backfill_seasons",
    selection=_TABLES,
    description="Raw and gold of chosen seasons: a range in one run, or season by season.",
)


UNFINISHED = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, *UNDER_WAY]
SCHEDULED: dict[str, Any] = {
    "execution_timezone": EASTERN,
    "default_status": dg.DefaultScheduleStatus.RUNNING,
}


@dg.schedule(job=weekly_refresh, cron_schedule=f"0 9 * {IN_SEASON} 2", **SCHEDULED)
def weekly_schedule(context: dg.ScheduleEvaluationContext, run_context: Run) -> Request:
    """Tuesday morning, US Eastern, in season: the week is over and the next one has lines."""
    return _unfinished(context, run_context)


@dg.schedule(job=daily_outcomes, cron_schedule=f"0 10 * {IN_SEASON} *", **SCHEDULED)
def daily_schedule(context: dg.ScheduleEvaluationContext, run_context: Run) -> Request:
    """Every morning in season: yesterday's outcomes reach the metrics within 24 hours."""
    return _unfinished(context, run_context)


def _unfinished(context: dg.ScheduleEvaluationContext, run_context: RunContext) -> Request:
    """The seasons that are not over, in one run; skipped until a first full run has made models."""
    if not run_context.paths.features.exists():
        return dg.SkipReason("no data yet: run the job `everything` once")
    sync_seasons(context.instance, run_context.seasons)
    seasons = unfinished_seasons(run_context)
    if len(seasons) == 1:
        return dg.RunRequest(partition_key=str(seasons[0]))
    return dg.RunRequest(tags=range_tags(seasons))


def run_request_for(pending: Sequence[dict[str, Any]]) -> dg.RunRequest | None:
    """The run that does what is pending (`automatic.PendingStep`), or None.

    Its key names alerts, step and week, and Dagster starts no second run of one key: an alert is
    answered once a week at most, and once a step at all, because a step that was done is not pending.
    """
    if not pending:
        return None
    step, week = pending[0]["step"], pending[0]["week"]
    alerts = "-".join(sorted(each["alert_id"] for each in pending))
    return dg.RunRequest(run_key=f"{step}-{week}-{alerts}", job_name=step)


@dg.sensor(
    jobs=[recalibration, retraining],
    minimum_interval_seconds=SENSOR_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def retrain_on_drift(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Start what the newest evaluation of the drift check finds pending: recalibrate, or retrain."""
    latest = context.instance.get_latest_asset_check_evaluation_record(DRIFT_CHECK)
    event = None if latest is None else latest.event
    if event is None or event.dagster_event_type != dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        # Planned by a run that is under way or was killed; the next run evaluates it.
        return dg.SkipReason("calibration_drift is not evaluated yet")
    # Record ids are allotted when a check is planned; the event's time orders evaluations.
    if event.timestamp <= float(context.cursor or 0):
        return dg.SkipReason("no new evaluation of calibration_drift")
    assert event.dagster_event is not None
    found = event.dagster_event.asset_check_evaluation_data.metadata.get(PENDING_STEPS)
    pending = found.value if isinstance(found, dg.JsonMetadataValue) else ()
    request = run_request_for(pending)  # type: ignore[arg-type]
    return dg.SensorResult(
        run_requests=[] if request is None else [request], cursor=repr(event.timestamp)
    )


@dg.sensor(
    name="end_dead_runs",
    minimum_interval_seconds=SWEEP_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def end_dead_runs_sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """End runs whose process was killed, so that nothing queues behind them."""
    ended = end_dead_runs(context.instance, now=datetime.now(UTC))
    for sentence in ended:
        context.log.warning(sentence)
    return dg.SkipReason("; ".join(ended) or "every run under way is alive")


@dg.sensor(
    job=predict_again,
    minimum_interval_seconds=SWEEP_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def predict_with_served_model(context: dg.SensorEvaluationContext) -> Request:
    """Predict again where stored predictions are not the served model's, or not in the ledger.

    After a promotion, a rollback, or a run that was killed between its decision, its predictions and
    the ledger; while no run is at work. A run that fails is tried again an hour later.
    """
    if context.instance.get_runs_count(dg.RunsFilter(statuses=UNFINISHED)):
        return dg.SkipReason("a run is at work")
    home = open_home(as_last_run())
    if not home.paths.upcoming.exists():
        return dg.SkipReason("nothing is predicted yet")
    problem = not_by_served_model(home) or not_in_ledger(home)
    if problem is None:
        return dg.SkipReason("the stored predictions are the served model's, and in the ledger")
    return dg.RunRequest(run_key=f"{problem} {datetime.now(UTC):%Y-%m-%d %H}")


defs = dg.Definitions(
    jobs=[
        everything,
        weekly_refresh,
        daily_outcomes,
        predict_again,
        recalibration,
        retraining,
        backfill_seasons,
    ],
    schedules=[weekly_schedule, daily_schedule],
    sensors=[retrain_on_drift, end_dead_runs_sensor, predict_with_served_model],
)
