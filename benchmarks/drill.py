"""A forecast goes wrong, week after week passes, and the real Dagster daemon has to answer the alarm."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
from dagster._core.scheduler.instigation import SensorInstigatorData
from swapped_champion import SWAPPED, champion, swap
from terminal import quiet, run, show

from nfl_signals.core.files import read_parquet, write_text
from nfl_signals.core.settings import PROJECT_ROOT, describe, load_settings
from nfl_signals.definitions import defs
from nfl_signals.defs.automation import UNFINISHED
from nfl_signals.defs.checks import DRIFT_CHECK
from nfl_signals.defs.launch import prepare_instance, run_job
from nfl_signals.registry import decision_log
from nfl_signals.workspace.run_context import RunContext, open_run

MANUAL = """\
Two drills on a simulated league in a folder of their own, with `dagster-daemon` running: its sensor
starts what has to be done, nobody else does. From week 2 of the last season on, favourites and
underdogs are swapped in the champion's moneyline forecasts, as by a sign error in a release.
Each week's results arrive, the job weekly_refresh runs, and the daemon is given time to answer.

  cured      the retrained model is sound: one alert, one recalibration tried, one retraining, a
             promotion by the gate, recovery.
  persistent the cause lies outside the model and swaps its replacement's forecasts as well: one alert,
             one retraining, an escalation, and no second retraining.

Exits with 1 where a drill ends in any other way.
"""
SWAPPED_FROM = 2  # week
WEEKS = 21
AFTERWARDS = 2  # weeks after the end, in which nothing more may happen
PATIENCE_SECONDS = 300.0
LEAGUE = """\
signal_source: champion
source: simulated
simulator: {{first_season: 2016, n_seasons: 8, weeks_played: {weeks}}}
"""


@dataclass(frozen=True, kw_only=True)
class Week:
    """What was to be seen after one week and all answers to it."""

    week: int
    champion: str
    alerts: list[dict[str, Any]]
    flags: set[str]
    runs: dict[str, int]  # finished runs by job


@dataclass(kw_only=True)
class Story:
    """A drill from its first week to its last."""

    weeks: list[Week] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def expect(self, holds: bool, words: str) -> None:
        """Note what should have been so and was not."""
        if not holds:
            self.problems.append(words)


def main() -> None:
    """Run the drills asked for and print what happened week by week."""
    options = _arguments()
    home = Path(options.home).resolve()
    prepared = home / "prepared"
    _prepare(prepared)
    problems = []
    for name in options.drill:
        folder = home / name
        shutil.copytree(prepared, folder, dirs_exist_ok=True)
        started = time.monotonic()
        story = _drill(folder, persistent=name == "persistent")
        _print(name, story, time.monotonic() - started)
        problems += [f"{name}: {problem}" for problem in story.problems]
    for problem in problems:
        print(f"NOT AS IT SHOULD BE: {problem}")
    sys.exit(1 if problems else 0)


def _prepare(home: Path) -> None:
    """A home that has run once, before the season's first week."""
    home.mkdir(parents=True)
    context = _play_until(home, weeks=0)
    _show_step("first run", context)
    run_job(defs, "everything", context, _where(context), quiet, seasons=context.seasons)


def _drill(home: Path, *, persistent: bool) -> Story:
    story, context = Story(), _play_until(home, weeks=0)
    prepare_instance(context.paths)
    with _daemon(home):
        for week in range(1, WEEKS + 1):
            context = _play_until(home, weeks=week)
            if week == SWAPPED_FROM - 1:
                swap(context)
            run_job(
                defs,
                "weekly_refresh",
                context,
                _where(context),
                quiet,
                seasons=context.seasons[-1:],
            )
            _wait_for_answers()
            story.weeks.append(_look(context, week))
            _show_step(f"week {week}", context)
            if persistent and champion(context).step == "retraining":
                swap(context)
            done = len(story.weeks) > AFTERWARDS
            if done and _ended(story.weeks[-1 - AFTERWARDS], persistent=persistent):
                break
    _judge(story, context, persistent=persistent)
    return story


def _judge(story: Story, context: RunContext, *, persistent: bool) -> None:
    """Hold what happened against what should have."""
    alerts, decisions = story.weeks[-1].alerts, decision_log.read(context.paths.history)
    grave = [alert for alert in alerts if alert["severity"] != "info"]
    steps = [each.step for each in decisions if each.alerts]
    runs = story.weeks[-1].runs
    story.expect(len(grave) == 1, f"one episode, found {len(grave)}")
    story.expect({a["market"] for a in grave} == {SWAPPED}, f"an alert on {SWAPPED} alone")
    story.expect({a["severity"] for a in grave} == {"critical"}, "of severity critical")
    flagged = [week.week for week in story.weeks if week.flags & {"warning", "critical"}]
    story.expect(bool(flagged), "predictions flagged while it is open")
    story.expect(steps == ["recalibration", "retraining"], f"one of each step, found {steps}")
    story.expect(runs.get("recalibration") == 1, f"one run of recalibration, found {runs}")
    story.expect(runs.get("retraining") == 1, f"one run of retraining, found {runs}")
    if persistent:
        story.expect(all(a["escalated"] for a in grave), "an escalation")
    else:
        story.expect({a["state"] for a in grave} == {"recovered"}, "recovery")
        story.expect(champion(context).step == "retraining", "the retrained model promoted")


def _ended(week: Week, *, persistent: bool) -> bool:
    """A person is called, or nothing is wrong any more; the gate may decide after it called a person."""
    grave = [alert for alert in week.alerts if alert["severity"] != "info"]
    over = [alert["state"] == "recovered" or (persistent and alert["escalated"]) for alert in grave]
    return bool(grave) and all(over)


def _play_until(home: Path, *, weeks: int) -> RunContext:
    """Let so many weeks of the last season be played."""
    write_text(home / "signals.yaml", LEAGUE.format(weeks=weeks))
    return open_run(load_settings(home=home))


@contextmanager
def _daemon(home: Path) -> Iterator[None]:
    """The real daemon, for as long as the drill takes; it logs into the home."""
    environment = os.environ | {"NFL_SIGNALS_HOME": str(home), "PYTHONWARNINGS": "ignore"}
    command = [
        sys.executable,
        "-m",
        "dagster._daemon",
        "run",
        "-w",
        str(PROJECT_ROOT / "workspace.yaml"),
    ]
    with (home / "daemon.log").open("w") as log:
        daemon = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield
        finally:
            os.killpg(daemon.pid, signal.SIGINT)
            daemon.wait(timeout=60)


def _wait_for_answers() -> None:
    """Until the sensor has read the newest evaluation and nothing that it started is under way."""
    until = time.monotonic() + PATIENCE_SECONDS
    with dg.DagsterInstance.get() as instance:
        while not _settled(instance):
            if time.monotonic() > until:
                raise SystemExit(f"no answer of the daemon within {PATIENCE_SECONDS:.0f} s")
            time.sleep(0.5)


def _settled(instance: dg.DagsterInstance) -> bool:
    """Whether the sensor has read the newest evaluation and no run is under way."""
    underway = dg.RunsFilter(statuses=UNFINISHED)
    if instance.get_runs_count(underway):
        return False
    cursors = [
        float(state.instigator_data.cursor)
        for state in instance.all_instigator_state()
        if isinstance(state.instigator_data, SensorInstigatorData)
        and state.name == "retrain_on_drift"
        and state.instigator_data.cursor
    ]
    latest = instance.get_latest_asset_check_evaluation_record(DRIFT_CHECK)
    newest = latest.event.timestamp if latest and latest.event else 0.0
    return max(cursors, default=0.0) >= newest and not instance.get_runs_count(underway)


def _look(context: RunContext, week: int) -> Week:
    with dg.DagsterInstance.get() as instance:
        done = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS]))
        jobs = [each.job_name for each in done]
    upcoming = read_parquet(context.paths.upcoming).filter(pl.col("market") == SWAPPED)
    return Week(
        week=week,
        champion=champion(context).version,
        alerts=read_parquet(context.paths.alerts).filter(pl.col("book") == "production").to_dicts(),
        flags=set(upcoming["period_flag"]),
        runs={job: jobs.count(job) for job in sorted(set(jobs))},
    )


def _print(name: str, story: Story, seconds: float) -> None:
    rows = [
        [
            str(week.week),
            week.champion,
            ", ".join(sorted(week.flags)),
            "; ".join(
                f"{a['market']} {a['severity']} {a['state']}: {a['action']}" for a in week.alerts
            ),
            str(week.runs.get("recalibration", 0)),
            str(week.runs.get("retraining", 0)),
        ]
        for week in story.weeks
    ]
    columns = ["after week", "champion", "flag", "alerts", "recalibrations", "retrainings"]
    show(f"Drill {name}: {seconds:.0f} s", columns, rows)


def _where(context: RunContext) -> dict[str, Any]:
    return {"home": str(context.paths.home), "as_of": describe(context.as_of)}


def _show_step(what: str, context: RunContext) -> None:
    print(f"{what}, as of {describe(context.as_of)}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=MANUAL, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", required=True, help="new or empty folder to work in")
    parser.add_argument(
        "--drill", nargs="+", choices=["cured", "persistent"], default=["cured", "persistent"]
    )
    options = parser.parse_args()
    if Path(options.home).exists() and any(Path(options.home).iterdir()):
        parser.error(f"--home: {options.home} is not empty")
    return options


if __name__ == "__main__":
    run(main)
