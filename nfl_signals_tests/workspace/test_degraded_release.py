"""A file that is not there, or is empty, stops no week: the season goes on, and says what it lacks."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.checks.tables import raw_quality
from nfl_signals.core.errors import IntegrityError, SourceError
from nfl_signals.core.files import read_parquet
from nfl_signals.predictions.upcoming import predict_upcoming
from nfl_signals.simulator.feed.trouble import Alter, Trouble, TroubledRelease
from nfl_signals.workspace import tables
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.run_contexts import copy_context, earlier

SEASON = 2024


def _gone(_: pl.DataFrame) -> None:
    return None


GONE: dict[str, Alter] = {"missing": _gone, "empty": pl.DataFrame.clear}


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    return copy_context(finished_home, tmp_path)


def without(context: RunContext, table: str, how: str = "missing") -> RunContext:
    """The season's file of a table is not there, or holds nothing."""
    lacking = Trouble(
        table=table, what="404", answer="degrade", rule="table_missing", alter=GONE[how]
    )
    return replace(context, release=TroubledRelease(context.release, SEASON, (lacking,)))


def rebuilt(context: RunContext, table: str) -> RunContext:
    """The season ingested again and its features built."""
    tables.ingest(context, table, [SEASON])
    tables.build_gold(context, [SEASON])
    return context


@pytest.mark.parametrize("how", ["missing", "empty"])
@pytest.mark.parametrize("table", ["injuries", "team_stats", "notes"])
def test_what_was_there_before_stays_as_it_was_and_is_flagged(
    context: RunContext, table: str, how: str
) -> None:
    stored = read_parquet(context.paths.raw(table, SEASON))
    lacking = rebuilt(without(context, table, how), table)
    assert read_parquet(context.paths.raw(table, SEASON)).equals(stored)
    (found,) = lacking.quality.to_dicts()
    assert (found["rule"], found["answer"], found["value"]) == (
        "table_missing",
        "degrade",
        "last good version",
    )
    assert found["first_seen"] == context.as_of
    upcoming = predict_upcoming(lacking)
    assert upcoming["data_flag"].unique().to_list() == [f"table_missing ({table})"]
    with pytest.raises(
        IntegrityError,
        match=rf"2024 {table}: table_missing \(last good version\), .*since 2024-11-",
    ):
        raw_quality(table)(lacking)


@pytest.mark.parametrize("table", ["injuries", "team_stats"])
def test_what_never_was_there_leaves_the_week_to_the_fill_rules(
    context: RunContext, table: str
) -> None:
    before = predict_upcoming(context)
    context.paths.raw(table, SEASON).unlink()
    upcoming = predict_upcoming(rebuilt(without(context, table), table))
    assert upcoming["game_id"].equals(before["game_id"])
    assert upcoming["p_hat"].is_between(0, 1).all()


def test_when_the_file_comes_the_flag_goes(context: RunContext) -> None:
    rebuilt(without(context, "injuries"), "injuries")
    assert rebuilt(context, "injuries").quality.is_empty()
    assert predict_upcoming(context)["data_flag"].unique().to_list() == [""]


def test_the_first_week_needs_no_statistics(context: RunContext) -> None:
    """The season opens on Thursday, September 5."""
    opening = earlier(without(context, "team_stats"), utc("2024-09-03 14:00"))
    context.paths.raw("team_stats", SEASON).unlink()
    assert tables.ingest(opening, "team_stats", [SEASON]) == {SEASON: 0}
    assert opening.quality.is_empty()


def test_without_a_schedule_there_is_no_run(context: RunContext) -> None:
    with pytest.raises(SourceError, match="404"):
        tables.ingest(without(context, "games"), "games", [SEASON])
