"""Raw and gold tables: all or nothing, season by season, nothing later than the run's now."""

import logging
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.errors import InputError, SourceError
from nfl_signals.core.files import read_parquet
from nfl_signals.ingest.history import RESULT_DELAY
from nfl_signals.workspace import tables
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.run_contexts import (
    contents,
    copy_context,
    drop_rows,
    earlier,
    rewrite,
)

SEASONS = range(2018, 2025)
LEAST = {"min_learner_seasons": 1, "min_stack_seasons": 1, "min_calibration_seasons": 1}


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    return copy_context(finished_home, tmp_path)


def build(context: RunContext) -> None:
    tables.build_gold(context, context.seasons)
    tables.build_gold_markets(context, context.seasons)


def gold(context: RunContext) -> dict[str, bytes]:
    return contents(context.paths.features.parent)


def test_ingesting_again_gives_the_same_bytes_and_counts_rows(context: RunContext) -> None:
    before = contents(context.paths.home)
    for table in tables.READERS:
        rows = tables.ingest(context, table, context.seasons)
        stored = {
            season: read_parquet(context.paths.raw(table, season)).height for season in SEASONS
        }
        assert rows == stored
    assert contents(context.paths.home) == before


def test_steps_log_what_they_stored(context: RunContext, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="nfl_signals"):
        games = tables.ingest(context, "games", [2018])[2018]
        markets = tables.build_gold_markets(context, SEASONS).height
    assert caplog.messages == [
        f"raw games: {games:,} rows of 1 season",
        f"gold markets: {markets:,} rows of 7 seasons",
    ]


def test_a_bad_season_among_good_ones_writes_nothing(context: RunContext) -> None:
    """2019 has changed upstream and would be written; 2022 is truncated."""
    release = context.paths.simulated / "release/stats_team"
    rewrite(release / "stats_team_week_2019.parquet", pl.col("attempts") + 1)
    broken = release / "stats_team_week_2022.parquet"
    broken.write_bytes(broken.read_bytes()[:1000])
    before = contents(context.paths.raw_folder("team_stats"))
    with pytest.raises(SourceError, match="stats_team_week_2022"):
        tables.ingest(context, "team_stats", context.seasons)
    assert contents(context.paths.raw_folder("team_stats")) == before
    tables.ingest(context, "team_stats", [2019])
    after = contents(context.paths.raw_folder("team_stats"))
    assert {name for name in after if after[name] != before[name]} == {"2019.parquet"}


@pytest.mark.parametrize("table", tables.READERS)
def test_a_missing_raw_season_is_named_with_what_to_do(context: RunContext, table: str) -> None:
    for season in (2019, 2021):
        context.paths.raw(table, season).unlink()
    before = gold(context)
    message = (
        rf"{table}/2019\.parquet: season 2019 of raw_{table} is not there yet; "
        r"materialize it first \(missing: 2019, 2021\)\."
    )
    with pytest.raises(InputError, match=message):
        tables.build_gold(context, context.seasons)
    if table == "games":  # markets need no other table
        with pytest.raises(InputError, match=message):
            tables.build_gold_markets(context, context.seasons)
    assert gold(context) == before


@pytest.mark.slow
def test_seasons_built_one_by_one_are_those_of_a_single_run(context: RunContext) -> None:
    before = gold(context)
    for file in context.paths.features.parent.rglob("*.parquet"):
        if file.is_file():
            file.unlink()
    for season in SEASONS:
        rows, report = tables.build_gold(context, [season])
        assert rows.equals(read_parquet(context.paths.features / f"{season}.parquet"))
        assert (report.known, report.late) == ({}, [])
        assert tables.build_gold_markets(context, [season]).height == rows.height * 3
    assert gold(context) == before


def test_building_one_season_leaves_the_others_alone(context: RunContext) -> None:
    before = gold(context)
    (context.paths.features / "2020.parquet").unlink()
    tables.build_gold(context, [2020])
    assert gold(context) == before


def test_a_past_season_is_built_before_later_ones_are_ingested(context: RunContext) -> None:
    before = (context.paths.features / "2019.parquet").read_bytes()
    for season in range(2020, 2025):
        for table in tables.READERS:
            context.paths.raw(table, season).unlink()
    tables.build_gold(context, [2019])
    assert (context.paths.features / "2019.parquet").read_bytes() == before


def test_gold_of_seasons_that_the_run_does_not_have_is_removed(
    finished_home: Path, tmp_path: Path
) -> None:
    """Its features would otherwise lack the seasons before them."""
    context = copy_context(finished_home, tmp_path, seasons="2019-2023", training=LEAST)
    build(context)
    names = {f"{table}.parquet/{s}.parquet" for table in ("features", "markets") for s in SEASONS}
    assert set(gold(context)) == {
        name for name in names if "/2018" not in name and "/2024" not in name
    }
    assert context.features["season"].unique().sort().to_list() == list(range(2019, 2024))


@pytest.mark.parametrize(
    "as_of", [utc("2022-11-01 14:00"), utc("2022-11-06 20:30"), utc("2024-09-03 14:00")]
)
def test_gold_at_an_earlier_instant_is_what_was_known_then(
    context: RunContext, as_of: datetime
) -> None:
    """Equal to the full build for rows up to then, and no outcome that came later."""
    features, markets = context.features, context.markets
    past = earlier(context, as_of)
    build(past)
    then = pl.col("kickoff_at") <= as_of
    assert past.features.filter(then).equals(features.filter(then))
    known = pl.col("kickoff_at") + RESULT_DELAY <= as_of
    assert past.markets.filter(known).equals(markets.filter(known))
    later = past.markets.filter(~known)
    assert later.height > 0
    assert later["points"].null_count() == later["outcome"].null_count() == later.height
    far = later.filter(pl.col("kickoff_at") > as_of + timedelta(days=8))
    assert far.select("price_yes", "price_no", "p_market").null_count().row(0) == (far.height,) * 3


def test_history_ends_with_the_last_season_and_with_now(context: RunContext) -> None:
    history = tables.load_history(context, last_season=2020)
    assert history.games["season"].unique().sort().to_list() == [2018, 2019, 2020]
    now = utc("2020-10-06 14:00")
    history = tables.load_history(earlier(context, now))
    assert history.games.drop_nulls("result")["kickoff_at"].max() < now
    assert history.notes["published_at"].max() <= now
    assert history.team_stats.filter(pl.col("season") == 2020)["week"].max() == 4


def test_gold_is_read_in_time_order(context: RunContext) -> None:
    for table in (context.features, context.markets):
        assert table.equals(
            table.sort("season", "week", "kickoff_at", "game_id", maintain_order=True)
        )


def test_a_played_game_without_statistics_counts_by_its_score_and_is_reported(
    context: RunContext,
) -> None:
    missing = (pl.col("week") == 3) & (pl.col("team") == "KC")
    drop_rows(context.paths.raw("team_stats", 2021), missing)
    features, _ = tables.build_gold(context, context.seasons)
    assert features.null_count().sum_horizontal().item() == 0
    (found,) = context.quality.filter(table="team_stats").to_dicts()
    assert (found["rule"], found["season"]) == ("late_statistics", 2021)
    assert found["key"].startswith("2021_03_")


@pytest.mark.slow
def test_leak_checks_look_at_the_last_season_that_was_played(context: RunContext) -> None:
    """Before the first kickoff of a season there is nothing in it to check anything with."""
    assert tables.check_features(earlier(context, utc("2024-09-03 14:00"))) == 6
