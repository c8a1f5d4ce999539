"""What happens to the calendar during a season: games postponed within their week, or cancelled.

A postponed game is announced for its old kickoff until the week before it. A cancelled game stands in
the schedule until its week has passed; then it is gone, as in nflverse, and only its reports are left.
"""

from datetime import timedelta

import numpy as np
import polars as pl

from nfl_signals.core.setting_sections import SimulatorSettings

MOVED_TO = "19:00"
# ISO weekdays: a Sunday game moves to Tuesday at most, a Monday game to Wednesday.
MOVABLE_DAYS = (7, 1)
THURSDAY = 4


def with_events(
    fixtures: pl.DataFrame, *, settings: SimulatorSettings, rng: np.random.Generator
) -> pl.DataFrame:
    """Postpone and cancel games of a regular season; the last week is left alone.

    Adds `cancelled`, `announced_day`, `announced_time`; in the order announced, so a postponement
    moves no other draw.
    """
    drawn = rng.permutation(len(fixtures))
    days = rng.integers(1, 3, size=len(fixtures))
    open_weeks = (fixtures["week"] < fixtures["week"].max()).to_numpy()
    movable = open_weeks & _movable(fixtures).to_numpy()
    moved = drawn[movable[drawn]][: settings.postponed_per_season]
    left = open_weeks & ~np.isin(np.arange(len(fixtures)), moved)
    gone = drawn[left[drawn]][: settings.cancelled_per_season]
    place = pl.int_range(pl.len())
    later = pl.col("gameday") + pl.Series(days) * timedelta(days=1)
    postponed = pl.when(place.is_in(moved.tolist()))
    return announced(fixtures).with_columns(
        gameday=postponed.then(later).otherwise("gameday"),
        gametime=postponed.then(pl.lit(MOVED_TO)).otherwise("gametime"),
        cancelled=place.is_in(gone.tolist()),
    )


def announced(fixtures: pl.DataFrame) -> pl.DataFrame:
    """Fixtures to which nothing happens, with the columns of `with_events`."""
    return fixtures.with_columns(
        cancelled=pl.lit(value=False), announced_day="gameday", announced_time="gametime"
    )


def as_announced(games: pl.DataFrame, *, after_week: int) -> pl.DataFrame:
    """Games as the calendar showed them before anything happened to the weeks after that one."""
    ahead = pl.when(pl.col("week") > after_week)
    return games.with_columns(
        gameday=ahead.then("announced_day").otherwise("gameday"),
        gametime=ahead.then("announced_time").otherwise("gametime"),
    )


def _movable(fixtures: pl.DataFrame) -> pl.Series:
    """Games on a Sunday or Monday at home, of teams that do not play on the next Thursday."""
    thursday = fixtures.filter(pl.col("gameday").dt.weekday() == THURSDAY)
    hurried = {
        (week - 1, team)
        for week, *teams in thursday.select("week", "home", "away").rows()
        for team in teams
    }
    rested = [
        (week, home) not in hurried and (week, away) not in hurried
        for week, home, away in fixtures.select("week", "home", "away").rows()
    ]
    usual = fixtures["gameday"].dt.weekday().is_in(MOVABLE_DAYS) & ~fixtures["neutral"]
    return usual & pl.Series(rested)
