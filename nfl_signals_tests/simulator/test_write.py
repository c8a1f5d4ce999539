"""Claims about the files of a release: layout, types, bytes, and that the truth stays outside."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.ingest import raw
from nfl_signals.ingest.source import DirectoryRelease
from nfl_signals.simulator.league import League, simulate
from nfl_signals.simulator.write import write_release
from nfl_signals_tests.support.hashes import sha256_of

# Columns and types of nflverse's files of 2023.
GAMES = """
game_id:str season:i64 game_type:str week:i64 gameday:str weekday:str gametime:str away_team:str
away_score:f64 home_team:str home_score:f64 location:str result:f64 total:f64 overtime:f64
old_game_id:i64 gsis:f64 nfl_detail_id:str pfr:str pff:f64 espn:i64 ftn:f64 away_rest:i64
home_rest:i64 away_moneyline:f64 home_moneyline:f64 spread_line:f64 away_spread_odds:f64
home_spread_odds:f64 total_line:f64 under_odds:f64 over_odds:f64 div_game:i64 roof:str
surface:str temp:f64 wind:f64 away_qb_id:str home_qb_id:str away_qb_name:str home_qb_name:str
away_coach:str home_coach:str referee:str stadium_id:str stadium:str
"""
TEAM_STATS = """
season:i32 week:i32 team:str season_type:str opponent_team:str completions:i32 attempts:i32
passing_yards:i32 passing_tds:i32 passing_interceptions:i32 sacks_suffered:i32
sack_yards_lost:i32 sack_fumbles:i32 sack_fumbles_lost:i32 passing_air_yards:i32
passing_yards_after_catch:i32 passing_first_downs:i32 passing_epa:f64 passing_cpoe:f64
passing_2pt_conversions:i32 carries:i32 rushing_yards:i32 rushing_tds:i32 rushing_fumbles:i32
rushing_fumbles_lost:i32 rushing_first_downs:i32 rushing_epa:f64 rushing_2pt_conversions:i32
receptions:i32 targets:i32 receiving_yards:i32 receiving_tds:i32 receiving_fumbles:i32
receiving_fumbles_lost:i32 receiving_air_yards:i32 receiving_yards_after_catch:i32
receiving_first_downs:i32 receiving_epa:f64 receiving_2pt_conversions:i32 special_teams_tds:i32
def_tackles_solo:i32 def_tackles_with_assist:i32 def_tackle_assists:i32 def_tackles_for_loss:i32
def_tackles_for_loss_yards:i32 def_fumbles_forced:i32 def_sacks:f64 def_sack_yards:f64
def_qb_hits:i32 def_interceptions:i32 def_interception_yards:i32 def_pass_defended:i32
def_tds:i32 def_fumbles:i32 def_safeties:i32 misc_yards:i32 fumble_recovery_own:i32
fumble_recovery_yards_own:i32 fumble_recovery_opp:i32 fumble_recovery_yards_opp:i32
fumble_recovery_tds:i32 penalties:i32 penalty_yards:i32 timeouts:i32 punt_returns:i32
punt_return_yards:i32 kickoff_returns:i32 kickoff_return_yards:i32 fg_made:i32 fg_att:i32
fg_missed:i32 fg_blocked:i32 fg_long:i32 fg_pct:f64 fg_made_0_19:i32 fg_made_20_29:i32
fg_made_30_39:i32 fg_made_40_49:i32 fg_made_50_59:i32 fg_made_60_:i32 fg_missed_0_19:i32
fg_missed_20_29:i32 fg_missed_30_39:i32 fg_missed_40_49:i32 fg_missed_50_59:i32
fg_missed_60_:i32 fg_made_list:str fg_missed_list:str fg_blocked_list:str fg_made_distance:i32
fg_missed_distance:i32 fg_blocked_distance:i32 pat_made:i32 pat_att:i32 pat_missed:i32
pat_blocked:i32 pat_pct:f64 gwfg_made:i32 gwfg_att:i32 gwfg_missed:i32 gwfg_blocked:i32
gwfg_distance:i32
"""
INJURIES = """
season:i32 game_type:str team:str week:i32 gsis_id:str position:str full_name:str first_name:str
last_name:str report_primary_injury:str report_secondary_injury:str report_status:str
practice_primary_injury:str practice_secondary_injury:str practice_status:str date_modified:time
"""
NOTES = "season:i32 week:i32 team:str note_id:str published_at:time text:str"
TYPES = {
    "i32": pl.Int32(),
    "i64": pl.Int64(),
    "f64": pl.Float64(),
    "str": pl.String(),
    "time": pl.Datetime("us", "UTC"),
}
SIMULATED_STATS = (
    "completions attempts passing_yards passing_tds passing_interceptions sacks_suffered sack_yards_lost "
    "sack_fumbles sack_fumbles_lost passing_first_downs passing_epa carries rushing_yards rushing_tds "
    "rushing_fumbles rushing_fumbles_lost rushing_first_downs rushing_epa receiving_fumbles "
    "receiving_fumbles_lost def_sacks def_interceptions def_qb_hits fumble_recovery_opp penalties "
    "penalty_yards"
)
SCRIPT = """
import sys
from pathlib import Path
from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.simulator.league import simulate
from nfl_signals.simulator.write import write_release
write_release(simulate(SimulatorSettings(first_season=2020, n_seasons=2), seed=7), Path(sys.argv[1]))
"""


@cache
def league(n_seasons: int = 2) -> League:
    return simulate(SimulatorSettings(first_season=2020, n_seasons=n_seasons), seed=7)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_release(league(), tmp_path)
    return tmp_path


def spelt_out(schema: str) -> dict[str, pl.DataType]:
    pairs = [column.split(":") for column in schema.split()]
    return {name: TYPES[dtype] for name, dtype in pairs}


def test_the_layout_is_that_of_nflverses_releases_with_the_truth_outside(folder: Path) -> None:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {
        "truth.parquet",
        "truth_tuesday.parquet",
        "lines_open.parquet",
        "model_forecasts.parquet",
        "release/league.json",
        "release/schedules/games.parquet",
        *(f"release/stats_team/stats_team_week_{year}.parquet" for year in (2020, 2021)),
        *(f"release/injuries/injuries_{year}.parquet" for year in (2020, 2021)),
        *(f"release/notes/notes_{year}.parquet" for year in (2020, 2021)),
        *(f"release/prices/prices_{year}.parquet" for year in (2020, 2021)),
    }


@pytest.mark.parametrize(
    ("table", "schema", "n_columns"),
    [
        ("schedules/games", GAMES, 46),
        ("stats_team/stats_team_week_2021", TEAM_STATS, 102),
        ("injuries/injuries_2021", INJURIES, 16),
        ("notes/notes_2021", NOTES, 6),
    ],
)
def test_files_have_nflverses_columns_and_types(
    folder: Path, table: str, schema: str, n_columns: int
) -> None:
    found = pl.read_parquet(folder / "release" / f"{table}.parquet").schema
    assert dict(found) == spelt_out(schema)
    assert list(found) == list(spelt_out(schema))
    assert len(found) == n_columns


def test_columns_that_forecasters_use_have_no_nulls(folder: Path) -> None:
    stats = pl.read_parquet(folder / "release/stats_team/stats_team_week_2021.parquet")
    assert stats.select(SIMULATED_STATS.split()).null_count().sum_horizontal().item() == 0


def test_no_column_of_the_release_is_the_truth(folder: Path) -> None:
    truth = set(pl.read_parquet(folder / "truth.parquet").columns) - {"game_id"}
    still_open = {f"{side}_p_out" for side in ("home", "away")}
    hidden = truth | still_open | {"margin_at", "total_at", "home_qb", "away_qb"}
    for path in (folder / "release").rglob("*.parquet"):
        assert not hidden & set(pl.read_parquet_schema(path))


def test_the_description_gives_the_leagues_now_its_seed_and_its_settings(folder: Path) -> None:
    description = json.loads((folder / "release/league.json").read_text())
    settings = SimulatorSettings(first_season=2020, n_seasons=2)
    assert description == {"as_of": "2021-11-09T14:00:00+00:00", "seed": 7, **settings.model_dump()}


def test_writing_again_changes_no_byte(folder: Path) -> None:
    before = sha256_of(folder)
    write_release(league(), folder)
    assert sha256_of(folder) == before


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_in_two_processes_whatever_the_threads(
    tmp_path: Path,
) -> None:
    for threads in ("1", "2"):
        command = [sys.executable, "-c", SCRIPT, str(tmp_path / threads)]
        subprocess.run(command, check=True, env=os.environ | {"OPENBLAS_NUM_THREADS": threads})
    write_release(league(), tmp_path / "here")
    assert len({sha256_of(tmp_path / name) for name in ("1", "2", "here")}) == 1


@pytest.mark.slow
def test_another_seed_gives_other_bytes(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    write_release(simulate(league().settings, seed=8), other)
    for table in ("schedules/games", "stats_team/stats_team_week_2020", "injuries/injuries_2020"):
        path = f"release/{table}.parquet"
        assert sha256_of(folder / path) != sha256_of(other / path)


@pytest.mark.slow
def test_a_smaller_league_leaves_no_season_of_a_larger_one_behind(
    tmp_path: Path, folder: Path
) -> None:
    write_release(league(3), folder)
    assert (folder / "release/injuries/injuries_2022.parquet").exists()
    write_release(league(2), folder)
    write_release(league(2), tmp_path / "fresh")
    assert sha256_of(folder / "release") == sha256_of(tmp_path / "fresh" / "release")


def test_a_league_that_could_not_be_written_whole_has_no_description(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(path: Path, content: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nfl_signals.simulator.write.write_json", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_release(league(3), folder)
    assert not (folder / "release/league.json").exists()


def test_the_pipelines_own_reader_accepts_every_table_of_every_season(folder: Path) -> None:
    release = DirectoryRelease(folder / "release")
    assert raw.seasons_in(release) == [2020, 2021]
    for season in (2020, 2021):
        assert len(raw.read_games(release, season)) > 250
        for read in (raw.read_team_stats, raw.read_injuries, raw.read_notes):
            assert len(read(release, season)) > 100
