"""Grading by what is known now, and measuring what is graded."""

from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.errors import InputError
from nfl_signals.core.files import read_parquet, write_parquet
from nfl_signals.ingest.history import RESULT_DELAY
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring import ledger, steps
from nfl_signals.predictions.upcoming import append_to_ledger, predict_upcoming
from nfl_signals.workspace import tables
from nfl_signals.workspace.run_context import World
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.worlds import contents, copy_world, earlier, rewrite

OCTOBER = utc("2024-10-06 20:30")  # Sunday of week 5: the early games are not over


@pytest.fixture
def world(finished_home: Path, tmp_path: Path) -> World:
    return copy_world(finished_home, tmp_path)


def test_replayed_games_are_graded_as_gold_says_and_upcoming_ones_are_not(world: World) -> None:
    graded = steps.graded_ledger(world)
    keys = ["game_id", "market"]
    outcomes = tables.load_markets(world).select(*keys, expected="outcome")
    joined = graded.join(outcomes, on=keys, how="left", maintain_order="left")
    assert joined["outcome"].equals(joined["expected"].alias("outcome"))
    by_book = dict(graded.group_by("book").agg(pl.col("outcome").count()).iter_rows())
    assert by_book["production"] == 0
    assert by_book["learning"] == (graded["book"] == "learning").sum()


@pytest.mark.parametrize("gold_stands_then", [True, False])
def test_outcomes_later_than_now_are_unknown(world: World, *, gold_stands_then: bool) -> None:
    """Whether gold was built then, or already holds what came later."""
    then = earlier(world, OCTOBER)
    if gold_stands_then:
        tables.build_gold_markets(then, then.seasons)
    graded, now = steps.graded_ledger(then), steps.graded_ledger(world)
    known = pl.col("kickoff_at") + RESULT_DELAY <= OCTOBER
    assert graded.filter(~known)["outcome"].count() == 0
    assert graded.filter(known)["outcome"].null_count() == 0
    assert 0 < graded.filter(known).height < now.height


def test_a_game_counts_once_for_each_voice(world: World) -> None:
    """Said again on Wednesday: the last word is graded."""
    wednesday = earlier(world, utc("2024-11-06 14:00"))
    predict_upcoming(wednesday)
    append_to_ledger(wednesday)
    graded = steps.graded_ledger(world).filter(pl.col("book") == "production")
    assert not graded.select("game_id", "market").is_duplicated().any()
    assert graded["made_at"].unique().to_list() == [wednesday.as_of]


def test_metrics_are_the_same_bytes_when_computed_again(world: World) -> None:
    before = contents(world.paths.home)
    metrics = steps.update_metrics(world)
    assert contents(world.paths.home) == before
    assert metrics.equals(read_parquet(world.paths.calibration))
    assert set(read_parquet(world.paths.reliability)["market"]) == set(MARKETS)


@pytest.mark.parametrize(
    "killed_before", ["calibration", "reliability", "weekly_evidence", "the end of the file"]
)
def test_an_update_that_was_killed_is_made_good_by_the_next(
    world: World, killed_before: str
) -> None:
    """Files are written in this order; what a week ago stored stays until it is replaced."""
    done = contents(world.paths.home)
    files = [world.paths.calibration, world.paths.reliability, world.paths.weekly_evidence]
    steps.update_metrics(earlier(world, OCTOBER))
    for file in files:
        if file.stem == killed_before:
            break
        file.write_bytes(done[file.relative_to(world.paths.home).as_posix()])
    if killed_before == "the end of the file":
        world.paths.calibration.write_bytes(b"PAR1")
    steps.update_metrics(world)
    assert contents(world.paths.home) == done


def test_the_week_is_added_to_what_is_stored(world: World) -> None:
    then = steps.update_metrics(earlier(world, OCTOBER))
    now = steps.update_metrics(world)
    kept = now.join(then, on="games_digest", how="semi")
    season = pl.col("window_end_season") == 2024
    assert kept.filter(~season).height == now.filter(~season).height
    assert then.height < now.height


def test_metrics_of_another_version_are_measured_again_and_never_read(world: World) -> None:
    done = contents(world.paths.home)
    write_parquet(world.paths.calibration, read_parquet(world.paths.calibration).drop("window"))
    with pytest.raises(InputError, match="written by another version; materialize"):
        steps.read_metrics(world)
    steps.update_metrics(world)
    assert contents(world.paths.home) == done


def test_what_was_replayed_at_the_close_has_no_closing_line_value(world: World) -> None:
    graded = steps.graded_ledger(world).filter(pl.col("book") == "learning")
    assert graded["closing_line_value"].null_count() == graded.height


def test_a_price_that_moved_after_the_pick_is_valued_once_the_game_is_over(world: World) -> None:
    """The book closed every spread half a point higher than the replay took it."""
    for file in sorted(world.paths.markets.glob("*.parquet")):
        rewrite(file, pl.when(market="ats").then(pl.col("line") + 0.5).otherwise("line"))
    graded = steps.graded_ledger(world).filter(pl.col("p_market").is_not_null())
    over = (pl.col("market") == "ats") & pl.col("outcome").is_not_null()
    valued = graded.filter(over)
    leans = valued.filter(pl.col("p_hat") > pl.col("p_market"))["closing_line_value"]
    assert leans.is_between(0.01, 0.02).all()
    assert leans.len() > 30
    assert graded.filter(~over)["closing_line_value"].null_count() == graded.filter(~over).height


def test_before_anything_is_graded_there_is_nothing_to_measure(world: World) -> None:
    start = earlier(world, utc("2024-09-03 14:00"))
    assert steps.update_metrics(start).height == 0


def test_the_ledger_is_only_read(world: World) -> None:
    before = world.paths.ledger.read_bytes()
    steps.update_metrics(world)
    assert world.paths.ledger.read_bytes() == before
    assert ledger.verify(ledger.read(world.paths.ledger)) == []
