"""Jobs, schedules, and the sensor that turns drift into one retraining."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from nfl_signals.defs.checks import DRIFT_CHECK
from nfl_signals.defs.partitions import sync_seasons
from nfl_signals.defs.resources import WorldResource

EASTERN = "America/New_York"
IN_SEASON = "9-12,1-2"  # months with games
SENSOR_SECONDS = 20
HISTORY = 50  # evaluations read per tick; a tick falls behind only if more happen in between

_TABLES = dg.AssetSelection.groups("raw", "gold")
_FORECASTS = dg.AssetSelection.assets("upcoming_predictions", "ledger", "calibration_metrics")

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
    selection=_TABLES | dg.AssetSelection.assets("calibration_metrics"),
    description="New results of the current season, and calibration against them.",
)
retraining = dg.define_asset_job(
    "retraining",
    selection=dg.AssetSelection.groups("models", "signals"),
    description="Refit learners, stacks and calibrators on all played games; predict again.",
)
backfill_seasons = dg.define_asset_job(
    "backfill_seasons",
    selection=_TABLES,
    description="Raw and gold of chosen seasons: a range in one run, or season by season.",
)

JOBS = [everything, weekly_refresh, daily_outcomes, retraining, backfill_seasons]


@dg.schedule(
    job=weekly_refresh,
    cron_schedule=f"0 9 * {IN_SEASON} 2",
    execution_timezone=EASTERN,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def weekly_schedule(
    context: dg.ScheduleEvaluationContext, world: WorldResource
) -> dg.RunRequest | dg.SkipReason:
    """Tuesday morning, US Eastern, in season: the week is over and the next one has lines."""
    return _current_season(context, world)


@dg.schedule(
    job=daily_outcomes,
    cron_schedule=f"0 10 * {IN_SEASON} *",
    execution_timezone=EASTERN,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def daily_schedule(
    context: dg.ScheduleEvaluationContext, world: WorldResource
) -> dg.RunRequest | dg.SkipReason:
    """Every morning in season: yesterday's outcomes reach the metrics within 24 hours."""
    return _current_season(context, world)


def _current_season(
    context: dg.ScheduleEvaluationContext, world: WorldResource
) -> dg.RunRequest | dg.SkipReason:
    """The source's last season as partition; skipped until a first full run has made models."""
    seasons = world.open().seasons
    if not world.open().paths.features.exists():
        return dg.SkipReason("no data yet: run the job `everything` once")
    sync_seasons(context.instance, seasons)
    return dg.RunRequest(partition_key=str(seasons[-1]))


@dataclass(frozen=True)
class Evaluation:
    """One finished evaluation of the drift check.

    Attributes:
        timestamp: when it was stored, seconds since 1970.
        passed: the result.
    """

    timestamp: float
    passed: bool


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
        Evaluation(timestamp=record.event.timestamp, passed=record.status == Status.SUCCEEDED)
        for record in records
        if record.event is not None
    ]
    return sorted(
        (item for item in found if item.timestamp > after), key=lambda item: item.timestamp
    )


def newest_episode(evaluations: Sequence[Evaluation], *, failing: bool) -> float | None:
    """Start of the newest pass-to-fail change, or None; `failing` is the state before them.

    Example:
        >>> history = [Evaluation(1.0, False), Evaluation(2.0, True), Evaluation(3.0, False)]
        >>> newest_episode(history, failing=True)
        3.0
        >>> newest_episode(history[:1], failing=True) is None
        True
    """
    start = None
    for evaluation in evaluations:
        if not evaluation.passed and not failing:
            start = evaluation.timestamp
        failing = not evaluation.passed
    return start


@dg.sensor(
    job=retraining,
    minimum_interval_seconds=SENSOR_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def retrain_on_drift(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Exactly one retraining for each change of the drift check from passing to failing."""
    seen = json.loads(context.cursor) if context.cursor else {"timestamp": 0.0, "failing": False}
    new = drift_evaluations(context.instance, after=float(seen["timestamp"]))
    if not new:
        return dg.SkipReason("no new evaluation of calibration_drift")
    cursor = json.dumps({"timestamp": new[-1].timestamp, "failing": not new[-1].passed})
    episode = newest_episode(new, failing=bool(seen["failing"]))
    requests = [] if episode is None else [dg.RunRequest(run_key=f"drift-{episode}")]
    return dg.SensorResult(run_requests=requests, cursor=cursor)


SCHEDULES = [weekly_schedule, daily_schedule]
SENSORS = [retrain_on_drift]
