"""Kill the weekly update again and again, and see whether anything is lost or sent twice."""

import argparse
import random
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import polars as pl
from terminal import run

from nfl_signals.alerts.delivery import Send, deliver
from nfl_signals.alerts.outbox import read_outbox
from nfl_signals.alerts.steps import update_alerts
from nfl_signals.core.files import read_parquet
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import load_settings
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.heads import heads_beside, noted_heads
from nfl_signals.monitoring.rolling_windows import COUNTED
from nfl_signals.monitoring.steps import update_metrics
from nfl_signals.workspace.run_context import RunContext, open_run

MANUAL = """\
A process plays the last season's weeks one after the other: it appends the week's forecasts of a model
that swaps the sides of the moneyline, grades, measures, opens alerts and notifies. It is killed (SIGKILL)
at a random moment, started anew, killed again, and at last left to end. What it leaves behind must be
what an undisturbed process leaves: the same ledger, metrics and alerts, byte by byte; every
notification is sent once, or noted as interrupted, and never twice.
"""
SEED = 20_260_203
STARTED, SENT = "started", "sent.txt"


def main() -> None:
    """Parent: kill and compare. With --child: play the season once."""
    options = _arguments()
    if options.child:
        play(Path(options.home))
        return
    problems = killed(
        Path(options.home), Path(options.work), kills=options.kills, seed=options.seed
    )
    for problem in problems:
        print(f"NOT AS IT SHOULD BE: {problem}")
    sys.exit(1 if problems else 0)


def killed(home: Path, work: Path, *, kills: int, seed: int) -> list[str]:
    """What differs between a process killed so many times and an undisturbed one.

    Args:
        home: a finished simulated home whose last season has begun; only read.
        work: folder for the two copies.
        kills: how often.
        seed: of the moments.
    """
    calm, shaken = (_copied(home, work / name) for name in ("calm", "shaken"))
    seconds = _run_through(calm)
    moments = random.Random(seed)
    for number in range(1, kills + 1):
        _kill(shaken, after=moments.uniform(0, seconds))
        print(f"kill {number} of {kills}", flush=True)
    _run_through(shaken)
    return _differences(Paths(calm), Paths(shaken))


def play(home: Path) -> None:
    """Play the season's weeks; whatever is there already stays as it is."""
    context = open_run(load_settings(home=home))
    forecasts = _swapped(context)
    (home / STARTED).touch()
    for week in forecasts["week"].unique().sort():
        rows = forecasts.filter(pl.col("week") == week)
        ledger.append(context.paths.ledger, rows)
        then = replace(context, as_of=_after(forecasts, week, context.as_of))
        update_metrics(then)
        alerts = update_alerts(then)
        deliver(context.paths.deliveries, alerts, _sender(home), attempts=3)


def _sender(home: Path) -> Send:
    """Writes notifications into a file instead of sending them."""

    def send(title: str, body: str) -> None:
        with (home / SENT).open("a") as file:
            file.write(f"{title}: {body}".replace("\n", " ") + "\n")

    return send


def _swapped(context: RunContext) -> pl.DataFrame:
    """The last season's walk-forward as production, with the sides of the moneyline swapped."""
    walked = ledger.read(context.paths.ledger).filter(
        COUNTED, book="learning", season=context.seasons[-1]
    )
    wrong = pl.when(market="moneyline").then(1 - pl.col("p_hat")).otherwise("p_hat")
    forecasts = walked.drop("seal").with_columns(
        p_hat=wrong,
        written_at="made_at",
        book=pl.lit("production"),
        period_flag=pl.lit("unmonitored"),
    )
    named = ledger.with_prediction_id(forecasts)
    return named.select(ledger.CONTENT).sort("season", "week", "game_id")


def _after(forecasts: pl.DataFrame, week: int, end: datetime) -> datetime:
    """When the next week's first forecasts are made; the end after the last."""
    return min([*forecasts.filter(pl.col("week") == week + 1)["made_at"], end])


def _run_through(home: Path) -> float:
    """Seconds from the start of its work to its end."""
    process = _start(home)
    began = time.monotonic()
    if process.wait() != 0:
        raise SystemExit(f"the process in {home} failed")
    return time.monotonic() - began


def _kill(home: Path, *, after: float) -> None:
    process = _start(home)
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _start(home: Path) -> "subprocess.Popen[bytes]":
    """A child that has been imported and is at work."""
    (home / STARTED).unlink(missing_ok=True)
    process = subprocess.Popen([sys.executable, __file__, "--child", "--home", str(home)])
    while not (home / STARTED).exists() and process.poll() is None:
        time.sleep(0.01)
    return process


def _differences(calm: Paths, shaken: Paths) -> list[str]:
    problems = [
        f"{name} differs"
        for name in ("ledger", "calibration", "reliability", "weekly_evidence", "alerts")
        if getattr(calm, name).read_bytes() != getattr(shaken, name).read_bytes()
    ]
    noted = noted_heads(heads_beside(shaken.ledger))
    problems += ledger.verify(ledger.read(shaken.ledger), noted=noted)
    expected, sent = ((each.home / SENT).read_text().splitlines() for each in (calm, shaken))
    if len(set(sent)) != len(sent):
        problems.append("a notification was sent twice")
    lost = len(expected) - len(sent)
    noted = sum(row.status == "interrupted" for row in read_outbox(shaken.deliveries).values())
    if lost > noted:
        problems.append(f"{lost} notifications were not sent, {noted} of them noted as interrupted")
    graded = read_parquet(shaken.calibration).filter(book="production", window="all")
    print(
        f"{graded['n'].max()} games graded; sent {len(sent)} of {len(expected)}, interrupted {noted}"
    )
    return problems


def _copied(home: Path, to: Path) -> Path:
    shutil.copytree(home, to, ignore=shutil.ignore_patterns("dagster_home", "registry"))
    return to


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=MANUAL, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", required=True, help="a finished simulated home; only read")
    parser.add_argument("--work", default="kills", help="new folder for two copies of it")
    parser.add_argument("--kills", type=int, default=50, help="default: 50")
    parser.add_argument("--seed", type=int, default=SEED, help=f"default: {SEED}")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
