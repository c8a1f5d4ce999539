"""One answer for one alert, one refresh for one week, and nothing before there is data."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import load_settings
from nfl_signals.defs.automation import (
    daily_schedule,
    predict_with_served_model,
    retrain_on_drift,
    run_request_for,
    weekly_schedule,
)
from nfl_signals.defs.checks import PENDING_STEPS
from nfl_signals.defs.partitions import range_tags
from nfl_signals.workspace.run_context import open_run
from nfl_signals_tests.support.homes import copy_of
from nfl_signals_tests.support.run_contexts import rewrite


def pending(step: str, *alerts: str, week: str = "2024-w09") -> list[dict[str, str]]:
    """The steps that the drift check finds pending."""
    return [{"alert_id": alert, "market": "ats", "step": step, "week": week} for alert in alerts]


NOTHING: list[dict[str, str]] = []
RECALIBRATE = pending("recalibration", "a1")
RETRAIN = pending("retraining", "a1")


def evaluate(
    instance: dg.DagsterInstance,
    steps: list[dict[str, str]],
    *,
    passed: bool = False,
    check: str = "calibration_drift",
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.WARN,
) -> None:
    """Report an evaluation as a finished run would."""
    instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey("calibration_metrics"),
            check_name=check,
            passed=passed,
            severity=severity,
            metadata={PENDING_STEPS: dg.JsonMetadataValue(steps)},
        )
    )


class Sensor:
    """Ticks the sensor as the daemon does: with the cursor of the tick before."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.cursor: str | None = None

    def tick(self) -> list[tuple[str, str]]:
        """Job and run key of the requests of one tick."""
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        result = retrain_on_drift(context)
        if isinstance(result, dg.SkipReason):
            return []
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor
        return [(str(each.job_name), str(each.run_key)) for each in result.run_requests or []]


def test_nothing_evaluated_is_nothing_to_answer(instance: dg.DagsterInstance) -> None:
    result = retrain_on_drift(dg.build_sensor_context(instance=instance))
    assert result == dg.SkipReason("calibration_drift is not evaluated yet")


def test_an_evaluation_that_is_only_planned_is_waited_for(instance: dg.DagsterInstance) -> None:
    """A run that is under way, or was killed before its check."""

    @dg.asset
    def calibration_metrics() -> None:
        raise RuntimeError("killed")

    @dg.asset_check(asset=calibration_metrics)
    def calibration_drift() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    sensor, both = Sensor(instance), [calibration_metrics, calibration_drift]
    assert not dg.materialize(both, instance=instance, raise_on_error=False).success
    assert sensor.tick() == []
    evaluate(instance, RECALIBRATE)
    assert [job for job, _ in sensor.tick()] == ["recalibration"]


def test_an_evaluation_starts_the_job_that_is_pending_and_only_once(
    instance: dg.DagsterInstance,
) -> None:
    sensor, jobs = Sensor(instance), []
    for steps in (NOTHING, RECALIBRATE, RETRAIN, NOTHING, NOTHING):
        evaluate(instance, steps, passed=steps is NOTHING)
        jobs.append([job for job, _ in sensor.tick()])
        assert sensor.tick() == []
    assert jobs == [[], ["recalibration"], ["retraining"], [], []]


def test_a_failed_check_with_nothing_pending_starts_nothing(instance: dg.DagsterInstance) -> None:
    """An alert is open: waiting for games, cooling down, on trial or escalated."""
    sensor = Sensor(instance)
    for _ in range(5):
        evaluate(instance, NOTHING, passed=False)
        assert sensor.tick() == []


def test_only_the_newest_evaluation_counts(instance: dg.DagsterInstance) -> None:
    """A daemon that was down does not work off what has been answered since."""
    evaluate(instance, RECALIBRATE)
    evaluate(instance, NOTHING)
    assert Sensor(instance).tick() == []


def test_the_same_step_for_the_same_alerts_in_the_same_week_is_one_run() -> None:
    """Dagster starts no second run of one key."""
    once = run_request_for(pending("retraining", "a1", "b2"))
    again = run_request_for(pending("retraining", "b2", "a1"))
    assert once is not None
    assert again is not None
    assert once.run_key == again.run_key == "retraining-2024-w09-a1-b2"


@given(st.sets(st.sampled_from(["a1", "b2", "c3"]), min_size=1), st.integers(1, 18))
def test_another_week_another_alert_or_another_step_is_another_run(
    alerts: set[str], week: int
) -> None:
    keys = {
        str(request.run_key)
        for step in ("recalibration", "retraining")
        for who in (alerts, alerts | {"d4"})
        for when in (week, week + 1)
        if (request := run_request_for(pending(step, *who, week=f"2024-w{when:02d}")))
    }
    assert len(keys) == 8


def test_a_tick_without_news_keeps_the_cursor(instance: dg.DagsterInstance) -> None:
    sensor = Sensor(instance)
    evaluate(instance, RECALIBRATE)
    sensor.tick()
    kept = sensor.cursor
    assert sensor.tick() == []
    assert sensor.cursor == kept is not None


def test_a_lost_cursor_requests_the_same_run_again_and_so_no_second_one(
    instance: dg.DagsterInstance,
) -> None:
    evaluate(instance, NOTHING)
    evaluate(instance, RECALIBRATE)
    assert Sensor(instance).tick() == Sensor(instance).tick() != []


@pytest.mark.parametrize("severity", list(dg.AssetCheckSeverity))
def test_a_warning_counts_like_an_error(
    instance: dg.DagsterInstance, severity: dg.AssetCheckSeverity
) -> None:
    evaluate(instance, RECALIBRATE, severity=severity)
    assert len(Sensor(instance).tick()) == 1


def test_another_check_of_the_same_asset_is_ignored(instance: dg.DagsterInstance) -> None:
    evaluate(instance, RECALIBRATE, check="schema")
    assert Sensor(instance).tick() == []


def predicting_again(
    home: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> object:
    monkeypatch.setenv("NFL_SIGNALS_HOME", str(home))
    with dg.build_sensor_context(instance=instance) as context:
        return predict_with_served_model(context)


def test_predictions_of_another_model_are_made_again_once_no_run_is_at_work(
    finished_home: Path,
    tmp_path: Path,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = copy_of(finished_home, tmp_path / "home")
    answer = predicting_again(home, instance, monkeypatch)
    assert answer == dg.SkipReason(
        "the stored predictions are the served model's, and in the ledger"
    )
    rewrite(Paths(home).upcoming, pl.lit("v202301").alias("model_version"))
    request = predicting_again(home, instance, monkeypatch)
    assert isinstance(request, dg.RunRequest)
    assert "by v202301, and v202409 is served" in str(request.run_key)
    at_work = dg.DagsterRun(job_name="retraining", status=dg.DagsterRunStatus.STARTED)
    instance.add_run(at_work)
    answer = predicting_again(home, instance, monkeypatch)
    assert answer == dg.SkipReason("a run is at work")


def test_nothing_is_predicted_again_in_a_home_without_predictions(
    tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = predicting_again(tmp_path, instance, monkeypatch)
    assert answer == dg.SkipReason("nothing is predicted yet")


@pytest.fixture
def stored_instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """A schedule opens its instance by reference, so this one lies in a folder."""
    folder = tmp_path / "instance"
    folder.mkdir()
    with dg.DagsterInstance.local_temp(str(folder)) as found:
        yield found


Schedule = dg.ScheduleDefinition
SCHEDULES = pytest.mark.parametrize("schedule", [weekly_schedule, daily_schedule])


def tick(schedule: Schedule, instance: dg.DagsterInstance, home: Path) -> object:
    resources = {"run_context": open_run(load_settings(home=home))}
    with dg.build_schedule_context(instance=instance, resources=resources) as context:
        return schedule(context)


@pytest.mark.slow
@SCHEDULES
@pytest.mark.usefixtures("small_league")
def test_a_schedule_requests_the_current_season_and_knows_every_other_one(
    schedule: Schedule, stored_instance: dg.DagsterInstance, finished_home: Path
) -> None:
    request = tick(schedule, stored_instance, finished_home)
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == "2024"
    seasons = [str(season) for season in range(2018, 2025)]
    assert sorted(stored_instance.get_dynamic_partitions("season")) == seasons


@pytest.mark.slow
@pytest.mark.usefixtures("small_league")
def test_a_new_season_becomes_a_partition_at_the_next_tick(
    stored_instance: dg.DagsterInstance, finished_home: Path, tmp_path: Path
) -> None:
    context = open_run(load_settings(home=copy_of(finished_home, tmp_path / "home")))
    longer = replace(context, seasons=(*context.seasons, 2025))
    with dg.build_schedule_context(
        instance=stored_instance, resources={"run_context": longer}
    ) as schedule_context:
        request = weekly_schedule(schedule_context)
    assert isinstance(request, dg.RunRequest)
    # 2024 is not over and 2025 has no raw table yet: both are owed, in one run.
    assert (request.partition_key, request.tags) == (None, range_tags([2024, 2025]))
    assert "2025" in stored_instance.get_dynamic_partitions("season")


@SCHEDULES
@pytest.mark.usefixtures("small_league")
def test_a_schedule_waits_with_a_reason_until_there_is_data(
    schedule: Schedule, stored_instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    answer = tick(schedule, stored_instance, tmp_path)
    assert answer == dg.SkipReason("no data yet: run the job `everything` once")
    assert stored_instance.get_dynamic_partitions("season") == []
