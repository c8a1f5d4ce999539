"""A league plays on while processes of its home are killed and its files go bad: nothing may wedge or lie."""

import argparse
import random
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from json import loads
from math import ceil, isfinite
from pathlib import Path
from typing import Any

import dagster as dg
from published_league import PublishedLeague, Week
from soak_disturbances import Killer, Spans, Spoiler
from soak_report import (
    SERVERS,
    Sample,
    disk,
    judge_messages,
    judge_predictions,
    judge_runs,
    judge_sizes,
    leftovers,
    recovery,
    unpredicted,
)
from soaked_home import Attempt, SoakedHome
from swapped_champion import swap
from terminal import run

from nfl_signals.alerts.outbox import read_outbox
from nfl_signals.core.files import write_json
from nfl_signals.workspace.last_run import as_last_run
from nfl_signals.workspace.run_context import open_run

MANUAL = """\
Plays a simulated league week by week with `nfl-signals ui` on: webserver, code server, daemon, sensors.
A week has four mornings. On the first three `weekly_refresh` is started until every game of the week is
predicted, on the fourth `daily_outcomes`; as drawn, like the schedule in Dagster or like a person in a
terminal. The champion's moneylines are swapped from the start: alerts are told and answered. Meanwhile

  - a process is drawn and killed with SIGKILL: of `nfl-signals ui` and what it has started, a run in
    Dagster, a run in a terminal. What has to live is started again, as a service manager would;
  - a file of the release is altered as a feed might; the next morning it is as it should be.

At the end the last week is played to its end and nothing is disturbed until no run is unfinished. Exits
with 1 where a played game was not predicted before its kickoff, `nfl-signals verify` fails, a run is
left unfinished, a message was sent twice, or disk or memory are not flat. Linux only.
"""
SEED = 20_261_128
FIRST_SEASON, TRAINED_ON, WEEKS_A_SEASON = 2016, 4, 20
TICK_SECONDS, RETRY_SECONDS = 0.5, 5.0
PATIENCE = 1 / 3  # of a week, for a run in Dagster that does not end
DEADLINE_SECONDS = 300.0  # for everything that is unfinished at the end
SAMPLES = 30  # at least, and one a minute
WEEKLY, DAILY = "weekly_refresh", "daily_outcomes"


@dataclass(kw_only=True)
class Soak:
    """Everything that goes on at the same time, one tick after the other."""

    options: argparse.Namespace
    home: SoakedHome
    league: PublishedLeague
    instance: dg.DagsterInstance
    began: float = field(default_factory=time.monotonic)
    samples: list[Sample] = field(default_factory=list)
    attempt: Attempt | None = None
    again_at: float = 0.0  # when an attempt is given up, or another one is made
    task: str = ""  # what is to be done this morning
    done: bool = False

    def __post_init__(self) -> None:
        seed, seconds = self.options.seed, self.options.kill_seconds
        self.chance = random.Random(seed)
        kills = Spans(seconds=seconds, chance=random.Random(seed + 1))
        self.killer = Killer(home=self.home, spans=kills, say=self.say)
        spans = Spans(seconds=self.options.bad_seconds, chance=random.Random(seed + 2))
        self.spoiler = Spoiler(league=self.league, spans=spans, say=self.say)
        self.sample_every = min(60.0, self.options.minutes * 60 / SAMPLES)

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began

    def say(self, words: str) -> None:
        """One line of progress."""
        print(f"{self.now:6.0f} s  {words}", flush=True)

    def play(self, weeks: Sequence[Week]) -> None:
        """All weeks, disturbed, and the end of the last one, undisturbed."""
        until = 0.0
        for week in weeks:
            for instant in week.mornings:
                job = DAILY if instant == week.mornings[-1] else WEEKLY
                self._owe(f"{job} of {week.name}")
                self._move(week, instant)
                until += self.options.week_seconds / len(week.mornings)
                while self.now < until:
                    self._tick(week, job)
                    self.killer.tick(self.now)
                    self.spoiler.tick(self.now)
        self._settle(weeks[-1])

    def _settle(self, week: Week) -> None:
        """The results of the last week get in, and nothing is left under way."""
        self.say("left alone from here on")
        self._move(week, week.tuesday + timedelta(days=7))
        self._owe(f"the end of {week.name}")
        until = self.now + DEADLINE_SECONDS
        while self.now < until:
            self._tick(week, DAILY)
            if self.done and self.home.loaded() and not self.home.unfinished(self.instance):
                break
        self.say("everything has ended" if self.now < until else "something does not end")

    def _owe(self, task: str) -> None:
        """Another task is begun whatever became of the one before."""
        if task != self.task:
            self.task, self.done, self.attempt, self.again_at = task, False, None, self.now

    def _move(self, week: Week, instant: datetime) -> None:
        self.league.move(instant)
        self.home.set_clock(instant)
        self.say(f"{week.name}: {instant:%a %Y-%m-%d %H:%M}")

    def _tick(self, week: Week, job: str) -> None:
        self.home.keep_ui(self.say)
        if self.attempt is not None:
            self._look_after(self.attempt, week)
        elif not self.done and self.now >= self.again_at:
            self._start(job)
        if self.now >= self.sample_every * len(self.samples):
            memory = self.home.memory(SERVERS)
            found = Sample(seconds=self.now, memory=memory, disk=disk(self.home.paths.home))
            self.samples.append(found)
        time.sleep(TICK_SECONDS)

    def _start(self, job: str) -> None:
        in_dagster = self.chance.random() < 0.5 and self.home.loaded()
        self.attempt = self.home.start(job, in_dagster=in_dagster, instance=self.instance)
        patience = self.options.week_seconds * PATIENCE
        self.again_at = self.now + (patience if self.attempt else RETRY_SECONDS)

    def _look_after(self, attempt: Attempt, week: Week) -> None:
        well = self.home.ended(attempt, self.instance)
        if well is None and (attempt.process is not None or self.now < self.again_at):
            return
        self.attempt, self.again_at = None, self.now + RETRY_SECONDS
        said = {None: "does not end", True: "good", False: "failed"}[well]
        if well and attempt.job == WEEKLY and (missing := unpredicted(self.home.paths, week)):
            said = f"good, but {len(missing)} games of {week.name} are not predicted"
            self.again_at = self.now + self.options.week_seconds / len(week.mornings)
        elif well:
            self.done = True
        self.say(f"  {attempt.job} in {'a terminal' if attempt.process else 'Dagster'}: {said}")

    def good_runs(self) -> list[tuple[float, float]]:
        """Start and end of every run that succeeded, by the clock."""
        good = dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS])
        records = self.instance.get_run_records(good)
        return [(e.start_time, e.end_time) for e in records if e.start_time and e.end_time]


@contextmanager
def receiver() -> Iterator[tuple[str, list[str]]]:
    """An address that takes messages, and those that came."""
    came: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = loads(self.rfile.read(int(self.headers["Content-Length"])))
            came.append(f"{message['title']}: {message['message']}")
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Progress is all that is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"json://127.0.0.1:{server.server_address[1]}/", came
    finally:
        server.shutdown()


def main() -> None:
    """Prepare, play, judge."""
    options = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended then too
    work = Path(options.work).resolve()
    n_weeks = max(1, round(options.minutes * 60 / options.week_seconds))
    seasons = TRAINED_ON + ceil(n_weeks / WEEKS_A_SEASON)
    league = PublishedLeague(work, first_season=FIRST_SEASON, n_seasons=seasons, seed=options.seed)
    weeks = list(islice(league.weeks(FIRST_SEASON + TRAINED_ON), n_weeks))
    with receiver() as (address, messages):
        home = SoakedHome(work, league.release, port=options.port or _free_port(), notify=address)
        prepare(home, league, weeks[0])
        with dg.DagsterInstance.get() as instance:
            soak = Soak(options=options, home=home, league=league, instance=instance)
            try:
                soak.play(weeks)
                problems, found = judge(soak, weeks, messages)
            finally:
                home.stop()
    write_json(work / "soak.json", {"problems": problems, **found, "options": vars(options)})
    for problem in problems:
        print(f"NOT AS IT SHOULD BE: {problem}")
    sys.exit(1 if problems else 0)


def prepare(home: SoakedHome, league: PublishedLeague, week: Week) -> None:
    """A home that has run once, and serves a champion gone wrong."""
    league.move(week.tuesday)
    home.set_clock(week.tuesday)
    print(f"first run in {home.paths.home}", flush=True)
    if home.command("run").wait() != 0:
        raise SystemExit(f"the first run failed; see {home.logs}")
    swap(open_run(as_last_run()))


def judge(
    soak: Soak, weeks: Sequence[Week], messages: Sequence[str]
) -> tuple[list[str], dict[str, Any]]:
    """Problems, and figures for the record."""
    paths, verify = soak.home.paths, soak.home.command("verify", log="verify.log")
    problems = judge_predictions(paths, soak.league, weeks)
    problems += judge_runs(soak.home.unfinished(soak.instance))
    problems += judge_messages(paths, messages)
    problems += judge_sizes(soak.samples, weeks=len(weeks))
    if verify.wait() != 0:
        failed = (soak.home.logs / "verify.log").read_text().splitlines()
        problems += ["verify: " + line for line in failed if line.startswith("FAILED")]
    if not soak.done:
        problems.append("the results of the last week did not get in")
    times = recovery(soak.killer.kills, soak.good_runs())
    figures = {
        "weeks": len(weeks),
        "games": sum(len(week.games) for week in weeks),
        "good runs": len(soak.good_runs()),
        "starts of the UI": soak.home.ui_starts,
        "messages": len(messages),
        "interrupted": sum(
            e.status == "interrupted" for e in read_outbox(paths.deliveries).values()
        ),
        "bad files": soak.spoiler.names,
        "temporary files left": leftovers(paths.home),
    }
    for name, value in figures.items():
        print(f"{name}: {value}")
    kills = {
        what: [round(e, 1) if isfinite(e) else None for e in found] for what, found in times.items()
    }
    return problems, {**figures, "kills": kills, "samples": [asdict(e) for e in soak.samples]}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=MANUAL, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", required=True, help="new folder: home, release, logs, soak.json")
    for name, default, meaning in (
        ("minutes", 60, "how long weeks are played"),
        ("week-seconds", 120, "length of a week"),
        ("kill-seconds", 60, "one kill in so many"),
        ("bad-seconds", 300, "one bad file in so many"),
    ):
        words = f"{meaning}; default: {default}"
        parser.add_argument(f"--{name}", type=float, default=default, help=words)
    parser.add_argument("--seed", type=int, default=SEED, help=f"default: {SEED}")
    parser.add_argument("--port", type=int, help="of the UI; default: a free one")
    options = parser.parse_args()
    if Path(options.work).exists() and any(Path(options.work).iterdir()):
        parser.error(f"--work: {options.work} is not empty")
    return options


if __name__ == "__main__":
    run(main)
