"""Whoever finds fewer predictions than expected is told why."""

from datetime import datetime, timedelta

import polars as pl
import pytest

from nfl_signals.core.moment import Moment
from nfl_signals.predictions.notices import DEADLINE, GIVEN_UP, notices
from nfl_signals_tests.support.builders import utc

TUESDAY = utc("2023-11-14 14:00")
NOW = Moment(as_of=TUESDAY, clock=TUESDAY)
SUNDAY = utc("2023-11-19 18:00")
LAST_SUNDAY = utc("2023-11-12 18:00")
SCHEMA = {
    "game_id": pl.String,
    "market": pl.String,
    "kickoff_at": pl.Datetime("us", "UTC"),
    "points": pl.Float64,
    "line": pl.Float64,
    "p_market": pl.Float64,
}
Row = tuple[str, datetime, float | None, float | None]


def markets(*games: Row) -> pl.DataFrame:
    """The total of games: id, kickoff, points scored, line."""
    rows = [(game, "total", at, points, line, line and 0.5) for game, at, points, line in games]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def predicted(*games: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"game_id": games, "market": ["total"] * len(games)},
        schema_overrides={"game_id": pl.String, "market": pl.String},
    )


def test_a_week_that_is_predicted_whole_needs_no_notice() -> None:
    week = markets(("a", LAST_SUNDAY, 44.0, 43.5), ("b", SUNDAY, None, 41.5))
    assert notices(week, predicted("b"), NOW) == []


def test_a_game_without_a_line_is_named() -> None:
    week = markets(("a", SUNDAY, None, None), ("b", SUNDAY, None, 41.5))
    assert notices(week, predicted("b"), NOW) == [
        "not predicted, no usable line or price (total): a"
    ]


def test_games_with_lines_that_the_stored_predictions_lack_are_named() -> None:
    week = markets(("a", SUNDAY, None, 44.5), ("b", SUNDAY, None, 41.5))
    assert notices(week, predicted("b", "of an earlier week"), NOW) == [
        "not predicted yet, though with lines and prices: a; run `nfl-signals week`."
    ]


def test_a_week_without_games_says_when_the_next_one_is() -> None:
    later = utc("2023-11-30 01:15")
    assert notices(markets(("a", later, None, None)), predicted(), NOW) == [
        "the schedule shows no game from 2023-11-14T14:00:00+00:00 to 2023-11-22T10:00:00+00:00; "
        "the next one begins 2023-11-30T01:15:00+00:00."
    ]
    over = markets(("a", LAST_SUNDAY, 44.0, 43.5))
    (notice,) = notices(over, predicted(), NOW)
    assert notice.endswith("; none later.")


@pytest.mark.parametrize(
    ("after", "missed"),
    [
        (timedelta(0), False),
        (DEADLINE + timedelta(hours=6), True),
        (GIVEN_UP, True),
        (GIVEN_UP + timedelta(hours=6), False),
    ],
)
def test_a_result_is_missed_a_day_after_the_game_until_the_game_is_given_up(
    after: timedelta, missed: bool
) -> None:
    """A game takes six hours at most."""
    as_of = LAST_SUNDAY + after
    week = markets(
        ("late", LAST_SUNDAY, None, 43.5), ("next", as_of + timedelta(hours=1), None, 3.0)
    )
    then = Moment(as_of=as_of, clock=as_of)
    found = [line for line in notices(week, predicted("late", "next"), then) if "result" in line]
    assert bool(found) is missed
    if found:
        assert found[0].startswith(
            "games without a result a day after their end: 1, the first one late;"
        )


def test_a_look_back_says_that_its_predictions_are_backdated() -> None:
    week = markets(("b", SUNDAY, None, 41.5))
    today = Moment(as_of=TUESDAY, clock=TUESDAY + timedelta(days=300))
    (notice,) = notices(week, predicted("b"), today)
    assert notice.startswith(
        "as of 2023-11-14T14:00:00+00:00, looked at 2024-09-09T14:00:00+00:00: such predictions are "
        "backdated, kept in the shadow book and counted nowhere"
    )


def test_a_game_that_began_since_the_as_of_is_not_missed() -> None:
    week = markets(("london", SUNDAY, None, 41.5))
    minutes = Moment(as_of=SUNDAY - timedelta(minutes=30), clock=SUNDAY + timedelta(minutes=25))
    assert not [line for line in notices(week, predicted(), minutes) if "not predicted" in line]
