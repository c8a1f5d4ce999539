"""What a source may get wrong, and the answer to each mistake: repaired, set aside, or refused."""

import json
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.errors import InputError, SchemaError, SourceError
from nfl_signals.features.rolling_form import per_game
from nfl_signals.ingest.quality import Quality
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
    read_history,
    release,
    utc,
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


BAD_GAMES: dict[str, tuple[pl.Expr, str, dict[str, object]]] = {
    # the change, the rule, and what the table then holds of SECOND (empty: the game is set aside)
    "unknown team code": (only(SECOND, "XYZ", "home_team"), "team", {}),
    "negative score": (only(SECOND, -3.0, "away_score"), "scores_contradict", {"away_score": None}),
    "moneyline of 0": (
        only(SECOND, 0.0, "home_moneyline"),
        "impossible_price",
        {"home_moneyline": None},
    ),
    "probability in place of odds": (
        only(SECOND, 0.52, "over_odds"),
        "impossible_price",
        {"over_odds": None, "under_odds": -110.0},
    ),
    "implausible line": (
        only(SECOND, 445.0, "total_line"),
        "impossible_line",
        {"total_line": None},
    ),
    "unknown kind of game": (only(SECOND, "PRE", "game_type"), "game_type", {}),
    "game without a season": (only(SECOND, None, "season"), "key_missing", {}),
    "game without a week": (only(SECOND, None, "week"), "key_missing", {}),
    "venue missing": (only(SECOND, None, "location"), "flag_unknown", {"is_neutral": False}),
    "division missing": (only(SECOND, None, "div_game"), "flag_unknown", {"is_divisional": False}),
    "wrong total": (
        only(SECOND, 28.0, "total"),
        "scores_contradict",
        {"total": None, "result": None},
    ),
    "half a score": (only(SECOND, None, "away_score"), "scores_contradict", {"home_score": None}),
    "scores without a result": (
        only(SECOND, None, "result"),
        "result_from_scores",
        {"result": 21.0},
    ),
    "scores without a total": (only(SECOND, None, "total"), "result_from_scores", {"total": 27.0}),
    "one game under two ids": (only(SECOND, "DET", "away_team"), "two_games", {}),
    "team against itself": (only(SECOND, "CLE", "away_team"), "two_games", {}),
    "day missing": (
        only(SECOND, None, "gameday"),
        "day_unknown",
        {"kickoff_at": utc("2023-09-07 17:00")},
    ),
    "time unknown": (
        only(SECOND, "TBD", "gametime"),
        "time_unknown",
        {"kickoff_at": utc("2023-09-10 17:00")},
    ),
    "code of another source": (only(SECOND, "CLV", "home_team"), "team_code", {"home_team": "CLE"}),
    "name of the team": (
        only(SECOND, "Cleveland Browns", "home_team"),
        "team_code",
        {"home_team": "CLE"},
    ),
    "NA written out": (only(SECOND, "NA", "home_qb_id"), "na_text", {"home_qb_id": None}),
}


def second(games: pl.DataFrame) -> dict[str, object]:
    found = games.filter(game_id=SECOND).to_dicts()
    return found[0] if found else {}


@pytest.mark.parametrize("mistake", BAD_GAMES)
def test_a_bad_game_is_answered_by_its_rule_and_leaves_the_other_alone(mistake: str) -> None:
    change, rule, expected = BAD_GAMES[mistake]
    quality, sound = Quality("games", 2023), read_games(opening_week(), 2023)
    games = read_games(opening_week().change(SCHEDULE, change), 2023, quality)
    assert [each["rule"] for each in quality.records] == ([rule] if rule else [])
    assert {name: second(games).get(name) for name in expected} == expected
    assert (second(games) == {}) == (expected == {})
    other = pl.col("game_id") == OPENER
    assert games.filter(other).equals(sound.filter(other))


def test_what_is_set_aside_is_kept_as_published_and_named() -> None:
    quality = Quality("games", 2023)
    read_games(opening_week().change(SCHEDULE, only(SECOND, 445.0, "total_line")), 2023, quality)
    (record,) = quality.frame(utc("2023-09-12 00:00")).to_dicts()
    assert (record["key"], record["column"], record["value"]) == (SECOND, "total_line", "445.0")
    assert json.loads(record["published"])["total_line"] == 445.0
    assert (record["answer"], record["rows"]) == ("quarantine", 1)


def test_what_was_seen_before_keeps_the_day_on_which_it_was_first_seen() -> None:
    quality = Quality("games", 2023)
    read_games(opening_week().change(SCHEDULE, only(SECOND, 445.0, "total_line")), 2023, quality)
    first, later = utc("2023-09-12 00:00"), utc("2023-09-19 00:00")
    again = quality.frame(later, before=quality.frame(first)).row(0, named=True)
    assert (again["first_seen"], again["last_seen"]) == (first, later)


def test_scores_that_contradict_each_other_all_season_are_refused() -> None:
    flipped = season_of_games(flip=False, prices=True).change(SCHEDULE, -pl.col("result"))
    with pytest.raises(SchemaError, match=r"28 of 32 rows cannot be used.*scores_contradict"):
        read_games(flipped, 2023, Quality("games", 2023, max_share=0.05))


def test_text_in_place_of_all_numbers_is_refused() -> None:
    refused(
        opening_week().change(SCHEDULE, pl.lit("pick").alias("spread_line")),
        "column spread_line, row 0",
        "'pick' is not a Float64",
        "the file's type is String",
    )


def test_a_game_listed_twice_counts_once() -> None:
    memory, quality = opening_week(), Quality("games", 2023)
    memory.tables[SCHEDULE] = pl.concat([memory.tables[SCHEDULE]] * 2)
    assert read_games(memory, 2023, quality).equals(read_games(opening_week(), 2023))
    assert [each["rule"] for each in quality.records] == ["duplicate_row"]


@pytest.mark.parametrize("column", ["spread_line", "home_score", "gameday", "game_type"])
def test_a_column_that_nothing_can_replace_is_refused_by_its_name(column: str) -> None:
    memory = opening_week()
    memory.tables[SCHEDULE] = memory.tables[SCHEDULE].rename({column: f"{column}_new"})
    refused(memory, f"column {column} is missing", "renamed or dropped upstream")


@pytest.mark.parametrize(
    "column", ["roof", "div_game", "location", "gametime", "result", "over_odds"]
)
def test_a_column_that_can_be_done_without_is_all_missing(column: str) -> None:
    memory, quality = opening_week(), Quality("games", 2023)
    memory.tables[SCHEDULE] = memory.tables[SCHEDULE].drop(column)
    assert read_games(memory, 2023, quality).height == 2
    assert quality.records[0]["rule"] == "column_missing"
    assert quality.records[0]["column"] == column


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
    ("change", "rule", "rows"),
    [
        (pl.lit(2022).alias("season"), "other_season", 0),
        (pl.col("team").replace("DET", "XYZ"), "team", 3),
        (pl.lit(-1).alias("carries"), "unusable_value", 4),
        (pl.lit(None, pl.Int32).alias("attempts"), "missing_statistic", 4),
        (pl.lit(None, pl.Int32).alias("penalty_yards"), "missing_statistic", 4),
        (pl.lit("CLE").alias("team"), "conflicting_rows", 0),
    ],
)
def test_bad_statistics_are_answered_by_their_rule(change: pl.Expr, rule: str, rows: int) -> None:
    quality = Quality("team_stats", 2023)
    assert read_team_stats(opening_week().change(STATS, change), 2023, quality).height == rows
    assert {each["rule"] for each in quality.records} == {rule}


def test_a_statistic_that_is_missing_leaves_no_zero_behind() -> None:
    change = pl.lit(None, pl.Int32).alias("passing_interceptions")
    games = per_game(read_history(opening_week().change(STATS, change)))
    assert games["turnovers"].null_count() == 4


@pytest.mark.parametrize(
    ("change", "rule", "kept"),
    [
        (pl.lit(None, pl.String).alias("gsis_id"), "player_unknown", {"gsis_id": "A Player"}),
        (pl.lit("Hurt").alias("report_status"), "report_status", {"report_status": None}),
        (
            pl.lit("2023-09-06T20:15:00Z").alias("date_modified"),
            "cast",
            {"date_modified": utc("2023-09-06 20:15")},
        ),
        (pl.lit("AFC").alias("team"), "team", {}),
    ],
)
def test_a_bad_injury_report_is_answered_by_its_rule(
    change: pl.Expr, rule: str, kept: dict[str, object]
) -> None:
    quality = Quality("injuries", 2023)
    injuries = read_injuries(opening_week().change(INJURIES, change), 2023, quality)
    assert [each["rule"] for each in quality.records] == [rule]
    assert [{name: row[name] for name in kept} for row in injuries.to_dicts()] == [kept] * bool(
        kept
    )


def test_of_two_reports_on_a_player_the_newer_one_counts_wherever_it_stands() -> None:
    early, late = utc("2023-09-06 20:00"), utc("2023-09-07 20:00")
    rows = [
        injury(OPENER, "KC", status="Out", modified=late),
        injury(OPENER, "KC", status="Questionable", modified=early),
    ]
    for order in (rows, rows[::-1]):
        quality = Quality("injuries", 2023)
        memory = release([game(OPENER, "2023-09-07")], injuries=order)
        assert read_injuries(memory, 2023, quality)["report_status"].to_list() == ["Out"]
        assert [each["rule"] for each in quality.records] == ["newest_report"]
