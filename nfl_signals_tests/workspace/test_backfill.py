"""Past seasons built again and models trained again: the replay is all there, and once."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.files import read_parquet
from nfl_signals.monitoring import ledger
from nfl_signals.predictions.upcoming import append_replay
from nfl_signals.workspace.run_context import World
from nfl_signals.workspace.tables import build_gold, build_gold_markets
from nfl_signals_tests.support.small_training import WEEKS, flip_outcomes, open_small, train
from nfl_signals_tests.support.worlds import contents, drop_rows

KEY = ["season", "game_id", "market"]
SAID = [*KEY, "p_hat", "p_push"]


@pytest.fixture
def world(small_home: Path, tmp_path: Path) -> World:
    """Three weeks a season, trained, the replay in the ledger."""
    world = open_small(shutil.copytree(small_home, tmp_path / "home"))
    world.paths.ledger.unlink(missing_ok=True)
    append_replay(world)
    return world


def backfill(world: World) -> None:
    """Gold of every season lost and built again, as far as the small home goes."""
    for folder in (world.paths.features, world.paths.markets):
        shutil.rmtree(folder)
    build_gold(world, world.seasons)
    build_gold_markets(world, world.seasons)
    for folder in (world.paths.features, world.paths.markets):
        for file in folder.glob("*.parquet"):
            drop_rows(file, pl.col("week") > WEEKS)


def last_words(world: World) -> pl.DataFrame:
    said = ledger.latest_before_kickoff(ledger.read(world.paths.ledger).filter(book="learning"))
    return said.select(SAID).sort(KEY)


def replayed(world: World) -> pl.DataFrame:
    return read_parquet(world.paths.stacked).select(SAID).sort(KEY)


def test_every_game_that_was_stacked_is_in_the_learning_book_once(world: World) -> None:
    assert last_words(world).equals(replayed(world))
    assert last_words(world)["season"].unique().to_list() == [2021, 2022, 2023, 2024]
    assert append_replay(world).n_new == 0


@pytest.mark.slow
def test_after_a_backfill_and_a_retraining_nothing_is_said_twice(world: World) -> None:
    before = contents(world.paths.home)
    backfill(world)
    train(world)
    assert append_replay(world).n_new == 0
    assert contents(world.paths.home) == before


@pytest.mark.slow
def test_a_backfill_that_corrects_a_season_replays_those_that_learn_from_it(world: World) -> None:
    """Their new words stand after the old ones and count; earlier seasons say nothing new."""
    before = ledger.read(world.paths.ledger)
    flip_outcomes(world, 2022)
    train(world)
    n = append_replay(world).n_new
    after = ledger.read(world.paths.ledger)
    assert after.head(before.height).equals(before)
    assert after.tail(n)["season"].unique().sort().to_list() == [2023, 2024]
    assert last_words(world).equals(replayed(world))
    assert ledger.verify(after, anchor=before["seal"][-1]) == []
    assert append_replay(world).n_new == 0
