"""A run whose process is gone holds nobody up; one that is alive is left alone."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.utils import make_new_run_id

from nfl_signals.defs.automation import end_dead_runs_sensor
from nfl_signals.defs.dead_runs import LOCKED, UNTIL_LOCKED, end_dead_runs, hold_lock
from nfl_signals_tests.conftest import SMALL_LEAGUE
from nfl_signals_tests.support.homes import copy_of, environment_of, nfl_signals

STARTING, STARTED, CANCELING = (
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)
FAILURE, CANCELED = dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED
HOLD = """
import sys
from filelock import FileLock
lock = FileLock(sys.argv[1]).acquire()
print("held", flush=True)
sys.stdin.read()
"""


def a_run(
    instance: dg.DagsterInstance,
    status: dg.DagsterRunStatus = STARTED,
    *,
    tags: dict[str, str] | None = None,
) -> str:
    run = dg.DagsterRun(
        job_name="retraining", run_id=make_new_run_id(), status=status, tags=tags or {}
    )
    return instance.add_run(run).run_id


def lock_of(instance: dg.DagsterInstance, run_id: str) -> Path:
    return Path(instance.root_directory) / "running" / f"{run_id}.lock"


def process_of(instance: dg.DagsterInstance, run_id: str) -> subprocess.Popen[str]:
    """A process that holds the run's lock, as that of the run does."""
    lock = lock_of(instance, run_id)
    lock.parent.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def status_of(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def swept(instance: dg.DagsterInstance, *, later: timedelta = timedelta(0)) -> list[str]:
    return end_dead_runs(instance, now=datetime.now(UTC) + later)


@pytest.mark.parametrize(
    ("status", "ended"), [(STARTING, FAILURE), (STARTED, FAILURE), (CANCELING, CANCELED)]
)
def test_a_run_is_left_alone_while_its_process_lives_and_ended_once_it_is_killed(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus, ended: dg.DagsterRunStatus
) -> None:
    run_id = a_run(instance, status)
    process = process_of(instance, run_id)
    assert swept(instance, later=timedelta(days=1)) == []
    assert status_of(instance, run_id) is status
    kill(process)
    assert swept(instance) == [f"run {run_id[:8]} (retraining): its process is gone; it is ended"]
    assert status_of(instance, run_id) is ended
    assert swept(instance) == []


def test_a_run_that_has_not_taken_its_lock_yet_has_three_minutes_to_do_so(
    instance: dg.DagsterInstance,
) -> None:
    run_id = a_run(instance)
    assert swept(instance, later=UNTIL_LOCKED - timedelta(seconds=5)) == []
    assert len(swept(instance, later=UNTIL_LOCKED + timedelta(seconds=5))) == 1
    assert status_of(instance, run_id) is FAILURE


def test_a_run_that_took_its_lock_on_another_machine_is_that_machines(
    instance: dg.DagsterInstance,
) -> None:
    run_id = a_run(instance, tags={LOCKED: "true"})
    assert swept(instance, later=timedelta(days=1)) == []
    assert status_of(instance, run_id) is STARTED


def test_a_run_holds_its_lock_in_this_process_however_often_it_is_asked(
    instance: dg.DagsterInstance,
) -> None:
    run_id = a_run(instance)
    hold_lock(instance, run_id)
    hold_lock(instance, run_id)
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.tags[LOCKED] == "true"
    assert swept(instance, later=timedelta(days=1)) == []


def test_locks_of_finished_runs_are_removed_and_those_of_others_stay(
    instance: dg.DagsterInstance,
) -> None:
    finished, at_work = a_run(instance), a_run(instance)
    hold_lock(instance, at_work)
    lock_of(instance, finished).touch()
    instance.report_run_failed(instance.get_run_by_id(finished), "of its own")
    swept(instance)
    assert not lock_of(instance, finished).exists()
    assert lock_of(instance, at_work).exists()


def test_the_sensor_ends_dead_runs_and_says_which(instance: dg.DagsterInstance) -> None:
    run_id = a_run(instance)
    kill(process_of(instance, run_id))
    with dg.build_sensor_context(instance=instance) as context:
        answer = end_dead_runs_sensor(context)
    assert isinstance(answer, dg.SkipReason)
    assert answer.skip_message == f"run {run_id[:8]} (retraining): its process is gone; it is ended"
    assert status_of(instance, run_id) is FAILURE


@pytest.mark.slow
def test_a_command_that_was_killed_is_ended_by_the_next_one(
    finished_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copy_of(finished_home, tmp_path / "home")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("NFL_SIGNALS_")}
    week = subprocess.Popen(
        [sys.executable, "-m", "nfl_signals.cli.main", "week"],
        env=inherited | environment_of(home, SMALL_LEAGUE),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert week.stdout is not None
    assert any(line.startswith("[1/") for line in week.stdout)  # its first step is done
    kill(week)
    done = nfl_signals("outcomes", home=home, extra=SMALL_LEAGUE)
    assert done.code == 0, done.err
    assert re.search(r"run \w{8} \(weekly_refresh\): its process is gone; it is ended", done.out)
    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster_home"))
    with dg.DagsterInstance.get() as instance:
        statuses = [run.status for run in instance.get_runs()]
    assert sorted(statuses, key=str) == [FAILURE, dg.DagsterRunStatus.SUCCESS]
