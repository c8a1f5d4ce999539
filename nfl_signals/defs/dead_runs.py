"""Runs whose process is gone: ended, so that nothing queues behind them.

Every run holds the lock of a file of its own while it lives; the operating system drops it when the
process ends, however it ends. A run that Dagster believes to be under way and whose lock is free is dead.
Runs that never start, are cancelled in vain, or last for hours are Dagster's own (`run_monitoring` in
dagster.yaml).
"""

from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
from filelock import FileLock, Timeout

LOCKED = "nfl_signals/locked"
"""Tag of a run that has taken its lock; where that is not here, another machine has it."""
UNTIL_LOCKED = timedelta(minutes=3)
"""A run takes its lock with its first resource, seconds after its start."""
UNDER_WAY = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_held: dict[Path, FileLock] = {}


def hold_lock(instance: dg.DagsterInstance, run_id: str) -> None:
    """Take a run's lock for as long as this process lives: longer than the run, whatever its end."""
    path = _lock(instance, run_id)
    if path in _held:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    _held[path] = FileLock(path)
    _held[path].acquire(timeout=0)
    instance.add_run_tags(run_id, {LOCKED: "true"})


def end_dead_runs(instance: dg.DagsterInstance, *, now: datetime) -> list[str]:
    """End every run whose process is gone; returns a sentence for each."""
    ended, limit = [], now - UNTIL_LOCKED
    for record in instance.get_run_records(dg.RunsFilter(statuses=UNDER_WAY)):
        run = record.dagster_run
        if not _is_dead(_lock(instance, run.run_id), record, never_locked_before=limit):
            continue
        sentence = f"run {run.run_id[:8]} ({run.job_name}): its process is gone; it is ended"
        if run.status == dg.DagsterRunStatus.CANCELING:
            instance.report_run_canceled(run, sentence)
        else:
            instance.report_run_failed(run, sentence)
        ended.append(sentence)
    _remove_locks_of_finished(instance)
    return ended


def _remove_locks_of_finished(instance: dg.DagsterInstance) -> None:
    for lock in _lock(instance, "any").parent.glob("*.lock"):
        run = instance.get_run_by_id(lock.stem)
        if run is None or run.is_finished:
            lock.unlink(missing_ok=True)


def _lock(instance: dg.DagsterInstance, run_id: str) -> Path:
    return Path(instance.root_directory) / "running" / f"{run_id}.lock"


def _is_dead(lock: Path, record: dg.RunRecord, *, never_locked_before: datetime) -> bool:
    if not lock.exists():
        locked = LOCKED in record.dagster_run.tags
        return not locked and record.create_timestamp < never_locked_before
    try:
        with FileLock(lock, timeout=0):
            return True
    except Timeout:
        return False
