"""Past seasons built again and models trained again: the walk-forward is all there, and once."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.files import read_parquet
from nfl_signals.monitoring import grading, ledger
from nfl_signals.monitoring.heads import NotedHead
from nfl_signals.predictions.upcoming import append_walk_forward
from nfl_signals.workspace.run_context import RunContext
from nfl_signals.workspace.tables import build_gold, build_gold_markets
from nfl_signals_tests.support.run_contexts import contents, drop_rows, forget_ledger
from nfl_signals_tests.support.small_training import WEEKS, flip_outcomes, open_small, train

KEY = ["season", "game_id", "market"]
FORECASTS = [*KEY, "p_hat", "p_push"]


@pytest.fixture
def context(small_home: Path, tmp_path: Path) -> RunContext:
    """Three weeks a season, trained, the walk-forward in the ledger."""
    context = open_small(shutil.copytree(small_home, tmp_path / "home"))
    forget_ledger(context)
    append_walk_forward(context)
    return context


def backfill(context: RunContext) -> None:
    """Gold of every season lost and built again, as far as the small home goes."""
    for folder in (context.paths.features, context.paths.markets):
        shutil.rmtree(folder)
    build_gold(context, context.seasons)
    build_gold_markets(context, context.seasons)
    for folder in (context.paths.features, context.paths.markets):
        for file in folder.glob("*.parquet"):
            drop_rows(file, pl.col("week") > WEEKS)


def last_forecasts(context: RunContext) -> pl.DataFrame:
    forecasts = grading.judged_forecasts(ledger.read(context.paths.ledger).filter(book="learning"))
    return forecasts.select(FORECASTS).sort(KEY)


def walked_forward(context: RunContext) -> pl.DataFrame:
    return read_parquet(context.paths.stacked).select(FORECASTS).sort(KEY)


def test_every_game_that_was_stacked_is_in_the_shadow_book_once(context: RunContext) -> None:
    assert last_forecasts(context).equals(walked_forward(context))
    assert last_forecasts(context)["season"].unique().to_list() == [2021, 2022, 2023, 2024]
    assert append_walk_forward(context) == 0


@pytest.mark.slow
def test_after_a_backfill_and_a_retraining_nothing_is_forecast_twice(context: RunContext) -> None:
    before = contents(context.paths.home)
    backfill(context)
    train(context)
    assert append_walk_forward(context) == 0
    assert contents(context.paths.home) == before


@pytest.mark.slow
def test_a_backfill_that_corrects_a_season_walks_forward_those_that_learn_from_it(
    context: RunContext,
) -> None:
    """Their new words stand after the old ones and count; earlier seasons say nothing new."""
    before = ledger.read(context.paths.ledger)
    flip_outcomes(context, 2022)
    train(context)
    n = append_walk_forward(context)
    after = ledger.read(context.paths.ledger)
    assert after.head(before.height).equals(before)
    assert after.tail(n)["season"].unique().sort().to_list() == [2023, 2024]
    assert last_forecasts(context).equals(walked_forward(context))
    assert ledger.verify(after, noted=[NotedHead(head=before["seal"][-1], place="before")]) == []
    assert append_walk_forward(context) == 0
