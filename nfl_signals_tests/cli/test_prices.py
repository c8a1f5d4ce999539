"""A new home of real games forecasts on Tuesdays where it was given openers first, else at kickoff."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.paths import Paths
from nfl_signals.workspace.data_home import remembered
from nfl_signals_tests.support.homes import CommandResult, nfl_signals

pytestmark = pytest.mark.slow
AS_OF = "2024-11-05T14:00:00+00:00"


@pytest.fixture
def release(nflverse_home: Path, tmp_path: Path) -> Path:
    """As nflverse publishes it: no file of prices, past games at their close."""
    shown = nflverse_home / "league" / "release"
    return shutil.copytree(shown, tmp_path / "shown", ignore=shutil.ignore_patterns("prices"))


@pytest.fixture
def openers(nflverse_home: Path, tmp_path: Path) -> Path:
    """The consensus' opening lines of all seasons, as a person's file."""
    files = sorted((nflverse_home / "league" / "release" / "prices").glob("*.parquet"))
    rows = pl.concat(map(pl.read_parquet, files)).filter(moment="open", book="consensus")
    columns = ["game_id", "market", "observed_at", "line", "price_yes", "price_no"]
    path = tmp_path / "openers.csv"
    stamped = rows.with_columns(pl.col("observed_at").dt.strftime("%Y-%m-%dT%H:%M:%S+00:00"))
    stamped.select(columns).write_csv(path)
    return path


def call(home: Path, release: Path, *command: object) -> CommandResult:
    where = {"NFL_SIGNALS_NFLVERSE": str(release), "NFL_SIGNALS_CLOCK": "as_of"}
    source = ("--source", "nflverse")
    return nfl_signals(*command, *source, home=home, extra=where)


def test_without_openers_a_new_home_is_of_kickoff_and_with_them_of_tuesday(
    release: Path, openers: Path, tmp_path: Path
) -> None:
    without, given = tmp_path / "without", tmp_path / "given"
    done = call(without, release, "run", "--as-of", AS_OF)
    assert done.code == 0, done.err
    assert "this home forecasts at kickoff" in " ".join(done.out.split())
    assert remembered(Paths(without))["horizon"] == "kickoff"
    imported = call(given, release, "prices", "import", openers, "--book", "consensus")
    assert imported.code == 0, imported.err
    done = call(given, release, "run", "--as-of", AS_OF)
    assert done.code == 0, done.err
    assert "forecasts at kickoff" not in " ".join(done.out.split())
    assert remembered(Paths(given))["horizon"] == "tuesday"
