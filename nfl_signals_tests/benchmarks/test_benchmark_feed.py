"""A season played on the feed of each day: no day stops, and every game with a line is predicted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nfl_signals.core.files import read_json
from nfl_signals_tests.conftest import REAL_DATA
from nfl_signals_tests.support.homes import made_once, nfl_signals

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "feed.py"
REAL_FOLDER = os.environ.get(REAL_DATA, "")
# Summer, preseason, week 1, a postponed week (2021 week 15), week 18, wild card, Super Bowl, next summer.
DAYS = (
    "2021-08-03 2021-08-31 2021-09-07 2021-09-14 2021-10-19 2021-11-16 2021-12-14 2021-12-21 2022-01-04 "
    "2022-01-11 2022-01-18 2022-02-08 2022-02-15 2022-05-31 2022-07-12 2022-08-30 2022-09-06 2022-11-01 "
    "2023-01-03 2023-02-07"
).split()


@pytest.fixture(scope="session")
def real_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home trained on 2013-2020 as of the summer of 2021."""

    def make(home: Path) -> None:
        options = ("--source", "nflverse", "--seasons", "2013-2020", "--as-of", "2021-08-01")
        where = {REAL_DATA: REAL_FOLDER, "NFL_SIGNALS_CLOCK": "as_of"}
        done = nfl_signals("run", *options, home=home, extra=where)
        assert done.code == 0, done.err

    return made_once(tmp_path_factory, "real_2021", make)


@pytest.mark.slow
@pytest.mark.real_data
def test_on_every_day_every_game_of_the_week_that_has_a_line_is_predicted(
    real_home: Path, tmp_path: Path
) -> None:
    places = ["--home", real_home, "--nflverse", REAL_FOLDER, "--out", tmp_path]
    command = [sys.executable, SCRIPT, *places, "--days", *DAYS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = read_json(tmp_path / "feed.json")
    assert found["failed"] == 0, done.stdout
    assert (found["weekly"], found["daily"]) == (20, 15)
    assert found["games predicted"] > 150
