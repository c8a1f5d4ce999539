"""What a source may get wrong, and the message each mistake earns."""

from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.errors import InputError, SchemaError, SourceError
from nfl_signals.ingest.raw import read_games, read_injuries, read_team_stats
from nfl_signals.ingest.source import DirectoryRelease, MissingReleaseError
from nfl_signals.ingest.teams import TEAM_IDS
from nfl_signals_tests.support.builders import (
    OPENER,
    SCHEDULE,
    SECOND,
    MemoryRelease,
    Row,
    game,
    injury,
    opening_week,
    release,
    write,
)

STATS, INJURIES = "stats_team/stats_team_week_2023", "injuries/injuries_2023"


def only(game_id: str, value: object, column: str) -> pl.Expr:
    """`column` set to `value` in one game."""
    return pl.when(pl.col("game_id") == game_id).then(pl.lit(value)).otherwise(column).alias(column)


def refused(memory: MemoryRelease, *expected: str, kind: type[InputError] = SchemaError) -> None:
    """Reading the games fails, and the message holds every part of `expected`."""
    with pytest.raises(kind) as caught:
        read_games(memory, 2023)
    message = str(caught.value)
    assert message.startswith(f"memory/{SCHEDULE}.parquet: ")
    assert [part for part in expected if part not in message] == [], message


BAD_GAMES: dict[str, tuple[pl.Expr, list[str]]] = {
    "unknown team code": (
        only(SECOND, "XYZ", "home_team"),
        ["column home_team", SECOND, "XYZ fails 'a known team code'"],
    ),
    "negative score": (
        only(SECOND, -3.0, "away_score"),
        ["column away_score", SECOND, "-3.0 fails 'a score of 0 or more'"],
    ),
    "moneyline of 0": (
        only(SECOND, 0.0, "home_moneyline"),
        ["column home_moneyline", SECOND, "0.0 fails 'American odds: at most -100"],
    ),
    "probability in place of odds": (
        only(SECOND, 0.52, "over_odds"),
        ["column over_odds", SECOND, "0.52 fails 'American odds"],
    ),
    "implausible line": (
        only(SECOND, 445.0, "total_line"),
        ["column total_line", SECOND, "445.0 fails 'in_range(10, 100)'"],
    ),
    "unknown kind of game": (
        only(SECOND, "PRE", "game_type"),
        ["column game_type", SECOND, "PRE fails", "REG"],
    ),
    "game without a season": (
        only(SECOND, None, "season"),
        ["column season", SECOND, "not_nullable"],
    ),
    "venue missing": (
        only(SECOND, None, "location"),
        ["column is_neutral", SECOND, "not_nullable"],
    ),
    "result is away minus home": (
        -pl.col("result"),
        ["column result/total", OPENER, "20.0 home and 21.0 away", "result 1.0", "(2 such games)"],
    ),
    "wrong total": (
        only(SECOND, 28.0, "total"),
        ["column result/total", SECOND, "total 28.0", "(1 such games)", "total their sum"],
    ),
    "half a score": (
        only(SECOND, None, "away_score"),
        ["column result/total", SECOND, "None away"],
    ),
    "scores without a result": (
        only(SECOND, None, "result"),
        ["column result/total", SECOND, "result None"],
    ),
    "scores without a total": (
        only(SECOND, None, "total"),
        ["column result/total", SECOND, "total None"],
    ),
    "text in place of a number": (
        pl.lit("pick").alias("spread_line"),
        ["column spread_line, row 0", "'pick' is not a Float64", "the file's type is String"],
    ),
    "fraction of a week": (pl.lit(1.5).alias("week"), ["column week, row 0", "1.5 is not a Int32"]),
    "one game under two ids": (
        only(SECOND, "DET", "away_team"),
        ["home_team/away_team, week 1", f"DET plays {SECOND} and {OPENER}", "one game a week"],
    ),
    "team against itself": (
        only(SECOND, "CLE", "away_team"),
        ["home_team/away_team, week 1", f"CLE plays {SECOND} and {SECOND}"],
    ),
}


@pytest.mark.parametrize("mistake", BAD_GAMES)
def test_a_bad_game_is_refused_by_file_column_game_and_expectation(mistake: str) -> None:
    change, expected = BAD_GAMES[mistake]
    refused(opening_week().change(SCHEDULE, change), *expected)


def test_a_duplicated_game_is_refused() -> None:
    memory = opening_week()
    memory.tables[SCHEDULE] = pl.concat([memory.tables[SCHEDULE]] * 2)
    refused(memory, "column game_id", OPENER, "field_uniqueness", "4 breaches of raw_games")


@pytest.mark.parametrize(
    "column", ["spread_line", "home_score", "gameday", "div_game", "home_qb_id"]
)
def test_a_renamed_column_is_refused_by_its_old_name(column: str) -> None:
    memory = opening_week()
    memory.tables[SCHEDULE] = memory.tables[SCHEDULE].rename({column: f"{column}_new"})
    refused(memory, f"column {column} is missing", "renamed or dropped upstream")


def test_a_season_without_games_is_refused_with_the_seasons_there_are() -> None:
    memory = release([game("2021_01_DET_KC", "2021-09-12"), game("2022_01_DET_KC", "2022-09-11")])
    refused(memory, "season 2023 has no games (the file holds 2021-2022)", kind=SourceError)


TEAM_CODES = sorted(TEAM_IDS)


def season_of_games(*, flip: bool, prices: bool) -> MemoryRelease:
    """Two rounds of sixteen games in which the favourite wins by about the line."""
    rows: list[Row] = []
    for week in (1, 2):
        for pair in range(16):
            away, home = TEAM_CODES[2 * pair : 2 * pair + 2]
            edge = float(pair - 8) + 0.5
            columns: Row = {"spread_line": -edge if flip else edge}
            favourite = {"home_moneyline": -200.0, "away_moneyline": 170.0}
            underdog = {"home_moneyline": 170.0, "away_moneyline": -200.0}
            none = {"home_moneyline": None, "away_moneyline": None}
            columns |= (favourite if edge > 0 else underdog) if prices else none
            score = (20.0 + round(edge), 20.0)
            game_id = f"2023_{week:02}_{away}_{home}"
            rows.append(game(game_id, f"2023-09-{7 * week + 3:02}", score=score, **columns))
    return release(rows)


@pytest.mark.parametrize(("prices", "against"), [(True, "p_home"), (False, "result")])
def test_a_season_with_its_spread_sign_flipped_is_refused(prices: bool, against: str) -> None:
    assert read_games(season_of_games(flip=False, prices=prices), 2023).height == 32
    refused(
        season_of_games(flip=True, prices=prices),
        "column spread_line, season 2023",
        f"correlation with {against} is -",
        "over 32 games",
        "positive = home favoured",
        "multiply the column by -1",
    )


def test_a_few_upsets_are_no_flipped_sign() -> None:
    few = season_of_games(flip=True, prices=True)
    few.tables[SCHEDULE] = few.tables[SCHEDULE].head(29)
    assert read_games(few, 2023).height == 29


def test_a_missing_file_is_named() -> None:
    memory = release([game(OPENER, "2023-09-07")])
    del memory.tables[STATS], memory.tables[INJURIES]
    with pytest.raises(MissingReleaseError, match="stats_team_week_2023"):
        read_team_stats(memory, 2023)
    with pytest.raises(MissingReleaseError, match="injuries_2023"):
        read_injuries(memory, 2023)


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    folder = write(opening_week(), tmp_path)
    for table in (SCHEDULE, STATS, INJURIES):
        path = folder / f"{table}.parquet"
        path.write_bytes(path.read_bytes()[:-50])
    on_disk = DirectoryRelease(folder)
    for read, name in (
        (read_games, "games"),
        (read_team_stats, "stats_team_week_2023"),
        (read_injuries, "injuries_2023"),
    ):
        with pytest.raises(SourceError, match=rf"{name}\.parquet: not readable as parquet"):
            read(on_disk, 2023)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (pl.lit(2022).alias("season"), "4 rows of season 2022 in the file of 2023"),
        (
            pl.col("team").replace("DET", "XYZ"),
            "column team, row . .*XYZ fails 'a known team code'",
        ),
        (pl.lit(-1).alias("carries"), "column carries, row 0 .*-1.0 fails"),
        (pl.lit(None, pl.Int32).alias("attempts"), "column attempts, row 0 .*not_nullable"),
        (pl.lit(-5).alias("penalty_yards"), "column penalty_yards, row 0 .*-5.0 fails"),
        (
            pl.lit(None, pl.Int32).alias("penalty_yards"),
            "column penalty_yards, row 0 .*not_nullable",
        ),
        (pl.lit("CLE").alias("team"), "column season, week, team, row 0 .*2023, 1, CLE.*repeats"),
        (pl.lit("many").alias("passing_epa"), "column passing_epa, row 0: 'many' is not a Float64"),
    ],
)
def test_bad_statistics_are_refused_by_file_column_row_and_expectation(
    change: pl.Expr, expected: str
) -> None:
    with pytest.raises(SchemaError, match=rf"{STATS}\.parquet: .*{expected}"):
        read_team_stats(opening_week().change(STATS, change), 2023)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (pl.lit(None, pl.String).alias("gsis_id"), "column gsis_id, row 0 .*not_nullable"),
        (pl.lit("Hurt").alias("report_status"), "column report_status, row 0 .*Hurt fails"),
        (pl.lit("today").alias("date_modified"), "column date_modified, row 0: 'today' is not"),
    ],
)
def test_a_bad_injury_report_is_refused_by_file_column_row_and_expectation(
    change: pl.Expr, expected: str
) -> None:
    with pytest.raises(SchemaError, match=rf"{INJURIES}\.parquet: .*{expected}"):
        read_injuries(opening_week().change(INJURIES, change), 2023)


def test_a_player_reported_twice_in_a_week_is_refused() -> None:
    rows = [injury(OPENER, "KC"), injury(OPENER, "KC", status="Questionable")]
    with pytest.raises(SchemaError, match=r"season, week, team, gsis_id, row 0 .*repeats"):
        read_injuries(release([game(OPENER, "2023-09-07")], injuries=rows), 2023)
