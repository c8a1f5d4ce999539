"""A day after its end a game is graded and measured, or somebody is told."""

from pathlib import Path

import polars as pl
import pytest

from nfl_signals.checks.freshness import outcomes_fresh
from nfl_signals.core.errors import StaleDataError
from nfl_signals.monitoring.steps import update_metrics
from nfl_signals.workspace.run_context import World
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.production import speak
from nfl_signals_tests.support.worlds import copy_world, earlier, rewrite

THIS_SEASON = pl.col("season") == 2024


@pytest.fixture
def world(finished_home: Path, tmp_path: Path) -> World:
    world = copy_world(finished_home, tmp_path)
    speak(world, THIS_SEASON)
    return world


def blank(world: World, where: pl.Expr) -> None:
    """Take results out of the gold table, as if the source were late."""
    for file in sorted(world.paths.markets.glob("*.parquet")):
        rewrite(file, pl.when(~where).then("points"), pl.when(~where).then("outcome"))


def test_graded_and_measured_games_are_fresh(world: World) -> None:
    update_metrics(world)
    assert outcomes_fresh(world)["graded"] > 300


def test_a_home_without_production_has_nothing_to_be_late_with(world: World) -> None:
    world.paths.ledger.unlink()
    assert outcomes_fresh(world) == {"graded": 0}


def test_metrics_older_than_the_newest_outcome_are_stale(world: World) -> None:
    update_metrics(earlier(world, utc("2024-10-29 14:00")))
    with pytest.raises(StaleDataError, match="older than the newest graded game"):
        outcomes_fresh(world)


def test_a_game_without_a_result_a_day_after_its_end_is_named(world: World) -> None:
    update_metrics(world)
    sunday = THIS_SEASON & (pl.col("week") == 9) & (pl.col("kickoff_at") < utc("2024-11-04 00:00"))
    blank(world, sunday)
    with pytest.raises(
        StaleDataError, match=r"games without a result a day after their end \(2024_09"
    ):
        outcomes_fresh(world)


def test_a_game_that_ended_this_morning_may_still_be_missing(world: World) -> None:
    """Monday night's game, looked at on Tuesday at 14:00 UTC."""
    update_metrics(world)
    monday = THIS_SEASON & (pl.col("week") == 9) & (pl.col("kickoff_at") > utc("2024-11-04 20:00"))
    blank(world, monday)
    update_metrics(world)
    assert outcomes_fresh(world)["graded"] > 300


def test_a_game_without_a_result_for_two_weeks_was_cancelled(world: World) -> None:
    blank(world, THIS_SEASON & (pl.col("week") == 3))
    update_metrics(world)
    assert outcomes_fresh(world)["graded"] > 250
