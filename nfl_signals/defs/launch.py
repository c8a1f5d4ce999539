"""Run the jobs in this process, on the instance that the UI shows: what the command line uses."""

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from dagster._core.errors import DagsterAssetCheckFailedError, DagsterExecutionInterruptedError
from yaml import YAMLError

from nfl_signals.core.errors import NflSignalsError, SettingsError
from nfl_signals.core.files import write_text
from nfl_signals.core.paths import Paths
from nfl_signals.core.storage import storing
from nfl_signals.defs.dead_runs import end_dead_runs
from nfl_signals.defs.partitions import range_tags, sync_seasons
from nfl_signals.workspace.home_files import usual
from nfl_signals.workspace.run_context import RunContext

CONFIGURATION = "dagster.yaml"
REASON = 200  # characters of Dagster's own message
StepListener = Callable[[str, int, int], None]
"""Name of the finished step, steps finished, steps in all."""


def prepare_instance(paths: Paths) -> None:
    """Give the home a Dagster instance folder and point this process at it."""
    configuration = paths.dagster_home / CONFIGURATION
    if not configuration.exists():
        write_text(configuration, usual(CONFIGURATION))
    os.environ["DAGSTER_HOME"] = str(paths.dagster_home)
    os.environ["NFL_SIGNALS_HOME"] = str(paths.home)


@contextmanager
def instance_of(paths: Paths) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance of a home, prepared.

    Raises:
        SettingsError: its dagster.yaml is not one.
        StorageError: its files cannot be read or written, by whatever happens inside the block.
    """
    prepare_instance(paths)
    with storing(paths.dagster_home):
        try:
            opened = dg.DagsterInstance.get()
        except (dg.DagsterInvalidConfigError, YAMLError) as error:
            reason = " ".join(str(error).split())[:REASON]
            raise SettingsError(
                f"{paths.dagster_home / CONFIGURATION}: not a configuration of Dagster ({reason}); "
                "correct it, or remove it: the next run writes the usual one."
            ) from error
        with opened as instance:
            yield instance


def register_seasons(run_context: RunContext) -> None:
    """Prepare the instance and make its partitions the run's seasons."""
    with instance_of(run_context.paths) as instance:
        sync_seasons(instance, run_context.seasons)


def end_dead_runs_of(paths: Paths) -> list[str]:
    """End the runs of a home's instance whose process is gone; a sentence for each."""
    with instance_of(paths) as instance:
        return end_dead_runs(instance, now=datetime.now(UTC))


def run_job(
    defs: dg.Definitions,
    name: str,
    run_context: RunContext,
    overrides: dict[str, Any],
    listener: StepListener,
    *,
    seasons: Sequence[int],
) -> None:
    """Execute a job over a range of seasons, in one run in this process.

    Args:
        defs: the project's definitions.
        name: of the job.
        run_context: whose home and seasons the instance is prepared for.
        overrides: configuration of the resource `run_context`; None means not given.
        listener: called after every step.
        seasons: ascending and without gaps among the run's.

    Raises:
        NflSignalsError: the error of the step that failed, or the messages of the failed checks.
    """
    job = defs.resolve_job_def(name)
    watcher = _Watcher(total=len(job.graph.node_defs), listener=listener)
    run_id = str(uuid.uuid4())
    given = {field: value for field, value in overrides.items() if value is not None}
    with instance_of(run_context.paths) as instance:
        sync_seasons(instance, run_context.seasons)
        instance.add_event_listener(run_id, watcher)
        try:
            job.execute_in_process(
                instance=instance,
                run_id=run_id,
                run_config={
                    "resources": {"run_context": {"config": given}},
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
                tags=range_tags(seasons),
            )
        except DagsterAssetCheckFailedError:
            raise NflSignalsError("; ".join(watcher.failed_checks)) from None
        except (DagsterExecutionInterruptedError, KeyboardInterrupt):
            raise NflSignalsError(
                f"interrupted after {watcher.done} of {watcher.total} steps, whose results are stored; run "
                "the command again."
            ) from None


class _Watcher:
    """Counts finished steps and keeps the messages of failed blocking checks."""

    def __init__(self, *, total: int, listener: StepListener) -> None:
        self.total = total
        self.listener = listener
        self.done = 0
        self.failed_checks: list[str] = []

    def __call__(self, entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if event is None:
            return
        if event.event_type == dg.DagsterEventType.STEP_SUCCESS:
            self.done += 1
            self.listener(str(event.step_key), self.done, self.total)
        elif event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if check.blocking and not check.passed:
                name = f"{check.asset_key.to_user_string()}, check {check.check_name}"
                self.failed_checks.append(f"{name}: {check.description}")
