"""Which games are upcoming: every hour has its week, and it changes at kickoffs and on Tuesdays alone."""

import itertools
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nfl_signals.core.moment import LATEST, Moment
from nfl_signals.core.paths import Paths
from nfl_signals.predictions.week import upcoming_games
from nfl_signals_tests.support.builders import utc

MONDAY = utc("2023-11-13 00:00")
HOURS = 5 * 7 * 24
kickoffs = st.lists(st.integers(0, HOURS * 60), min_size=1, max_size=8, unique=True)


def games(minutes: list[int]) -> pl.DataFrame:
    times = [MONDAY + timedelta(minutes=each) for each in minutes]
    schema = {"kickoff_at": pl.Datetime("us", "UTC"), "points": pl.Float64}
    return pl.DataFrame({"kickoff_at": times, "points": [None] * len(times)}, schema=schema)


def upcoming(
    of: pl.DataFrame, as_of: datetime, *, later: timedelta = timedelta(0)
) -> set[datetime]:
    return set(upcoming_games(of, Moment(as_of=as_of, clock=as_of + later))["kickoff_at"])


@settings(max_examples=12)
@given(kickoffs)
def test_the_upcoming_games_change_at_kickoffs_and_when_tuesday_begins(minutes: list[int]) -> None:
    of = games(minutes)
    instants = [MONDAY + timedelta(hours=hour) for hour in range(0, HOURS, 6)]
    seen = [(as_of, upcoming(of, as_of)) for as_of in instants]
    for (before, earlier), (after, later) in itertools.pairwise(seen):
        started = {kickoff for kickoff in of["kickoff_at"] if before < kickoff <= after}
        assert earlier - later <= started
        tuesday_begins = after.weekday() == 1 and after.hour == 0
        assert tuesday_begins or later <= earlier


@settings(max_examples=12)
@given(kickoffs)
def test_a_game_is_upcoming_at_every_hour_from_its_tuesday_on(minutes: list[int]) -> None:
    of = games(minutes)
    for kickoff in of["kickoff_at"]:
        day = kickoff - timedelta(days=(kickoff.weekday() - 1) % 7)
        as_of = day.replace(hour=0, minute=0)
        while as_of < kickoff:
            assert kickoff in upcoming(of, as_of)
            as_of += timedelta(hours=5)


@settings(max_examples=12)
@given(kickoffs, st.integers(0, HOURS * 60), st.integers(0, LATEST // timedelta(minutes=1)))
def test_a_game_that_has_begun_by_the_clock_is_not_upcoming_though_it_was_by_the_as_of(
    minutes: list[int], at: int, later: int
) -> None:
    of, as_of, passed = games(minutes), MONDAY + timedelta(minutes=at), timedelta(minutes=later)
    begun = {kickoff for kickoff in of["kickoff_at"] if kickoff <= as_of + passed}
    assert upcoming(of, as_of, later=passed) == upcoming(of, as_of) - begun


def test_a_week_of_the_past_is_upcoming_as_it_was_then() -> None:
    sunday = utc("2023-11-19 18:00")
    of = games([(sunday - MONDAY) // timedelta(minutes=1)])
    assert upcoming(of, MONDAY + timedelta(days=2), later=timedelta(days=400)) == {sunday}


def test_on_tuesday_night_next_weeks_games_stay_upcoming_while_a_moved_game_is_played() -> None:
    tuesday_night, sunday = utc("2023-11-15 00:15"), utc("2023-11-19 18:00")
    of = games([]).vstack(
        pl.DataFrame(
            {"kickoff_at": [tuesday_night, sunday], "points": [None, None]}, schema=games([]).schema
        )
    )
    assert upcoming(of, utc("2023-11-14 14:00")) == {tuesday_night, sunday}
    for hour in range(12):
        assert sunday in upcoming(of, utc(f"2023-11-15 {hour:02}:30"))


@pytest.mark.slow
def test_every_hour_of_three_seasons_has_its_week(finished_home: Path) -> None:
    """By the schedule of a league, byes, playoffs and the months between seasons included."""
    stored = pl.read_parquet(sorted(Paths(finished_home).markets.glob("20*.parquet"))[:3])
    of = stored.filter(market="total").with_columns(points=pl.lit(None, pl.Float64))
    hour, last = of["kickoff_at"].min() - timedelta(days=9), of["kickoff_at"].max()
    before = upcoming(of, hour)
    while hour < last:
        hour += timedelta(hours=1)
        now = upcoming(of, hour)
        assert before - now == {kickoff for kickoff in before if kickoff <= hour}
        tuesday_begins = hour.weekday() == 1 and hour.hour == 0
        assert tuesday_begins or now <= before
        before = now
