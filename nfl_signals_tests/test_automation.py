"""One retraining for one drift, one refresh for one week, and nothing before there is data."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.defs.automation import (
    Evaluation,
    daily_schedule,
    drift_evaluations,
    newest_episode,
    retrain_on_drift,
    weekly_schedule,
)
from nfl_signals.defs.resources import WorldResource
from nfl_signals_tests.homes import copy_of

PASS, FAIL = True, False


def evaluations(results: list[bool]) -> list[Evaluation]:
    """Evaluations at seconds 1, 2, ..."""
    return [Evaluation(float(at), passed) for at, passed in enumerate(results, start=1)]


@pytest.mark.parametrize(
    ("failing", "results", "start"),
    [
        (False, [], None),
        (False, [PASS], None),
        (False, [FAIL], 1.0),
        (False, [FAIL, FAIL], 1.0),
        (False, [PASS, FAIL, FAIL], 2.0),
        (False, [FAIL, PASS], 1.0),
        (False, [FAIL, PASS, FAIL], 3.0),
        (True, [], None),
        (True, [FAIL], None),
        (True, [FAIL, FAIL], None),
        (True, [PASS], None),
        (True, [PASS, FAIL], 2.0),
        (True, [FAIL, PASS, FAIL, FAIL], 3.0),
    ],
)
def test_an_episode_starts_where_passing_turns_to_failing(
    failing: bool, results: list[bool], start: float | None
) -> None:
    assert newest_episode(evaluations(results), failing=failing) == start


def edges(results: list[bool]) -> int:
    """Changes from passing to failing, counted by hand; what was before the first one passed."""
    return sum(before and not now for before, now in zip([PASS, *results], results, strict=False))


def fires(batches: list[list[Evaluation]]) -> list[float]:
    """Episodes of a sensor that ticks after every batch and remembers the last state."""
    found, failing = [], False
    for batch in batches:
        episode = newest_episode(batch, failing=failing)
        found += [] if episode is None else [episode]
        failing = not batch[-1].passed if batch else failing
    return found


@given(st.lists(st.booleans()))
def test_ticking_after_every_evaluation_fires_once_for_every_edge(results: list[bool]) -> None:
    found = fires([[item] for item in evaluations(results)])
    assert len(found) == edges(results)
    assert found == sorted(set(found))


@given(st.lists(st.lists(st.booleans())))
def test_ticking_late_fires_once_for_every_batch_that_holds_an_edge(
    batches: list[list[bool]],
) -> None:
    numbered = iter(evaluations([result for batch in batches for result in batch]))
    found = fires([[next(numbered) for _ in batch] for batch in batches])
    before, expected = PASS, 0
    for batch in batches:
        sequence = [before, *batch]
        expected += any(a and not b for a, b in pairwise(sequence))
        before = sequence[-1]
    assert len(found) == expected


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as found:
        yield found


def evaluate(
    instance: dg.DagsterInstance,
    *,
    passed: bool,
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
        )
    )


class Sensor:
    """Ticks the sensor as the daemon does: with the cursor of the tick before."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.cursor: str | None = None

    def tick(self) -> list[str]:
        """Run keys of the requests of one tick."""
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        result = retrain_on_drift(context)
        if isinstance(result, dg.SkipReason):
            return []
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor
        return [str(request.run_key) for request in result.run_requests or []]


def test_nothing_evaluated_is_no_reason_to_retrain(instance: dg.DagsterInstance) -> None:
    result = retrain_on_drift(dg.build_sensor_context(instance=instance))
    assert result == dg.SkipReason("no new evaluation of calibration_drift")


def test_one_retraining_for_each_fall_and_none_while_it_stays_down(
    instance: dg.DagsterInstance,
) -> None:
    sensor, requested = Sensor(instance), []
    story = [PASS, FAIL, FAIL, FAIL, PASS, PASS, FAIL, FAIL]
    for passed in story:
        evaluate(instance, passed=passed)
        requested.append(sensor.tick())
    assert [len(keys) for keys in requested] == [0, 1, 0, 0, 0, 0, 1, 0]
    assert len({key for keys in requested for key in keys}) == 2


def test_a_first_evaluation_that_fails_asks_once(instance: dg.DagsterInstance) -> None:
    sensor = Sensor(instance)
    evaluate(instance, passed=FAIL)
    assert [len(sensor.tick()) for _ in range(3)] == [1, 0, 0]


def test_a_tick_without_news_keeps_the_cursor(instance: dg.DagsterInstance) -> None:
    sensor = Sensor(instance)
    evaluate(instance, passed=FAIL)
    sensor.tick()
    kept = sensor.cursor
    assert sensor.tick() == []
    assert sensor.cursor == kept is not None


def test_the_cursor_survives_a_restart(instance: dg.DagsterInstance) -> None:
    before, after = Sensor(instance), Sensor(instance)
    evaluate(instance, passed=FAIL)
    assert len(before.tick()) == 1
    after.cursor = before.cursor
    evaluate(instance, passed=FAIL)
    assert after.tick() == []


def test_a_lost_cursor_asks_for_the_same_run_again_and_so_for_no_second_one(
    instance: dg.DagsterInstance,
) -> None:
    evaluate(instance, passed=PASS)
    evaluate(instance, passed=FAIL)
    assert Sensor(instance).tick() == Sensor(instance).tick() != []


@pytest.mark.parametrize("severity", list(dg.AssetCheckSeverity))
def test_a_warning_counts_like_an_error(
    instance: dg.DagsterInstance, severity: dg.AssetCheckSeverity
) -> None:
    evaluate(instance, passed=FAIL, severity=severity)
    assert len(Sensor(instance).tick()) == 1


def test_another_check_of_the_same_asset_is_ignored(instance: dg.DagsterInstance) -> None:
    evaluate(instance, passed=FAIL, check="schema")
    assert Sensor(instance).tick() == []


def test_evaluations_are_read_oldest_first_and_only_those_after_the_cursor(
    instance: dg.DagsterInstance,
) -> None:
    for passed in (PASS, FAIL, PASS):
        evaluate(instance, passed=passed)
    found = drift_evaluations(instance, after=0.0)
    assert [item.passed for item in found] == [PASS, FAIL, PASS]
    assert [item.timestamp for item in found] == sorted(item.timestamp for item in found)
    assert drift_evaluations(instance, after=found[0].timestamp) == found[1:]
    assert drift_evaluations(instance, after=found[-1].timestamp) == []


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
    world = WorldResource(home=str(home))
    resources = {"world": world}
    with dg.build_schedule_context(instance=instance, resources=resources) as context:
        return schedule(context)


@pytest.mark.slow
@SCHEDULES
@pytest.mark.usefixtures("small_league")
def test_a_schedule_asks_for_the_current_season_and_knows_every_other_one(
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
    stored_instance: dg.DagsterInstance,
    finished_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = copy_of(finished_home, tmp_path / "home")
    tick(weekly_schedule, stored_instance, home)
    (home / "data" / "gold").rename(tmp_path / "gold")
    monkeypatch.setenv("NFL_SIGNALS_SIMULATOR__N_SEASONS", "8")
    assert isinstance(tick(weekly_schedule, stored_instance, home), dg.SkipReason)
    (tmp_path / "gold").rename(home / "data" / "gold")
    request = tick(weekly_schedule, stored_instance, home)
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == "2025"
    assert "2025" in stored_instance.get_dynamic_partitions("season")


@SCHEDULES
@pytest.mark.usefixtures("small_league")
def test_a_schedule_waits_with_a_reason_until_there_is_data(
    schedule: Schedule, stored_instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    answer = tick(schedule, stored_instance, tmp_path)
    assert answer == dg.SkipReason("no data yet: run the job `everything` once")
    assert stored_instance.get_dynamic_partitions("season") == []
