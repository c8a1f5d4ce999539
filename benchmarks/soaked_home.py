"""The home under a soak as its operator sees it: `nfl-signals ui` kept alive, jobs started and awaited."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Container
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg
import processes

from nfl_signals.core.errors import NflSignalsError
from nfl_signals.core.files import write_text
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import describe
from nfl_signals.defs.automation import UNFINISHED, daily_schedule, weekly_schedule
from nfl_signals.workspace.last_run import as_last_run
from nfl_signals.workspace.run_context import open_run

SETTINGS = """\
source: nflverse
nflverse: {release}
as_of: {as_of}
clock: as_of
training: {{learners: [logistic], min_learner_seasons: 1, min_stack_seasons: 1,
  min_calibration_seasons: 1, purged_folds: 2}}
"""
SCHEDULES = {"weekly_refresh": weekly_schedule, "daily_outcomes": daily_schedule}
COMMANDS = {"weekly_refresh": "week", "daily_outcomes": "outcomes"}
LOOK_SECONDS = 5.0  # between two looks at whether the UI answers
GRACE_SECONDS = 30.0  # without an answer before it is started again
ANSWER_SECONDS = 5.0
LOADED = "{repositoriesOrError {... on RepositoryConnection {nodes {name location {name}}}}}"
LAUNCH = """mutation ($params: ExecutionParams!) {launchRun(executionParams: $params)
  {__typename ... on LaunchRunSuccess {run {runId}} ... on Error {message}}}"""


@dataclass(kw_only=True)
class Attempt:
    """A job that was started: in a terminal (`process`) or in Dagster (`run_id`)."""

    job: str
    process: "subprocess.Popen[bytes] | None" = None
    run_id: str = ""


class SoakedHome:
    """One home, its UI and its runs."""

    def __init__(self, work: Path, release: Path, *, port: int, notify: str) -> None:
        self.paths, self.release, self.port = Paths(work / "home"), release, port
        self.logs = work / "logs"
        self.logs.mkdir(parents=True)
        self.paths.home.mkdir()
        # As in the environment of a service; this process reads the same settings.
        for name in [name for name in os.environ if name.startswith(("NFL_SIGNALS_", "DAGSTER_"))]:
            del os.environ[name]
        os.environ["NFL_SIGNALS_HOME"] = str(self.paths.home)
        os.environ["NFL_SIGNALS_MONITOR__NOTIFY"] = notify
        os.environ["DAGSTER_HOME"] = str(self.paths.dagster_home)
        os.environ["PYTHONWARNINGS"] = "ignore"
        os.environ["COLUMNS"] = "500"  # a line of output is a line of the log
        self.ui: subprocess.Popen[bytes] | None = None
        self.terminals: list[subprocess.Popen[bytes]] = []
        self.ui_starts, self._answered, self._looked = 0, 0.0, 0.0

    def set_clock(self, instant: datetime) -> None:
        """Every run that starts from now on works as of this instant."""
        values = {"release": self.release, "as_of": describe(instant)}
        write_text(self.paths.home / "signals.yaml", SETTINGS.format(**values))

    def command(self, *arguments: str, log: str = "terminal.log") -> "subprocess.Popen[bytes]":
        """`nfl-signals ...` in a session of its own."""
        whole = [sys.executable, "-m", "nfl_signals.cli.main", *arguments]
        return processes.start(whole, environment=os.environ, log=self.logs / log)

    def living(self) -> list[processes.Process]:
        """Processes of the UI and of runs in terminals."""
        self.terminals = [each for each in self.terminals if each.poll() is None]
        started = [*self.terminals, *([self.ui] if self.ui else [])]
        return processes.living(each.pid for each in started)

    def memory(self, kinds: Container[str]) -> dict[str, int]:
        """Resident bytes by kind of process, of these kinds."""
        found: Counter[str] = Counter()
        for process in self.living():
            if process.kind in kinds:
                found[process.kind] += process.bytes
        return dict(found)

    def stop(self) -> None:
        """End the UI and the runs in terminals."""
        self.stop_ui()
        for each in self.terminals:
            processes.kill_session(each.pid)

    def keep_ui(self, say: Callable[[str], None]) -> None:
        """Start the UI where it has ended, or has not answered for `GRACE_SECONDS`: as a service manager."""
        now = time.monotonic()
        ended = self.ui is None or self.ui.poll() is not None
        if not ended and now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        if not ended and self.loaded():
            self._answered = now
        elif ended or now - self._answered > GRACE_SECONDS:
            if self.ui is not None:
                say(
                    "nfl-signals ui "
                    + ("ended" if ended else "does not answer")
                    + ": started again"
                )
                self.stop_ui()
            self.ui = self.command("ui", "--port", str(self.port), log="ui.log")
            self.ui_starts += 1
            self._answered = now + GRACE_SECONDS  # it takes a while to load

    def stop_ui(self) -> None:
        """End it and all that it started."""
        if self.ui is not None:
            with suppress(OSError):
                self.ui.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.ui.wait(timeout=GRACE_SECONDS)
            processes.kill_session(self.ui.pid)
            self.ui.wait()

    def loaded(self) -> bool:
        """Whether the webserver answers and shows the pipeline."""
        shown = self._ask(LOADED, {}).get("repositoriesOrError", {})
        return bool(shown.get("nodes"))

    def start(self, job: str, *, in_dagster: bool, instance: dg.DagsterInstance) -> Attempt | None:
        """Start a job as its schedule would, or in a terminal; None where it cannot be started."""
        if not in_dagster:
            process = self.command(COMMANDS[job])
            self.terminals.append(process)
            return Attempt(job=job, process=process)
        try:
            tags = self._scheduled(job, instance)
        except NflSignalsError:
            return None
        selector = {"repositoryLocationName": "nfl_signals", "repositoryName": "__repository__"}
        selector["pipelineName"] = job
        metadata = {"tags": [{"key": key, "value": value} for key, value in tags.items()]}
        asked = {"selector": selector, "runConfigData": {}, "executionMetadata": metadata}
        answer = self._ask(LAUNCH, {"params": asked}).get("launchRun", {})
        return Attempt(job=job, run_id=answer["run"]["runId"]) if answer.get("run") else None

    def ended(self, attempt: Attempt, instance: dg.DagsterInstance) -> bool | None:
        """Whether it ended well; None while it is under way."""
        if attempt.process is not None:
            code = attempt.process.poll()
            return None if code is None else code == 0
        run = instance.get_run_by_id(attempt.run_id)
        if run is None or not run.is_finished:
            return None
        return run.is_success

    def _scheduled(self, job: str, instance: dg.DagsterInstance) -> dict[str, str]:
        """Tags of the run that the job's schedule asks for."""
        opened = {"run_context": open_run(as_last_run())}
        tick = dg.build_schedule_context(instance=instance, resources=opened)
        request = SCHEDULES[job](tick)
        assert isinstance(request, dg.RunRequest), request
        partition = (
            {} if request.partition_key is None else {"dagster/partition": request.partition_key}
        )
        return {**request.tags, **partition}

    def _ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """What the webserver answers; nothing where it does not."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            data=json.dumps({"query": query, "variables": variables}).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                return dict(json.load(answer).get("data") or {})
        except (OSError, ValueError):
            return {}

    def unfinished(self, instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
        """Runs that Dagster believes to be under way or waiting."""
        return list(instance.get_runs(dg.RunsFilter(statuses=UNFINISHED)))
