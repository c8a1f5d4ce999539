"""A file that is not there, or is empty, stops no week: the season goes on, and says what it lacks."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.checks.tables import raw_quality
from nfl_signals.core.errors import IntegrityError, SchemaError, SourceError
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
    return altered(context, table, GONE[how])


def altered(context: RunContext, table: str, alter: Alter) -> RunContext:
    """The season's rows of a table are others."""
    trouble = Trouble(table=table, what="404", answer="degrade", rule="table_missing", alter=alter)
    return replace(context, release=TroubledRelease(context.release, SEASON, (trouble,)))


def rebuilt(context: RunContext, table: str) -> RunContext:
    """The season ingested again and its features built."""
    tables.ingest(context, table, [SEASON])
    tables.build_gold(context, [SEASON])
    return context


@pytest.mark.slow
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
@pytest.mark.slow
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


@pytest.mark.parametrize("table", ["injuries", "notes"])
def test_reports_that_cannot_be_used_leave_the_last_good_ones(
    context: RunContext, table: str
) -> None:
    stored = read_parquet(context.paths.raw(table, SEASON))
    lacking = rebuilt(altered(context, table, lambda frame: frame.drop("week")), table)
    assert read_parquet(context.paths.raw(table, SEASON)).equals(stored)
    assert predict_upcoming(lacking)["data_flag"].unique().to_list() == [f"table_missing ({table})"]


def test_half_a_file_replaces_no_whole_one(context: RunContext) -> None:
    real = replace(context, settings=context.settings.model_copy(update={"source": "nflverse"}))
    stored = {name: read_parquet(context.paths.raw(name, SEASON)) for name in tables.READERS}
    for table in ("team_stats", "injuries", "notes"):
        tables.ingest(altered(real, table, lambda frame: frame.head(60)), table, [SEASON])
    with pytest.raises(SchemaError, match=r"rows of games that were there are missing"):
        tables.ingest(altered(real, "games", lambda frame: frame.head(60)), "games", [SEASON])
    for table, before in stored.items():
        assert read_parquet(context.paths.raw(table, SEASON)).equals(before)


def test_a_game_that_is_listed_no_more_is_named(context: RunContext) -> None:
    real = replace(context, settings=context.settings.model_copy(update={"source": "nflverse"}))
    last = read_parquet(context.paths.raw("games", SEASON))["game_id"][-1]
    gone = altered(real, "games", lambda frame: frame.filter(pl.col("game_id") != last))
    tables.ingest(gone, "games", [SEASON])
    assert gone.quality.select("rule", "key").rows() == [("rows_vanished", last)]


def test_a_forecast_says_that_its_teams_last_statistics_are_not_there_yet(
    context: RunContext,
) -> None:
    """On a Tuesday morning Monday's game may lack them: late, and known to be."""
    monday = (
        read_parquet(context.paths.raw("games", SEASON)).drop_nulls("result").row(-1, named=True)
    )
    teams = [monday["home_team"], monday["away_team"]]
    of_monday = (pl.col("week") == monday["week"]) & pl.col("team").is_in(teams)
    late = altered(context, "team_stats", lambda frame: frame.filter(~of_monday))
    upcoming = predict_upcoming(rebuilt(late, "team_stats"))
    flagged = upcoming.filter(pl.col("data_flag").str.contains("late_statistics"))
    named = flagged["game_id"].str.split("_").list.slice(2).explode().unique().to_list()
    assert set(teams) <= set(named)
    assert flagged["game_id"].n_unique() <= 2


def test_a_week_whose_results_contradict_its_scores_stops_no_forecast(context: RunContext) -> None:
    """The model was fitted on that week, whose results are missing now: by the clock it was played."""
    games = predict_upcoming(context)["game_id"]
    result = pl.when(pl.col("week") == 9).then(-pl.col("result")).otherwise("result")
    flipped = altered(context, "games", lambda frame: frame.with_columns(result.alias("result")))
    tables.ingest(flipped, "games", [SEASON])
    tables.build_gold_markets(flipped, [SEASON])
    upcoming = predict_upcoming(rebuilt(flipped, "games"))
    assert upcoming["game_id"].equals(games)
    assert upcoming["data_flag"].str.contains("scores_contradict").all()
