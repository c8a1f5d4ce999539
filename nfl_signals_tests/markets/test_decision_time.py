"""Decision time: the last Tuesday, 14:00 UTC, before a game, or its kickoff."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.markets.decision_time import MADE, decision_at, meaning
from nfl_signals_tests.support.builders import utc

INSTANTS = st.datetimes(datetime(1999, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


def tuesday_of(kickoff: datetime) -> datetime:
    games = pl.DataFrame({"kickoff_at": [kickoff]}, schema={"kickoff_at": pl.Datetime("us", "UTC")})
    found: datetime = games.select(decision_at("tuesday")).item()
    return found


@pytest.mark.parametrize(
    ("kickoff", "expected"),
    [
        ("2023-09-08 00:20", "2023-09-05 14:00"),  # Thursday night
        ("2023-09-10 17:00", "2023-09-05 14:00"),  # Sunday
        ("2023-09-12 00:15", "2023-09-05 14:00"),  # Monday night is Tuesday in UTC
        ("2020-12-08 22:00", "2020-12-08 14:00"),  # a game that was moved to a Tuesday
        ("2020-12-02 20:40", "2020-12-01 14:00"),  # and one to a Wednesday
        ("2023-09-05 14:00", "2023-08-29 14:00"),  # strictly before
    ],
)
def test_the_tuesday_of_a_game_is_the_last_one_strictly_before_it(
    kickoff: str, expected: str
) -> None:
    assert tuesday_of(utc(kickoff)) == utc(expected)


@given(INSTANTS)
def test_every_game_is_decided_on_a_tuesday_at_14_within_the_week_before_it(
    kickoff: datetime,
) -> None:
    decided = tuesday_of(kickoff)
    assert (decided.weekday(), decided.hour, decided.minute, decided.second) == (1, 14, 0, 0)
    assert timedelta(0) < kickoff - decided <= timedelta(days=7)


@given(INSTANTS, INSTANTS)
def test_a_later_game_is_never_decided_earlier(one: datetime, other: datetime) -> None:
    first, second = sorted((one, other))
    assert tuesday_of(first) <= tuesday_of(second)


def test_at_kickoff_a_game_is_decided_when_it_begins() -> None:
    games = pl.DataFrame({"kickoff_at": [utc("2023-09-10 17:00")]})
    assert games.select(decision_at("kickoff")).item() == utc("2023-09-10 17:00")


def test_each_horizon_says_what_it_means() -> None:
    assert len({meaning(horizon) for horizon in MADE}) == len(MADE) == 2
    assert meaning("tuesday") == (
        "made on the last Tuesday before the game, 14:00 UTC, settled at the end of the game, overtime "
        "included"
    )
