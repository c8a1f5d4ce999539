"""A run knows its seasons, its now and its release before anything is computed."""

import json
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.errors import SettingsError, SourceError
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import load_settings
from nfl_signals.ingest.source import DirectoryRelease
from nfl_signals.workspace.run_context import RunContext, chosen_seasons, open_run
from nfl_signals_tests.support.homes import copy_of
from nfl_signals_tests.support.run_contexts import LEAGUE as FINISHED
from nfl_signals_tests.support.run_contexts import contents, copy_context, settings_of

LEAGUE = {"first_season": 2018, "n_seasons": 4, "weeks_played": 9}
LEAST = {"min_learner_seasons": 1, "min_stack_seasons": 1, "min_calibration_seasons": 1}


def opened(home: Path, **changes: object) -> RunContext:
    return open_run(
        load_settings(**{"home": home, "simulator": LEAGUE, "training": LEAST, **changes})
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which four seasons were simulated; tests that change it make their own."""
    folder = tmp_path_factory.mktemp("league")
    opened(folder)
    return folder


def test_a_simulated_run_reads_its_own_league(home: Path) -> None:
    context = opened(home)
    assert isinstance(context.release, DirectoryRelease)
    assert context.release.root == home / "data/simulated/release"
    assert context.seasons == (2018, 2019, 2020, 2021)


def test_now_of_a_simulated_run_is_the_leagues_tuesday(home: Path) -> None:
    """Nine weeks of 2021 are played; the season opened on Thursday, September 9."""
    now = opened(home).as_of
    assert now == datetime(2021, 11, 9, 14, tzinfo=UTC)
    assert now.weekday() == 1


def test_the_instant_in_the_settings_wins_and_is_given_in_utc(home: Path) -> None:
    eastern = datetime(2021, 11, 1, 9, tzinfo=timezone(timedelta(hours=-5)))
    as_of = opened(home, as_of=eastern).as_of
    assert as_of == datetime(2021, 11, 1, 14, tzinfo=UTC)
    assert as_of.utcoffset() == timedelta(0)
    assert opened(home, as_of="2021-11-01").as_of == datetime(2021, 11, 1, tzinfo=UTC)


def test_a_season_is_one_of_the_runs_when_its_first_game_is_within_the_horizon(home: Path) -> None:
    """The season of 2021 opens on Thursday, September 9; lines are looked at eight days ahead."""
    seasons = partial(opened, home)
    assert seasons(as_of="2021-09-02").seasons == (2018, 2019, 2020, 2021)
    with pytest.raises(SettingsError, match="seasons 2018-2020: 3 seasons, at least 4 are needed"):
        seasons(as_of="2021-08-31")
    with pytest.raises(SourceError, match="seasons 2018-2021: none has begun by 2017-07-01"):
        seasons(as_of="2017-07-01")


def test_now_of_real_games_is_the_last_full_hour(home: Path, tmp_path: Path) -> None:
    release = str(home / "data/simulated/release")
    before = datetime.now(UTC)
    context = opened(tmp_path, source="nflverse", nflverse=release)
    assert before - timedelta(hours=1) < context.as_of <= datetime.now(UTC)
    assert (context.as_of.minute, context.as_of.second, context.as_of.microsecond) == (0, 0, 0)
    assert isinstance(context.release, DirectoryRelease)
    assert not (tmp_path / "data/simulated").exists()


def test_what_time_it_is_a_league_says_a_played_season_or_the_systems_clock(
    home: Path, tmp_path: Path
) -> None:
    now = opened(home).moment
    assert now.clock == now.as_of == datetime(2021, 11, 9, 14, tzinfo=UTC)
    back = opened(home, as_of="2021-11-01").moment
    assert (back.clock, back.backdated) == (now.clock, True)
    release = {"source": "nflverse", "nflverse": str(home / "data/simulated/release")}
    before = datetime.now(UTC).replace(microsecond=0)
    live = opened(tmp_path / "live", **release).moment
    assert before <= live.clock <= datetime.now(UTC)
    assert (live.clock.microsecond, live.backdated) == (0, False)
    assert opened(tmp_path / "live", **release, as_of="2021-11-09").moment.backdated
    played = opened(tmp_path / "played", **release, as_of="2021-11-09", clock="as_of").moment
    assert (played.clock, played.backdated) == (played.as_of, False)


def test_the_clock_of_a_played_season_never_goes_back(nflverse_home: Path, tmp_path: Path) -> None:
    """What an earlier week forecasts after a later one was written is backdated."""
    home = copy_of(nflverse_home / "home", tmp_path / "home")
    release = nflverse_home / "league" / "release"
    played = {"source": "nflverse", "nflverse": str(release), "clock": "as_of"}
    written = pl.read_parquet(Paths(home).ledger)["written_at"].max()
    for days in (-7, 0, 7):
        as_of = written + timedelta(days=days)
        moment = opened(home, **played, as_of=as_of).moment
        assert (moment.clock, moment.backdated) == (max(as_of, written), days < 0)


def test_the_clock_of_a_league_never_goes_back(finished_home: Path, tmp_path: Path) -> None:
    """Four of its nine weeks are taken back."""
    now = copy_context(finished_home, tmp_path).moment
    fewer = FINISHED | {"weeks_played": 5}
    moment = open_run(settings_of(tmp_path, simulator=fewer)).moment
    assert moment.as_of < now.as_of
    assert (moment.clock, moment.backdated) == (now.clock, True)


def test_an_instant_that_has_not_come_is_refused_where_the_clock_runs(
    home: Path, tmp_path: Path
) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    release = {"source": "nflverse", "nflverse": str(home / "data/simulated/release")}
    with pytest.raises(SettingsError, match="has not come yet, and nothing is known of it"):
        opened(tmp_path, **release, as_of=tomorrow)
    assert opened(tmp_path, **release, as_of=tomorrow, clock="as_of").as_of == tomorrow


def test_seasons_in_the_settings_are_taken_in_order(home: Path) -> None:
    assert opened(home, seasons="2018-2021").seasons == (2018, 2019, 2020, 2021)


@pytest.mark.parametrize("seasons", ["2017-2021", "2018-2022", "1999-2003", "2030"])
def test_seasons_that_the_source_does_not_hold_are_refused(home: Path, seasons: str) -> None:
    wanted = seasons if "-" in seasons else f"{seasons}-{seasons}"
    with pytest.raises(SourceError, match=f"seasons {wanted}: the source holds 2018-2021"):
        opened(home, seasons=seasons)


def test_a_range_with_a_hole_is_refused_and_the_hole_is_named(home: Path, tmp_path: Path) -> None:
    schedule = "schedules/games.parquet"
    games = pl.read_parquet(home / "data/simulated/release" / schedule)
    (tmp_path / "schedules").mkdir()
    games.filter(pl.col("season") != 2019).write_parquet(tmp_path / schedule)
    release, as_of = DirectoryRelease(tmp_path), opened(home).as_of
    with pytest.raises(
        SourceError, match="seasons 2018-2021: the source holds no dated games of 2019"
    ):
        chosen_seasons(load_settings(home=home), release, as_of)
    assert chosen_seasons(load_settings(home=home, seasons="2020-2021"), release, as_of) == (
        2020,
        2021,
    )


def test_too_few_seasons_say_how_many_are_needed_and_why(home: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        opened(home, seasons="2019-2021")
    assert str(caught.value) == (
        "seasons 2019-2021: 3 seasons, at least 4 are needed (1 to learn, 1 to blend, "
        "1 to calibrate, 1 to predict); widen --seasons."
    )
    with pytest.raises(SettingsError, match="4 seasons, at least 7 are needed"):
        opened(home, training={})


@pytest.mark.parametrize(
    ("llm", "lacking"),
    [
        ({"provider": "openai"}, "base_url"),
        ({"provider": "openai", "base_url": "http://127.0.0.1:9/v1", "model": "m"}, "cutoff"),
        ({"provider": "replay"}, "model"),
    ],
)
def test_a_reader_without_its_settings_is_refused_before_anything_is_written(
    tmp_path: Path, llm: dict[str, str], lacking: str
) -> None:
    with pytest.raises(SettingsError, match=lacking):
        opened(tmp_path / "home", llm=llm)
    assert not (tmp_path / "home").exists()


def test_a_stored_league_is_used_again_while_the_settings_stay(home: Path) -> None:
    def stamps() -> dict[Path, int]:
        return {
            file: file.stat().st_mtime_ns
            for file in (home / "data/simulated").rglob("*")
            if file.is_file()
        }

    before = stamps()
    opened(home, threads=1, signal_source="proxy")
    assert stamps() == before


@pytest.mark.slow
def test_one_more_week_rewrites_the_league_and_moves_its_now(tmp_path: Path) -> None:
    first = opened(tmp_path, simulator=LEAGUE)
    before = contents(tmp_path / "data/simulated")
    second = opened(tmp_path, simulator={**LEAGUE, "weeks_played": 10})
    assert second.as_of - first.as_of == timedelta(weeks=1)
    after = contents(tmp_path / "data/simulated")
    assert after["release/schedules/games.parquet"] != before["release/schedules/games.parquet"]
    name = "release/stats_team/stats_team_week_2020.parquet"
    assert after[name] == before[name]


@pytest.mark.slow
def test_a_league_of_another_seed_replaces_the_stored_one(tmp_path: Path) -> None:
    opened(tmp_path, seed=1)
    before = contents(tmp_path / "data/simulated")
    opened(tmp_path, seed=2)
    description = json.loads((tmp_path / "data/simulated/release/league.json").read_text())
    assert description["seed"] == 2
    opened(tmp_path, seed=1)
    assert contents(tmp_path / "data/simulated") == before


@pytest.mark.slow
def test_a_league_cut_short_while_it_was_written_is_simulated_again(tmp_path: Path) -> None:
    opened(tmp_path)
    before = contents(tmp_path / "data/simulated")
    (tmp_path / "data/simulated/release/league.json").unlink()
    (tmp_path / "data/simulated/release/schedules/games.parquet").unlink()
    opened(tmp_path)
    assert contents(tmp_path / "data/simulated") == before
