"""A day after its end a game is graded and measured, or the check fails."""

from pathlib import Path

import polars as pl
import pytest

from nfl_signals.checks.freshness import outcomes_fresh
from nfl_signals.core.errors import StaleDataError
from nfl_signals.monitoring.steps import update_metrics
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.production import forecast_weeks
from nfl_signals_tests.support.run_contexts import copy_context, earlier, forget_ledger, rewrite

THIS_SEASON = pl.col("season") == 2024


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    context = copy_context(finished_home, tmp_path)
    forecast_weeks(context, THIS_SEASON)
    return context


def blank(context: RunContext, where: pl.Expr) -> None:
    """Take results out of the gold table, as if the source were late."""
    for file in sorted(context.paths.markets.glob("*.parquet")):
        rewrite(file, pl.when(~where).then("points"), pl.when(~where).then("outcome"))


def test_graded_and_measured_games_are_fresh(context: RunContext) -> None:
    update_metrics(context)
    assert outcomes_fresh(context)["graded"] > 300


def test_a_home_without_production_has_nothing_to_be_late_with(context: RunContext) -> None:
    forget_ledger(context)
    assert outcomes_fresh(context) == {"graded": 0}


def test_metrics_older_than_the_newest_outcome_are_stale(context: RunContext) -> None:
    update_metrics(earlier(context, utc("2024-10-29 14:00")))
    with pytest.raises(StaleDataError, match="older than the newest graded game"):
        outcomes_fresh(context)


def test_a_game_without_a_result_a_day_after_its_end_is_named(context: RunContext) -> None:
    update_metrics(context)
    sunday = THIS_SEASON & (pl.col("week") == 9) & (pl.col("kickoff_at") < utc("2024-11-04 00:00"))
    blank(context, sunday)
    with pytest.raises(
        StaleDataError, match=r"games without a result a day after their end \(2024_09"
    ):
        outcomes_fresh(context)


def test_a_game_that_ended_this_morning_may_still_be_missing(context: RunContext) -> None:
    """Monday night's game, looked at on Tuesday at 14:00 UTC."""
    update_metrics(context)
    monday = THIS_SEASON & (pl.col("week") == 9) & (pl.col("kickoff_at") > utc("2024-11-04 20:00"))
    blank(context, monday)
    update_metrics(context)
    assert outcomes_fresh(context)["graded"] > 300


def test_a_game_without_a_result_for_two_weeks_was_cancelled(context: RunContext) -> None:
    blank(context, THIS_SEASON & (pl.col("week") == 3))
    update_metrics(context)
    assert outcomes_fresh(context)["graded"] > 250
