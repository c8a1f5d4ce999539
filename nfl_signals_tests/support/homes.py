"""Homes that runs leave behind, and the command line as a person meets it."""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from filelock import FileLock

from nfl_signals.cli import main, terminal
from nfl_signals_tests.support.hashes import sha256_of

AS_OF = "2024-11-05T14:00:00+00:00"
"""The small league's now: week 9 of 2024 is played, week 10 has lines."""

SCHEDULE = "schedules/games.parquet"
UPCOMING = (pl.col("season") == 2024) & (pl.col("week") == 10)
"""The week after `AS_OF`."""

NOT_RESULTS = {"data/run.json", "data/data_home.lock"}
"""Wall-clock times and locks: what two equal runs may differ in, besides Dagster's own folder."""

REGISTRY = "models/registry/"
"""MLflow's database, names drawn at random and times of day; the ensembles in it are compared as
`models/ensemble`, and checks hold the copies to those."""

Environment = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    """How a command ended.

    Attributes:
        code: exit code.
        out: standard output.
        err: standard error.
    """

    code: int
    out: str
    err: str


def environment_of(home: Path, extra: Environment) -> dict[str, str]:
    """Variables of a command that works in `home`, on a terminal of 80 columns."""
    own = {"NFL_SIGNALS_HOME": str(home), "DAGSTER_HOME": str(home / "dagster_home")}
    return {**own, "COLUMNS": "80", **extra}


def nfl_signals(*arguments: object, home: Path, extra: Environment) -> CommandResult:
    """The console entry point, in this process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name, value in environment_of(home, extra).items():
            patch.setenv(name, value)
        # Made at import, it may have taken the width of the terminal that runs the tests.
        patch.setattr(terminal.console, "width", int(os.environ["COLUMNS"]))
        patch.setattr(sys, "argv", ["nfl-signals", *map(str, arguments)])
        try:
            main.main()
        except SystemExit as end:
            code = int(end.code or 0)
    return CommandResult(code=code, out=out.getvalue(), err=err.getvalue())


def in_fresh_process(*arguments: object, home: Path, extra: Environment) -> CommandResult:
    """The same in a process of its own."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("NFL_SIGNALS_")}
    done = subprocess.run(
        [sys.executable, "-m", "nfl_signals.cli.main", *map(str, arguments)],
        env=inherited | environment_of(home, extra),
        capture_output=True,
        text=True,
        check=False,
    )
    return CommandResult(code=done.returncode, out=done.stdout, err=done.stderr)


def copy_of(home: Path, to: Path) -> Path:
    """A home that a test may change; Dagster's history stays behind."""
    return shutil.copytree(home, to, ignore=shutil.ignore_patterns("dagster_home", "*.lock"))


def fingerprints(home: Path, *folders: str) -> dict[str, str]:
    """SHA-256 of every file below the named folders of a home, by relative path."""
    files = (
        file for name in folders for file in sorted((home / name).rglob("*")) if file.is_file()
    )
    by_name = {file.relative_to(home).as_posix(): file for file in files}
    return {
        name: sha256_of(file)
        for name, file in by_name.items()
        if name not in NOT_RESULTS and not name.startswith(REGISTRY) and not name.endswith(".lock")
    }


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first worker in need makes and every other one reads."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, finished = shared / name, shared / f"{name}.finished"
    with FileLock(shared / f"{name}.lock"):
        if not finished.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            finished.touch()
    return folder


def made_in_place(
    factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]
) -> Path:
    """A home that each worker makes once and `put_back` restores: a registry knows where it lies."""
    folder = factory.mktemp(name)
    make(folder / "home")
    return Path(shutil.copytree(folder / "home", folder / "kept")).with_name("home")


def put_back(home: Path) -> Path:
    """Undo what a test did to a home of `made_in_place`."""
    shutil.rmtree(home, ignore_errors=True)
    return shutil.copytree(home.with_name("kept"), home)


def without_lines(release: Path) -> str:
    """Remove spread and moneyline of one upcoming game, from observed prices too; returns the game."""
    games = pl.read_parquet(release / SCHEDULE)
    unpriced = str(games.filter(UPCOMING)["game_id"].min())
    odds = ["home_spread_odds", "away_spread_odds", "home_moneyline", "away_moneyline"]
    kept = pl.when(pl.col("game_id") != unpriced).then(pl.col("spread_line", *odds))
    games.with_columns(kept).write_parquet(release / SCHEDULE)
    total = (pl.col("game_id") != unpriced) | (pl.col("market") == "total")
    for file in (release / "prices").glob("*.parquet"):
        pl.read_parquet(file).filter(total).write_parquet(file)
    return unpriced
