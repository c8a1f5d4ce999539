"""The season from a terminal: week and outcomes in a home that was trained once."""

from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.files import read_json, read_parquet, write_json
from nfl_signals.core.paths import Paths
from nfl_signals.ingest.source import DirectoryRelease
from nfl_signals.simulator.feed.catalog import TROUBLES
from nfl_signals.simulator.feed.cut import Feed
from nfl_signals.simulator.feed.write import write_feed
from nfl_signals.simulator.write import RELEASE
from nfl_signals_tests.conftest import SMALL_LEAGUE
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.homes import CommandResult, copy_of, nfl_signals
from nfl_signals_tests.support.http_release import served

WEEKS = "NFL_SIGNALS_SIMULATOR__WEEKS_PLAYED"


@pytest.fixture
def home(finished_home: Path, tmp_path: Path) -> Path:
    """Nine weeks of the last season are played; week 10 is predicted."""
    return copy_of(finished_home, tmp_path / "home")


def call(home: Path, *command: object, weeks: int = 9) -> CommandResult:
    return nfl_signals(*command, home=home, extra=SMALL_LEAGUE | {WEEKS: str(weeks)})


def production(home: Path) -> pl.DataFrame:
    return read_parquet(Paths(home).ledger).filter(book="production")


@pytest.mark.slow
def test_a_week_later_the_next_week_is_predicted_and_a_second_run_doubles_nothing(
    home: Path,
) -> None:
    before = production(home)
    done = call(home, "week", weeks=10)
    assert done.code == 0, done.err
    assert "predicted 2024-11-12" in done.out
    after = production(home)
    assert after.filter(pl.col("kickoff_at").is_in(before["kickoff_at"].implode())).equals(before)
    assert after.height > before.height
    assert call(home, "week", weeks=10).code == 0
    assert production(home).equals(after)


@pytest.mark.slow
def test_after_three_weeks_without_a_run_it_catches_up(home: Path) -> None:
    done = call(home, "week", weeks=12)
    assert done.code == 0, done.err
    games = read_parquet(Paths(home).raw("games", 2024))
    assert games.filter(week=12)["result"].null_count() == 0
    upcoming = read_parquet(Paths(home).upcoming)
    assert set(upcoming["game_id"]) == set(games.filter(week=13)["game_id"])
    verified = call(home, "verify", weeks=12)
    assert verified.code == 0, (
        verified.out
    )  # models are held against the tables they were trained on


@pytest.mark.slow
def test_outcomes_grades_what_was_played_and_predicts_nothing(home: Path) -> None:
    before, predicted = production(home), read_parquet(Paths(home).upcoming)
    done = call(home, "outcomes", weeks=10)
    assert done.code == 0, done.err
    assert "calibration:" in done.out
    assert production(home).equals(before)
    assert read_parquet(Paths(home).upcoming).equals(predicted)
    evidence = read_parquet(Paths(home).weekly_evidence).filter(book="production")
    assert (evidence["season"].max(), evidence["week"].max()) == (2024, 10)


@pytest.mark.slow
def test_a_week_goes_on_from_now_in_a_home_that_was_run_as_of_a_date(home: Path) -> None:
    assert call(home, "week", "--as-of", "2024-11-08").code == 0
    assert read_json(Paths(home).run_record)["given_as_of"] == "2024-11-08T00:00:00+00:00"
    assert call(home, "week").code == 0
    assert read_json(Paths(home).run_record)["as_of"] == "2024-11-05T14:00:00+00:00"


def test_an_alteration_that_there_is_not_is_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    done = call(tmp_path, "simulate", "--out", tmp_path / "league", "--trouble", "pro_bowel")
    assert (done.code, (tmp_path / "league").exists()) == (2, False)
    assert "pro_bowl" in done.err


def test_alterations_are_listed_without_a_folder_to_write_to(tmp_path: Path) -> None:
    done = call(tmp_path, "simulate", "--trouble", "list")
    assert done.code == 0, done.err
    assert all(
        f"{name} ({each.table}, {each.answer})" in done.out for name, each in TROUBLES.items()
    )
    assert not list(tmp_path.iterdir())


def test_a_league_needs_a_folder_to_be_written_to(tmp_path: Path) -> None:
    done = call(tmp_path, "simulate", "--trouble", "pro_bowl")
    assert done.code == 2
    assert "--out" in done.err


@pytest.mark.slow
def test_what_mondays_run_downloaded_is_not_what_tuesdays_run_predicts_from(
    nflverse_home: Path, tmp_path: Path
) -> None:
    home, league = copy_of(nflverse_home / "home", tmp_path / "home"), tmp_path / "league"
    two_weeks_on = SMALL_LEAGUE | {WEEKS: "11", "NFL_SIGNALS_SEED": "7"}
    assert nfl_signals("simulate", "--out", league, home=home, extra=two_weeks_on).code == 0
    feed, folder = Feed(DirectoryRelease(league / RELEASE)), tmp_path / "served"
    with served(folder) as server:
        for command, instant in (("outcomes", "2024-11-11T15:00"), ("week", "2024-11-12T14:00")):
            write_feed(feed.at(utc(instant)), folder, range(2018, 2025))
            for copy in Paths(home).downloads.rglob("*.json"):  # it was yesterday
                write_json(copy, read_json(copy) | {"checked": 0.0})
            options = ("--source", "nflverse", "--as-of", f"{instant}+00:00")
            where = {"NFL_SIGNALS_NFLVERSE": server.url, "NFL_SIGNALS_SEED": "7"}
            done = nfl_signals(command, *options, home=home, extra=where)
            assert done.code == 0, done.err
    games = read_parquet(Paths(home).raw("games", 2024)).filter(week=11)
    upcoming = read_parquet(Paths(home).upcoming)
    assert set(upcoming["game_id"]) == set(games["game_id"])
    assert games["spread_line"].null_count() == 0


@pytest.mark.slow
def test_a_game_without_a_line_is_named_as_skipped(nflverse_home: Path) -> None:
    printed = " ".join((nflverse_home / "printed.txt").read_text().split())
    assert "not predicted, no usable line or price (ats): 2024_10_" in printed


@pytest.mark.parametrize("command", ["week", "outcomes"])
def test_a_home_without_a_run_is_told_to_make_one(command: str, tmp_path: Path) -> None:
    done = call(tmp_path, command)
    assert done.code == 2
    assert "no data yet; `nfl-signals run" in done.err


@pytest.mark.parametrize("command", ["week", "outcomes"])
def test_help_teaches_by_example(command: str, tmp_path: Path) -> None:
    assert f"nfl-signals {command}" in call(tmp_path, command, "--help").out
