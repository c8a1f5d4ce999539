"""After a run as of the past, the next run leaves the tables of a home that never went back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.files import read_parquet
from nfl_signals.core.paths import Paths
from nfl_signals.predictions.champion import require_champion
from nfl_signals.workspace import stored_seasons, tables
from nfl_signals.workspace.llm_signals import build_signals
from nfl_signals.workspace.run_context import RunContext, open_home, open_run
from nfl_signals_tests.conftest import SMALL_LEAGUE
from nfl_signals_tests.support.homes import copy_of, nfl_signals
from nfl_signals_tests.support.run_contexts import contents, copy_context, settings_of

MIDSEASON = datetime(2022, 10, 18, 14, tzinfo=UTC)
BEFORE_THE_FIRST = datetime(2024, 10, 15, tzinfo=UTC)  # three weeks before the home's champion
FEW = {f"min_{of}_seasons": 1 for of in ("learner", "stack", "calibration")}
"""So that a run may go back by years."""


def refresh(home: Path, as_of: datetime | None = None) -> RunContext:
    """The tables of `nfl-signals week`."""
    context = open_run(settings_of(home, as_of=as_of, training=FEW))
    seasons = stored_seasons.unfinished_seasons(context)
    for table in tables.SCHEMAS:
        tables.ingest(context, table, seasons)
    tables.build_gold(context, seasons)
    tables.build_gold_markets(context, seasons)
    build_signals(context, seasons)
    return context


def stored(home: Path) -> dict[str, pl.DataFrame]:
    paths = Paths(home)
    folders = (paths.features, paths.markets, paths.llm_signals)
    files = (file for folder in folders for file in sorted(folder.glob("*.parquet")))
    return {f"{file.parent.name}/{file.name}": read_parquet(file) for file in files}


def assert_the_same(home: Path, present: dict[str, pl.DataFrame]) -> None:
    found = stored(home)
    assert found.keys() == present.keys()
    assert [name for name, frame in present.items() if not found[name].equals(frame)] == []


@pytest.mark.slow
def test_the_next_run_repairs_seasons_that_a_run_of_the_past_cut(
    finished_home: Path, tmp_path: Path
) -> None:
    context = copy_context(finished_home, tmp_path)
    assert stored_seasons.unfinished_seasons(context) == [2024]  # a finished home reads one season
    present = stored(tmp_path)
    refresh(tmp_path, MIDSEASON)
    assert stored(tmp_path).keys() != present.keys()
    assert stored_seasons.unfinished_seasons(context) == [2022, 2023, 2024]
    refresh(tmp_path)
    assert_the_same(tmp_path, present)
    assert stored_seasons.unfinished_seasons(context) == [2024]


@pytest.mark.parametrize("table", ["features", "markets", "llm_signals"])
def test_one_table_that_was_cut_by_a_run_that_stopped_is_built_again(
    finished_home: Path, tmp_path: Path, table: str
) -> None:
    context = copy_context(finished_home, tmp_path)
    then = open_run(settings_of(tmp_path, as_of=MIDSEASON, training=FEW))
    build = {
        "features": tables.build_gold,
        "markets": tables.build_gold_markets,
        "llm_signals": build_signals,
    }[table]
    build(then, [2022])
    assert stored_seasons.unfinished_seasons(context) == [2022, 2023, 2024]


@pytest.mark.slow
def test_from_any_week_of_a_season_the_next_run_finds_the_present_again(
    finished_home: Path, tmp_path: Path
) -> None:
    copy_context(finished_home, tmp_path)
    present = stored(tmp_path)
    opening = datetime(2023, 9, 5, 14, tzinfo=UTC)
    for week in range(24):
        refresh(tmp_path, opening + timedelta(days=7 * week))
        refresh(tmp_path)
        assert_the_same(tmp_path, present)


def test_a_week_before_the_first_champion_is_refused_and_nothing_is_written(
    finished_home: Path, tmp_path: Path
) -> None:
    home = copy_of(finished_home, tmp_path / "home")
    before = contents(home / "data")
    done = nfl_signals(
        "week", "--as-of", BEFORE_THE_FIRST.isoformat(), home=home, extra=SMALL_LEAGUE
    )
    said = " ".join(done.err.split())
    assert done.code == 2
    assert "no champion yet as of 2024-10-15T00:00:00+00:00" in said
    assert "the first one is of 2024-11-05T14:00:00+00:00. Choose an as_of from then on" in said
    assert contents(home / "data") == before


def test_the_proxy_needs_no_champion(finished_home: Path, tmp_path: Path) -> None:
    proxy = copy_context(finished_home, tmp_path, as_of=BEFORE_THE_FIRST, signal_source="proxy")
    require_champion(proxy)


@pytest.mark.slow
def test_a_season_is_over_a_month_after_the_newest_game_that_is_scheduled(
    finished_home: Path, tmp_path: Path
) -> None:
    """After week 18 the playoffs are not in the schedule yet; a season is not over by what is."""
    context = copy_context(finished_home, tmp_path)
    last = context.paths.raw("games", 2023)
    newest: datetime = read_parquet(last)["kickoff_at"].max()  # type: ignore[assignment]
    for days, over in ((1, False), (29, False), (31, True)):
        then = replace(context, as_of=newest + timedelta(days=days))
        tables.build_gold(then, [2023])
        tables.build_gold_markets(then, [2023])
        build_signals(then, [2023])
        assert (2023 not in stored_seasons.unfinished_seasons(context)) is over


def test_a_look_at_a_home_demands_the_seasons_that_have_begun_and_are_gone(
    finished_home: Path, tmp_path: Path
) -> None:
    seasons = copy_context(finished_home, tmp_path).seasons
    for season in (seasons[2], seasons[-1]):
        (Paths(tmp_path).features / f"{season}.parquet").unlink()
    assert open_home(settings_of(tmp_path)).seasons == seasons
    past = settings_of(tmp_path, as_of=datetime(2023, 11, 7, tzinfo=UTC))
    assert open_home(past).seasons == seasons[:-1]
