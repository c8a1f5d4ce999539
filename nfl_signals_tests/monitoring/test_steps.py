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
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.run_contexts import contents, copy_context, earlier

OCTOBER = utc("2024-10-06 20:30")  # Sunday of week 5: the early games are not over


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    return copy_context(finished_home, tmp_path)


@pytest.fixture
def at_kickoff(kickoff_home: Path, tmp_path: Path) -> RunContext:
    return copy_context(kickoff_home, tmp_path / "kickoff", horizon="kickoff")


def test_walked_forward_games_are_graded_as_gold_says_and_upcoming_ones_are_not(
    context: RunContext,
) -> None:
    graded = steps.graded_ledger(context)
    keys = ["game_id", "market"]
    outcomes = context.markets.select(*keys, expected="outcome")
    joined = graded.join(outcomes, on=keys, how="left", maintain_order="left")
    assert joined["outcome"].equals(joined["expected"].alias("outcome"))
    by_book = dict(graded.group_by("book").agg(pl.col("outcome").count()).iter_rows())
    assert by_book["production"] == 0
    assert by_book["learning"] == (graded["book"] == "learning").sum()


@pytest.mark.parametrize("gold_stands_then", [True, False])
def test_outcomes_later_than_now_are_unknown(
    context: RunContext, *, gold_stands_then: bool
) -> None:
    """Whether gold was built then, or already holds what came later."""
    then = earlier(context, OCTOBER)
    if gold_stands_then:
        tables.build_gold_markets(then, then.seasons)
    graded, now = steps.graded_ledger(then), steps.graded_ledger(context)
    known = pl.col("kickoff_at") + RESULT_DELAY <= OCTOBER
    assert graded.filter(~known)["outcome"].count() == 0
    assert graded.filter(known)["outcome"].null_count() == 0
    assert 0 < graded.filter(known).height < now.height


def test_a_game_counts_once_for_each_source(context: RunContext) -> None:
    """Forecast again on Wednesday: the first forecast, Tuesday's, is graded."""
    wednesday = earlier(context, utc("2024-11-06 14:00"))
    predict_upcoming(wednesday)
    append_to_ledger(wednesday)
    graded = steps.graded_ledger(context).filter(pl.col("book") == "production")
    assert not graded.select("game_id", "market").is_duplicated().any()
    assert graded["made_at"].unique().to_list() == [context.as_of]


def test_at_kickoff_the_last_forecast_of_a_game_counts(at_kickoff: RunContext) -> None:
    wednesday = earlier(at_kickoff, utc("2024-11-06 14:00"))
    predict_upcoming(wednesday)
    append_to_ledger(wednesday)
    graded = steps.graded_ledger(at_kickoff).filter(pl.col("book") == "production")
    assert graded["made_at"].unique().to_list() == [wednesday.as_of]


def test_metrics_are_the_same_bytes_when_computed_again(context: RunContext) -> None:
    before = contents(context.paths.home)
    metrics = steps.update_metrics(context)
    assert contents(context.paths.home) == before
    assert metrics.equals(read_parquet(context.paths.calibration))
    assert set(read_parquet(context.paths.reliability)["market"]) == set(MARKETS)


@pytest.mark.parametrize(
    "killed_before", ["calibration", "reliability", "weekly_evidence", "the end of the file"]
)
def test_an_update_that_was_killed_is_made_good_by_the_next(
    context: RunContext, killed_before: str
) -> None:
    """Files are written in this order; what a week ago stored stays until it is replaced."""
    done = contents(context.paths.home)
    files = [context.paths.calibration, context.paths.reliability, context.paths.weekly_evidence]
    steps.update_metrics(earlier(context, OCTOBER))
    for file in files:
        if file.stem == killed_before:
            break
        file.write_bytes(done[file.relative_to(context.paths.home).as_posix()])
    if killed_before == "the end of the file":
        context.paths.calibration.write_bytes(b"PAR1")
    steps.update_metrics(context)
    assert contents(context.paths.home) == done


def test_the_week_is_added_to_what_is_stored(context: RunContext) -> None:
    then = steps.update_metrics(earlier(context, OCTOBER))
    now = steps.update_metrics(context)
    kept = now.join(then, on="games_digest", how="semi")
    season = pl.col("window_end_season") == 2024
    assert kept.filter(~season).height == now.filter(~season).height
    assert then.height < now.height


def test_metrics_of_another_version_are_measured_again_and_never_read(context: RunContext) -> None:
    done = contents(context.paths.home)
    write_parquet(context.paths.calibration, read_parquet(context.paths.calibration).drop("window"))
    with pytest.raises(InputError, match="written by another version; materialize"):
        steps.read_metrics(context)
    steps.update_metrics(context)
    assert contents(context.paths.home) == done


def test_only_what_was_walked_forward_before_the_close_has_a_closing_line_value(
    context: RunContext, at_kickoff: RunContext
) -> None:
    on_tuesday, at_close = (
        steps.graded_ledger(each).filter(pl.col("book") == "learning")["closing_line_value"]
        for each in (context, at_kickoff)
    )
    assert at_close.null_count() == at_close.len()
    assert on_tuesday.null_count() < 0.01 * on_tuesday.len()


def test_a_price_that_moved_after_the_pick_is_valued_once_the_game_is_over(
    context: RunContext,
) -> None:
    """The book closed every spread half a point higher than on Tuesday, and all else as it was.

    On a line of 3 that is worth half of the games that land there, on one of 5 next to nothing.
    """
    for file in sorted(context.paths.markets.glob("*.parquet")):
        opened = read_parquet(file).filter(horizon="tuesday")
        line = pl.when(market="ats").then(pl.col("line") + 0.5).otherwise("line")
        closed = opened.with_columns(line, horizon=pl.lit("kickoff"))
        write_parquet(file, pl.concat([closed, opened]))
    graded = steps.graded_ledger(context).filter(pl.col("p_market").is_not_null())
    over = (pl.col("market") == "ats") & pl.col("outcome").is_not_null()
    valued = graded.filter(over)
    leans = valued.filter(pl.col("p_hat") > pl.col("p_market"))
    assert leans["closing_line_value"].is_between(0.0005, 0.08).all()
    across = pl.col("line").is_in([2.5, 3.0, -3.0, -3.5])
    at_three, elsewhere = (leans.filter(each)["closing_line_value"] for each in (across, ~across))
    assert min(at_three.len(), elsewhere.len()) > 5
    assert at_three.min() > 2 * elsewhere.median()
    still = graded.filter(pl.col("market") != "ats", pl.col("outcome").is_not_null())
    assert still["closing_line_value"].unique().to_list() == [0.0]
    assert graded.filter(pl.col("outcome").is_null())["closing_line_value"].count() == 0


def test_before_anything_is_graded_there_is_nothing_to_measure(context: RunContext) -> None:
    start = earlier(context, utc("2024-09-03 14:00"))
    assert steps.update_metrics(start).height == 0


def test_the_ledger_is_only_read(context: RunContext) -> None:
    before = context.paths.ledger.read_bytes()
    steps.update_metrics(context)
    assert context.paths.ledger.read_bytes() == before
    assert ledger.verify(ledger.read(context.paths.ledger)) == []
