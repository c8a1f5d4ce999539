"""What a source gives, normalised: types, franchises, one instant of kickoff."""

import os
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.errors import SourceError
from nfl_signals.core.validation import validate
from nfl_signals.ingest.history import History
from nfl_signals.ingest.quality import Quality
from nfl_signals.ingest.raw import (
    read_games,
    read_injuries,
    read_notes,
    read_team_stats,
    seasons_in,
)
from nfl_signals.ingest.schemas import RAW_GAMES, RAW_INJURIES, RAW_TEAM_STATS
from nfl_signals.ingest.source import DirectoryRelease
from nfl_signals_tests.support.builders import (
    OPENER,
    SCHEDULE,
    SECOND,
    MemoryRelease,
    game,
    injury,
    note,
    opening_week,
    release,
    starters,
    stats,
    utc,
)

STATS = "stats_team/stats_team_week_2023"
REAL = Path(os.environ.get("NFL_SIGNALS_NFLVERSE", ""))


def kickoff(gameday: str, gametime: str | None) -> object:
    games = read_games(release([game(OPENER, gameday, gametime=gametime)]), 2023)
    return games["kickoff_at"].item()


def test_a_sound_schedule_is_normalised() -> None:
    games = read_games(opening_week(), 2023)
    assert games["game_id"].to_list() == [OPENER, SECOND]
    first = games.row(0, named=True)
    assert first["kickoff_at"] == utc("2023-09-07 17:00")
    assert (first["home_team"], first["away_team"], first["result"]) == ("KC", "DET", -1.0)
    assert (first["is_neutral"], first["is_divisional"], first["is_covered"]) == (False,) * 3


@pytest.mark.parametrize(
    ("gameday", "gametime", "expected"),
    [
        ("2023-09-07", "20:20", "2023-09-08 00:20"),  # daylight saving time: UTC-4
        ("2023-11-04", "13:00", "2023-11-04 17:00"),  # the day before the clocks go back
        ("2023-11-05", "13:00", "2023-11-05 18:00"),  # the day they do: UTC-5
        ("2024-02-11", "18:30", "2024-02-11 23:30"),
        ("2023-10-01", "09:30", "2023-10-01 13:30"),  # London, still in Eastern time
        ("2023-09-10", None, "2023-09-10 17:00"),  # unknown: 13:00 Eastern
    ],
)
def test_kickoff_is_eastern_time_across_daylight_saving(
    gameday: str, gametime: str | None, expected: str
) -> None:
    assert kickoff(gameday, gametime) == utc(expected)


@pytest.mark.parametrize(
    ("gameday", "gametime", "expected"),
    [
        ("09/07/2023", "20:20", "2023-09-08 00:20"),
        ("20230907", "20:20:00", "2023-09-08 00:20"),
        ("2023-11-05", "01:30", "2023-11-05 05:30"),  # twice on the clocks: the first
    ],
)
def test_a_kickoff_written_otherwise_is_the_same_instant(
    gameday: str, gametime: str, expected: str
) -> None:
    assert kickoff(gameday, gametime) == utc(expected)


@pytest.mark.parametrize(("gameday", "gametime"), [("2023-03-12", "02:30"), (None, "13:00")])
def test_a_game_whose_day_nothing_tells_is_set_aside(gameday: str | None, gametime: str) -> None:
    quality = Quality("games", 2023)
    games = read_games(release([game(OPENER, gameday, gametime=gametime)]), 2023, quality)  # type: ignore[arg-type]
    assert games.is_empty()
    assert quality.records[-1]["rule"] == "key_missing"


def test_a_game_without_a_day_is_put_on_the_day_of_its_week_or_a_week_after_the_last() -> None:
    rows = [game(OPENER, "2023-09-10"), game(SECOND, None), game("2023_02_KC_JAX", None)]  # type: ignore[arg-type]
    games = read_games(release(rows), 2023)
    days = dict(games.select("game_id", pl.col("kickoff_at").dt.date().cast(pl.String)).iter_rows())
    assert days == {OPENER: "2023-09-10", SECOND: "2023-09-10", "2023_02_KC_JAX": "2023-09-17"}


def test_flags_stand_for_codes() -> None:
    rows = [
        game(OPENER, "2023-09-07", location="Neutral", div_game=1, roof="dome"),
        game(SECOND, "2023-09-10", roof=None),
        game("2023_01_PIT_SF", "2023-09-10", roof="open"),
    ]
    games = read_games(release(rows), 2023)
    flags = games.sort("game_id").select("game_id", "is_neutral", "is_divisional", "is_covered")
    assert flags.rows() == [
        (SECOND, False, False, False),
        (OPENER, True, True, True),
        ("2023_01_PIT_SF", False, False, True),
    ]


def test_relocated_teams_are_todays_franchises_in_every_table() -> None:
    game_id = "2015_01_OAK_STL"
    memory = release(
        [game(game_id, "2015-09-13", score=(34, 31))],
        [stats(game_id, "OAK"), stats(game_id, "STL")],
        [injury(game_id, "STL")],
        [note(game_id, "OAK", utc("2015-09-11 12:00"))],
    )
    games = read_games(memory, 2015)
    assert games.select("game_id", "home_team", "away_team").row(0) == (game_id, "LA", "LV")
    team_stats = read_team_stats(memory, 2015)
    assert team_stats.select("team", "opponent_team").rows() == [("LA", "LV"), ("LV", "LA")]
    assert read_injuries(memory, 2015)["team"].to_list() == ["LA"]
    assert read_notes(memory, 2015)["team"].to_list() == ["LV"]


def test_harmless_drift_of_types_changes_nothing() -> None:
    sound = opening_week()
    drifted = sound.change(
        SCHEDULE,
        pl.col("season", "week", "div_game").cast(pl.String),
        pl.col("home_score", "result", "spread_line").cast(pl.Int64),
        pl.col("away_score").cast(pl.String),
        pl.col("gameday").str.to_date(),
    ).change(STATS, pl.col("week", "attempts").cast(pl.Float64), pl.col("season").cast(pl.String))
    assert read_games(drifted, 2023).equals(read_games(sound, 2023))
    assert read_team_stats(drifted, 2023).equals(read_team_stats(sound, 2023))


def test_a_game_without_lines_and_prices_is_kept() -> None:
    missing = ["spread_line", "total_line", "home_moneyline", "away_moneyline", "over_odds"]
    rows = [game(OPENER, "2023-09-07", **dict.fromkeys(missing))]
    games = read_games(release(rows), 2023)
    assert games.select(missing).row(0) == (None,) * 5


def test_statistics_without_expected_points_are_kept() -> None:
    memory = opening_week().change(STATS, pl.lit(None, pl.Float64).alias("passing_epa"))
    assert read_team_stats(memory, 2023)["passing_epa"].null_count() == 4


def test_starters_are_kept_by_their_ids_and_may_be_missing() -> None:
    rows = [game(OPENER, "2023-09-07", **starters("00-0033873", "00-0033106"))]
    games = read_games(release([*rows, game(SECOND, "2023-09-10")]), 2023)
    names = games.select("home_qb_id", "away_qb_id").rows()
    assert names == [("00-0033873", "00-0033106"), (None, None)]


def test_there_are_no_injury_reports_before_2009_and_nobody_looks_for_them() -> None:
    nothing = read_injuries(MemoryRelease({}), 2008)
    assert validate(nothing, RAW_INJURIES, "2008").is_empty()


def test_notes_come_in_the_order_of_publication_and_each_only_once() -> None:
    late = note(OPENER, "KC", utc("2023-09-06 12:00"), note_id="b")
    early = note(OPENER, "DET", utc("2023-09-05 12:00"), note_id="c")
    games = [game(OPENER, "2023-09-07")]
    assert read_notes(release(games, notes=[late, early]), 2023)["note_id"].to_list() == ["c", "b"]
    both = read_notes(release(games, notes=[late, early | {"note_id": "b"}]), 2023)
    assert both.is_empty()  # which of the two is note b?


def test_an_empty_schedule_is_refused() -> None:
    memory = opening_week()
    memory.tables[SCHEDULE] = memory.tables[SCHEDULE].clear()
    with pytest.raises(SourceError, match="holds no games at all"):
        seasons_in(memory)


def test_seasons_ascend_and_a_game_is_of_the_season_that_its_id_names() -> None:
    rows = [game("2022_01_DET_KC", "2022-09-11"), game("2021_01_DET_KC", "2021-09-12")]
    memory = release([*rows, game(SECOND, "2023-09-10", season=None)])
    assert seasons_in(memory) == [2021, 2022, 2023]
    for misspelt in (None, 2004, 20231110, -1):
        stray = memory.change(SCHEDULE, pl.lit(misspelt, pl.Int32).alias("season"))
        assert seasons_in(stray) == [2021, 2022, 2023]
        assert read_games(stray, 2023)["game_id"].to_list() == [SECOND]


@pytest.mark.real_data
def test_every_real_season_passes_its_boundaries(real_history: History) -> None:
    validate(real_history.games, RAW_GAMES, "games")
    validate(real_history.team_stats, RAW_TEAM_STATS, "team_stats")
    validate(real_history.injuries, RAW_INJURIES, "injuries")
    assert real_history.games.height == 6_706
    assert real_history.games["season"].unique().sort().to_list() == list(range(1999, 2024))


@pytest.mark.slow
@pytest.mark.real_data
def test_no_real_number_is_out_of_bounds() -> None:
    release = DirectoryRelease(REAL)
    found: list[dict[str, object]] = []
    for season in seasons_in(release):
        for read, table in ((read_games, "games"), (read_team_stats, "team_stats")):
            quality = Quality(table, season)
            read(release, season, quality)
            found += [each for each in quality.records if each["answer"] == "quarantine"]
    assert found == []


@pytest.mark.real_data
def test_real_favourites_win_by_more_in_every_season(real_history: History) -> None:
    by_season = real_history.games.drop_nulls(["spread_line", "result"]).group_by("season")
    correlations = by_season.agg(pl.corr("spread_line", "result").alias("r"))
    assert correlations.height == 25
    assert correlations["r"].min() > 0


@pytest.mark.real_data
def test_no_real_team_kicks_off_twice_within_three_days(real_history: History) -> None:
    games = real_history.games
    sides = [games.select("kickoff_at", team=f"{side}_team") for side in ("home", "away")]
    gaps = pl.concat(sides).sort("kickoff_at").select(pl.col("kickoff_at").diff().over("team"))
    assert gaps["kickoff_at"].min() > timedelta(days=3)
