"""A file that is not there, or is empty, stops no week: the season goes on, and says what it lacks."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.checks.tables import raw_quality
from nfl_signals.core.errors import IntegrityError, SourceError
from nfl_signals.core.files import read_parquet
from nfl_signals.ingest.source import MissingReleaseError, Release
from nfl_signals.predictions.upcoming import predict_upcoming
from nfl_signals.workspace import tables
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.run_contexts import copy_context, earlier

SEASON = 2024
INJURIES, STATS = f"injuries/injuries_{SEASON}", f"stats_team/stats_team_week_{SEASON}"


@dataclass
class Without:
    """A release without some of its files, or with nothing in them."""

    release: Release
    missing: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()

    def locate(self, table: str) -> str:
        return self.release.locate(table)

    def modified_at(self, table: str) -> datetime | None:
        return None

    def read(self, table: str) -> pl.DataFrame:
        if table in self.missing:
            raise MissingReleaseError(f"{table}: 404")
        frame = self.release.read(table)
        return frame.clear() if table in self.empty else frame


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    return copy_context(finished_home, tmp_path)


def without(context: RunContext, **changes: tuple[str, ...]) -> RunContext:
    return replace(context, release=Without(context.release, **changes))


def rebuilt(context: RunContext, table: str) -> RunContext:
    """The season ingested again and its features built."""
    tables.ingest(context, table, [SEASON])
    tables.build_gold(context, [SEASON])
    return context


@pytest.mark.parametrize("how", ["missing", "empty"])
@pytest.mark.parametrize(("table", "file"), [("injuries", INJURIES), ("team_stats", STATS)])
def test_what_was_there_before_stays_as_it_was_and_is_flagged(
    context: RunContext, table: str, file: str, how: str
) -> None:
    stored = read_parquet(context.paths.raw(table, SEASON))
    lacking = rebuilt(without(context, **{how: (file,)}), table)
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


@pytest.mark.parametrize(("table", "file"), [("injuries", INJURIES), ("team_stats", STATS)])
def test_what_never_was_there_leaves_the_week_to_the_fill_rules(
    context: RunContext, table: str, file: str
) -> None:
    before = predict_upcoming(context)
    context.paths.raw(table, SEASON).unlink()
    upcoming = predict_upcoming(rebuilt(without(context, missing=(file,)), table))
    assert upcoming["game_id"].equals(before["game_id"])
    assert upcoming["p_hat"].is_between(0, 1).all()


def test_when_the_file_comes_the_flag_goes(context: RunContext) -> None:
    rebuilt(without(context, missing=(INJURIES,)), "injuries")
    assert rebuilt(context, "injuries").quality.is_empty()
    assert predict_upcoming(context)["data_flag"].unique().to_list() == [""]


def test_the_first_week_needs_no_statistics(context: RunContext) -> None:
    """The season opens on Thursday, September 5."""
    opening = earlier(without(context, missing=(STATS,)), utc("2024-09-03 14:00"))
    context.paths.raw("team_stats", SEASON).unlink()
    assert tables.ingest(opening, "team_stats", [SEASON]) == {SEASON: 0}
    assert opening.quality.is_empty()


def test_without_a_schedule_there_is_no_run(context: RunContext) -> None:
    with pytest.raises(SourceError, match="404"):
        tables.ingest(without(context, missing=("schedules/games",)), "games", [SEASON])
