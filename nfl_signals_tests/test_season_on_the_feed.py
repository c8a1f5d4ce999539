"""A season played on the feed of each day: no day stops, and every game with a line is predicted."""

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from nfl_signals.core.files import read_parquet
from nfl_signals.ingest.source import DirectoryRelease
from nfl_signals.predictions.week import upcoming_games
from nfl_signals.simulator.feed.cut import Feed
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.conftest import REAL_DATA
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.homes import made_once, nfl_signals
from nfl_signals_tests.support.run_contexts import copy_context
from nfl_signals_tests.support.season_played import daily, on_the_day, weekly

REAL_FOLDER = os.environ.get(REAL_DATA, "")
TRAINED = "2021-08-01"
# Summer, preseason, week 1, a postponed week (2021 week 15), week 18, wild card, Super Bowl, next summer.
DAYS = (
    "2021-08-03 2021-08-31 2021-09-07 2021-09-14 2021-10-19 2021-11-16 2021-12-14 2021-12-21 2022-01-04 "
    "2022-01-11 2022-01-18 2022-02-08 2022-02-15 2022-05-31 2022-07-12 2022-08-30 2022-09-06 2022-11-01 "
    "2023-01-03 2023-02-07"
).split()


@pytest.fixture(scope="session")
def real_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home trained on 2013-2020 as of the summer of 2021."""
    where = {REAL_DATA: REAL_FOLDER}

    def make(home: Path) -> None:
        options = ("--source", "nflverse", "--seasons", "2013-2020", "--as-of", TRAINED)
        done = nfl_signals("run", *options, home=home, extra=where)
        assert done.code == 0, done.err

    return made_once(tmp_path_factory, "real_2021", make)


@pytest.fixture
def context(real_home: Path, tmp_path: Path) -> RunContext:
    where = {"source": "nflverse", "nflverse": REAL_FOLDER, "as_of": TRAINED}
    copy = copy_context(real_home, tmp_path, **where)
    return replace(copy, seasons=tuple(range(2013, 2021)))


def tuesday(day: str) -> datetime:
    return utc(f"{day} 14:00")


@pytest.mark.slow
@pytest.mark.real_data
def test_on_every_day_every_game_of_the_week_that_has_a_line_is_predicted(
    context: RunContext,
) -> None:
    feed, predicted = Feed(DirectoryRelease(Path(REAL_FOLDER))), set()
    for day in DAYS:
        today = on_the_day(context, feed, tuesday(day))
        daily(today)
        upcoming = weekly(today)
        week = upcoming_games(today.markets, today.as_of)
        lined = week.drop_nulls(["line", "price_yes", "price_no"])
        assert set(upcoming["game_id"]) == set(lined["game_id"]), day
        predicted |= set(upcoming["game_id"])
    rows = read_parquet(context.paths.ledger).filter(book="production")
    assert set(rows["game_id"]) == predicted
    assert (rows["made_at"] < rows["kickoff_at"]).all()
    assert len(predicted) > 150
