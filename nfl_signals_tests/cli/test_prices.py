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


def test_a_file_that_cannot_be_used_leaves_a_new_home_as_it_was(
    release: Path, openers: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    rows = openers.read_text(encoding="utf-8").replace("_DAL_", "_ZZZ_", 1)
    for name, text in {"bad": rows, "empty": "", "none": None}.items():
        file = tmp_path / f"{name}.csv"
        if text is not None:
            file.write_text(text, encoding="utf-8")
        done = call(home, release, "prices", "import", file, "--book", "consensus")
        assert done.code == 2
        assert str(file) in done.err
        assert "openers" not in done.out + done.err.replace(str(file), "")
        assert not (home / "data").exists()
    done = call(home, release, "prices", "import", openers, "--book", "consensus")
    assert done.code == 0, done.err
    assert "import openers" not in done.out + done.err


def test_a_schedule_that_is_stored_in_part_is_completed_by_an_import(
    release: Path, openers: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    command = ("prices", "import", openers, "--book", "consensus")
    assert call(home, release, *command).code == 0
    schedules = sorted(Paths(home).raw_folder("games").glob("*.parquet"))
    assert len(schedules) == 7
    kept = schedules[0].read_bytes()
    for path in schedules[1:]:
        path.unlink()
    for path in Paths(home).raw_folder("prices").glob("*.parquet"):
        path.unlink()
    assert call(home, release, *command).code == 0
    assert sorted(Paths(home).raw_folder("games").glob("*.parquet")) == schedules
    assert schedules[0].read_bytes() == kept


def test_where_openers_are_too_few_the_same_home_may_forecast_at_kickoff(
    release: Path, openers: Path, tmp_path: Path
) -> None:
    """Three seasons of games, for a fourth is needed; then by an option, after the tables were built."""
    home = tmp_path / "home"
    rows = pl.read_csv(openers, infer_schema=False)
    few = tmp_path / "few.csv"
    rows.filter(~pl.col("game_id").str.starts_with("2022")).write_csv(few)
    assert call(home, release, "prices", "import", few, "--book", "consensus").code == 0
    done = call(home, release, "run", "--as-of", AS_OF, "--horizon", "tuesday")
    assert done.code == 2
    assert "take --horizon kickoff" in " ".join(done.err.split())
    done = call(home, release, "run", "--as-of", AS_OF, "--horizon", "kickoff")
    assert done.code == 0, done.err
    assert remembered(Paths(home))["horizon"] == "kickoff"
    assert call(home, release, "verify").code == 0
    refused = call(home, release, "run", "--as-of", AS_OF, "--horizon", "tuesday")
    assert refused.code == 2
