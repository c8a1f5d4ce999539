"""Jobs, schedules, and the sensor that answers each alert once."""

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from nfl_signals.defs.checks import DRIFT_CHECK, PENDING_STEPS
from nfl_signals.defs.partitions import sync_seasons
from nfl_signals.defs.resources import RunContextResource

EASTERN = "America/New_York"
IN_SEASON = "9-12,1-2"  # months with games
SENSOR_SECONDS = 10
HISTORY = 50  # evaluations read per tick; a tick falls behind only if more happen in between

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
    selection=_TABLES | _FORECASTS,
    description="The current season's data, the upcoming week's predictions, calibration.",
)
daily_outcomes = dg.define_asset_job(
    "daily_outcomes",
    selection=_TABLES | _METRICS,
    description="New results of the current season, and calibration against them.",
)
recalibration = dg.define_asset_job(
    "recalibration",
    selection=dg.AssetSelection.assets("recalibrated_ensemble") | _FORECASTS,
    description="The first answer to an alert: straighten the champion by its own games, if the gate "
    "lets it.",
)
retraining = dg.define_asset_job(
    "retraining",
    selection=dg.AssetSelection.groups("models", "signals"),
    description="Refit learners, stacks and calibrators on all played games; the gate says who "
    "speaks; predict again.",
)
backfill_seasons = dg.define_asset_job(
    "backfill_seasons",
    selection=_TABLES,
    description="Raw and gold of chosen seasons: a range in one run, or season by season.",
)

JOBS = [
    everything,
    weekly_refresh,
    daily_outcomes,
    recalibration,
    retraining,
    backfill_seasons,
]


@dg.schedule(
    job=weekly_refresh,
    cron_schedule=f"0 9 * {IN_SEASON} 2",
    execution_timezone=EASTERN,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def weekly_schedule(
    context: dg.ScheduleEvaluationContext, run_context: RunContextResource
) -> dg.RunRequest | dg.SkipReason:
    """Tuesday morning, US Eastern, in season: the week is over and the next one has lines."""
    return _current_season(context, run_context)


@dg.schedule(
    job=daily_outcomes,
    cron_schedule=f"0 10 * {IN_SEASON} *",
    execution_timezone=EASTERN,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def daily_schedule(
    context: dg.ScheduleEvaluationContext, run_context: RunContextResource
) -> dg.RunRequest | dg.SkipReason:
    """Every morning in season: yesterday's outcomes reach the metrics within 24 hours."""
    return _current_season(context, run_context)


def _current_season(
    context: dg.ScheduleEvaluationContext, run_context: RunContextResource
) -> dg.RunRequest | dg.SkipReason:
    """The source's last season as partition; skipped until a first full run has made models."""
    seasons = run_context.open().seasons
    if not run_context.open().paths.features.exists():
        return dg.SkipReason("no data yet: run the job `everything` once")
    sync_seasons(context.instance, seasons)
    return dg.RunRequest(partition_key=str(seasons[-1]))


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One finished evaluation of the drift check.

    Attributes:
        timestamp: when it was stored, seconds since 1970.
        due: steps that open alerts ask for, as `responding.Due`.
    """

    timestamp: float
    due: tuple[dict[str, str], ...]


def drift_evaluations(instance: dg.DagsterInstance, *, after: float) -> list[Evaluation]:
    """Evaluations of the drift check newer than `after`, oldest first.

    Dagster has no public call for this; the storage method below is the UI's own. The event's
    timestamp orders them: record ids are allotted when a check is planned, not when it is evaluated.
    """
    from dagster._core.storage.asset_check_execution_record import (
        AssetCheckExecutionRecordStatus as Status,
    )

    records = instance.event_log_storage.get_asset_check_execution_history(
        DRIFT_CHECK, limit=HISTORY, status={Status.FAILED, Status.SUCCEEDED}
    )
    found = [
        Evaluation(timestamp=record.event.timestamp, due=_pending(record.event))
        for record in records
        if record.event is not None and record.event.timestamp > after
    ]
    return sorted(found, key=lambda item: item.timestamp)


def _pending(event: dg.EventLogEntry) -> tuple[dict[str, str], ...]:
    assert event.dagster_event is not None
    evaluation = event.dagster_event.asset_check_evaluation_data
    metadata = evaluation.metadata.get(PENDING_STEPS)
    return tuple(metadata.value) if isinstance(metadata, dg.JsonMetadataValue) else ()  # type: ignore[arg-type]


def run_request_for(due: Sequence[dict[str, str]]) -> dg.RunRequest | None:
    """The run that does what is due, or None.

    Its key names alerts, step and week, and Dagster starts no second run of one key: an alert is
    answered once a week at most, and once a step at all, because a step that was done is not due.
    """
    if not due:
        return None
    step, week = due[0]["step"], due[0]["week"]
    alerts = "-".join(sorted(each["alert_id"] for each in due))
    return dg.RunRequest(run_key=f"{step}-{week}-{alerts}", job_name=step)


@dg.sensor(
    jobs=[recalibration, retraining],
    minimum_interval_seconds=SENSOR_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def retrain_on_drift(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """What the newest evaluation of the drift check says is due: recalibrate, or retrain."""
    new = drift_evaluations(context.instance, after=float(context.cursor or 0))
    if not new:
        return dg.SkipReason("no new evaluation of calibration_drift")
    request = run_request_for(new[-1].due)
    return dg.SensorResult(
        run_requests=[] if request is None else [request], cursor=repr(new[-1].timestamp)
    )


SCHEDULES = [weekly_schedule, daily_schedule]
SENSORS = [retrain_on_drift]
