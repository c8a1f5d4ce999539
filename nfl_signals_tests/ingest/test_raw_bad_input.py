"""What a source may get wrong, and the answer to each mistake: repaired, set aside, or refused."""

import itertools
import json
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import polars.selectors as cs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.core.errors import InputError, SchemaError, SourceError
from nfl_signals.core.validation import validate
from nfl_signals.features.rolling_form import per_game
from nfl_signals.ingest.games import check_spread_sign
from nfl_signals.ingest.history import RESULTS, reports_before
from nfl_signals.ingest.quality import Quality, flags_of_games, refuse_vanished
from nfl_signals.ingest.raw import openings, read_games, read_injuries, read_notes, read_team_stats
from nfl_signals.ingest.release_columns import GAMES, TEAM_STATS
from nfl_signals.ingest.schemas import RAW_GAMES, RAW_TEAM_STATS
from nfl_signals.ingest.source import DirectoryRelease, MissingReleaseError
from nfl_signals.ingest.teams import TEAM_IDS
from nfl_signals_tests.support.absurd import ABSURD
from nfl_signals_tests.support.builders import (
    OPENER,
    SCHEDULE,
    SECOND,
    MemoryRelease,
    Row,
    both_stats,
    game,
    injury,
    note,
    opening_week,
    read_history,
    release,
    utc,
    write,
)

STATS, INJURIES = "stats_team/stats_team_week_2023", "injuries/injuries_2023"
NOTES, TUESDAY = "notes/notes_2023", utc("2023-09-05 12:00")


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
    "sentinel in place of odds": (
        only(SECOND, -9999.0, "over_odds"),
        "impossible_price",
        {"over_odds": None, "under_odds": None},
    ),
    "implausible line": (
        only(SECOND, 445.0, "total_line"),
        "impossible_line",
        {"total_line": None},
    ),
    "unknown kind of game": (only(SECOND, "PRE", "game_type"), "game_type", {}),
    "game without a season": (only(SECOND, None, "season"), "from_game_id", {"season": 2023}),
    "game of another season": (only(SECOND, 2004, "season"), "from_game_id", {"season": 2023}),
    "game without a week": (only(SECOND, None, "week"), "from_game_id", {"week": 1}),
    "game without a team": (only(SECOND, None, "home_team"), "from_game_id", {"home_team": "CLE"}),
    "played game of no points": (
        only(SECOND, 0.0, "away_score"),
        "scores_contradict",
        {"away_score": None},
    ),
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


PAIRS = list(zip(sorted(TEAM_IDS)[::2], sorted(TEAM_IDS)[1::2], strict=True))
COUNTED = [name for name, spec in TEAM_STATS.items() if spec.known_at == "stats"]
NUMBERS = [name for name in RAW_GAMES.columns if GAMES.get(name) and GAMES[name].dtype.is_float()]


def each_with(column: str, names: list[str], key: str, extra: float) -> pl.Expr:
    """`column` absurd in another way in the row of each name."""
    change = pl.col(column).cast(pl.Float64)
    for name, value in zip(names, (*ABSURD, extra), strict=False):
        change = pl.when(pl.col(key) == name).then(value).otherwise(change)
    return change.alias(column)


@pytest.mark.parametrize("column", NUMBERS)
def test_an_absurd_number_of_a_game_costs_what_it_is_about_and_no_more(column: str) -> None:
    ids = [f"2023_01_{away}_{home}" for away, home in PAIRS]
    league = release([game(game_id, "2023-09-10", score=(24, 3)) for game_id in ids])
    change = each_with(column, ids, "game_id", 240.0 if "score" in column else 1e6)
    games = read_games(league.change(SCHEDULE, change), 2023, Quality("games", 2023))
    assert validate(games, RAW_GAMES, "games").height == len(ids)
    sound = read_games(league, 2023).row(0, named=True)
    values = dict(zip(ids, (*ABSURD, 240.0), strict=False))
    for row in games.to_dicts():
        lost = {name for name in NUMBERS if row[name] != sound[name]}
        assert {row[name] for name in lost} <= {None}
        assert lost in (set(), {column}, {"home_score", "away_score", "result", "total"})
        # A result that cannot be read is what the scores make it.
        assert (column in lost) == (row["game_id"] in values) or column in RESULTS


def test_a_game_of_impossible_scores_has_no_result_even_where_all_of_it_agrees() -> None:
    quality, score = Quality("games", 2023), (240.0, 20.0)
    memory = release([game(OPENER, "2023-09-07", score=score), game(SECOND, "2023-09-10")])
    games = validate(read_games(memory, 2023, quality), RAW_GAMES, "games")
    assert games.select(RESULTS).null_count().row(0) == (2,) * 4
    assert [each["rule"] for each in quality.records] == ["scores_contradict"]


@pytest.mark.parametrize("column", COUNTED)
def test_an_absurd_statistic_is_missing_and_every_other_stays(column: str) -> None:
    ids = [f"2023_01_{away}_{home}" for away, home in PAIRS]
    rows = [row for game_id in ids[:4] for row in both_stats(game_id)]
    league, teams = release([game(OPENER, "2023-09-07")], rows), [row["team"] for row in rows[:-1]]
    stats = read_team_stats(
        league.change(STATS, each_with(column, teams, "team", -9_999.0)),
        2023,
        Quality("team_stats", 2023),
    )
    assert validate(stats, RAW_TEAM_STATS, "team_stats").height == len(rows)
    assert {name for name in COUNTED if stats[name].null_count()} == {column}
    assert stats.drop_nulls(column)["team"].to_list() == [rows[-1]["team"]]


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
    with pytest.raises(SchemaError, match=r"42 of 48 rows cannot be used.*scores_contradict"):
        read_games(flipped, 2023, Quality("games", 2023, max_share=0.05))


def test_text_in_place_of_all_numbers_is_refused() -> None:
    season = season_of_games(flip=False, prices=True)
    refused(
        season.change(SCHEDULE, pl.lit("n.n.").alias("spread_line")),
        "column spread_line, row 0",
        "'n.n.' is not a Float64",
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
    """Three rounds of sixteen games in which the favourite wins by about the line."""
    rows: list[Row] = []
    for week in (1, 2, 3):
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
    assert read_games(season_of_games(flip=False, prices=prices), 2023).height == 48
    refused(
        season_of_games(flip=True, prices=prices),
        "column spread_line, season 2023",
        f"correlation with {against} is -",
        "over 48 games",
        "positive = home favoured",
        "multiply the column by -1",
    )


def test_a_few_upsets_are_no_flipped_sign() -> None:
    few = season_of_games(flip=True, prices=True)
    few.tables[SCHEDULE] = few.tables[SCHEDULE].head(7)
    assert read_games(few, 2023).height == 7


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
    early, late = utc("2023-09-06 16:00"), utc("2023-09-07 16:00")
    rows = [
        injury(OPENER, "KC", status="Out", modified=late),
        injury(OPENER, "KC", status="Questionable", modified=early),
    ]
    for order in (rows, rows[::-1]):
        quality = Quality("injuries", 2023)
        memory = release([game(OPENER, "2023-09-07")], injuries=order)
        injuries = read_injuries(memory, 2023, quality)
        assert injuries["report_status"].to_list() == ["Questionable", "Out"]
        known = [reports_at(memory, instant) for instant in (early, late)]
        assert known == [["Questionable"], ["Out"]]
        assert [each["rule"] for each in quality.records] == ["newest_report"]


def reports_at(memory: MemoryRelease, instant: datetime) -> list[str]:
    """Statuses that count at an instant."""
    return reports_before(read_history(memory).known_at(instant), horizon="kickoff")[
        "report_status"
    ].to_list()


@pytest.mark.parametrize(
    "stamp", [-62_135_596_800, 0, "0001-01-01T00:00:00Z", "1970-01-01 00:00:00"]
)
def test_a_placeholder_for_a_stamp_makes_no_report_known_early(stamp: int | str) -> None:
    memory = opening_week().change(INJURIES, pl.lit(stamp).alias("date_modified"))
    tuesday, saturday = utc("2023-09-05 12:00"), utc("2023-09-09 12:00")
    assert (reports_at(memory, tuesday), len(reports_at(memory, saturday))) == ([], 1)


@pytest.mark.parametrize("unit", [1, 10**3, 10**6, 10**9])
def test_a_stamp_counted_from_the_epoch_is_that_instant_in_any_unit(unit: int) -> None:
    moment = utc("2023-09-06 20:15")
    memory = opening_week().change(
        INJURIES, pl.lit(int(moment.timestamp()) * unit).alias("date_modified")
    )
    assert read_injuries(memory, 2023)["date_modified"].to_list() == [moment]


def test_an_update_from_after_kickoff_takes_nothing_from_the_report_before_it() -> None:
    before, after = utc("2023-09-06 20:00"), utc("2023-09-12 20:00")
    rows = [
        injury(OPENER, "KC", status="Out", modified=before),
        injury(OPENER, "KC", status="Note", modified=after),
    ]
    memory = release([game(OPENER, "2023-09-07")], injuries=rows)
    assert reports_at(memory, utc("2023-10-01 00:00")) == ["Out"]


GARBAGE = ("", " ", "NA", "null", "None", "<NA>", "-1", "0", "1e12", "inf", "nan", "25:00", "x")
TABLES = {SCHEDULE: read_games, STATS: read_team_stats, INJURIES: read_injuries, NOTES: read_notes}
WEEK = release(
    [game(OPENER, "2023-09-07", score=(20, 21)), game(SECOND, "2023-09-10", score=(24, 3))],
    [*both_stats(OPENER), *both_stats(SECOND)],
    [injury(OPENER, "KC", modified=TUESDAY), injury(SECOND, "CLE", modified=TUESDAY)],
    [note(OPENER, "KC", TUESDAY, note_id="1"), note(SECOND, "CLE", TUESDAY, note_id="2")],
)


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_no_value_of_any_cell_reaches_another_row(table: str) -> None:
    read, frame = TABLES[table], WEEK.tables[table]
    sound = read(WEEK, 2023, Quality(table, 2023))
    key = "game_id" if table == SCHEDULE else "team"
    spoilt = pl.int_range(pl.len()) == 0
    others = pl.col(key).is_in(frame[key][1:].implode())
    for name, garbage in itertools.product(frame.columns, GARBAGE):
        text = pl.col(name).cast(pl.String)
        changed = pl.when(spoilt).then(pl.lit(garbage)).otherwise(text).alias(name)
        found = read(WEEK.change(table, changed), 2023, Quality(table, 2023))
        assert found.filter(others).equals(sound.filter(others)), (name, garbage)
        numbers = found.select(cs.float())
        assert numbers.select(pl.any_horizontal(pl.all().is_infinite().any())).item() in (
            False,
            None,
        )


def test_rows_that_lack_a_part_of_their_key_are_counted_one_by_one() -> None:
    quality, rows = Quality("injuries", 2023), 50
    nobody = pl.DataFrame({"season": [2023] * rows, "week": [1] * rows, "place": range(rows)})
    quality.note("key_missing", nobody)
    with pytest.raises(SchemaError, match=r"50 of 100 rows cannot be used"):
        Quality(**(vars(quality) | {"max_share": 0.1})).refuse_too_much(100, "here")


def test_a_row_is_one_row_whatever_number_of_its_values_cannot_be_used() -> None:
    quality = Quality("games", 2023, max_share=0.1)
    games = pl.DataFrame({"game_id": [f"g{number}" for number in range(20)], "odds": 0})
    for column in ("odds", "game_id"):
        quality.note("impossible_price", games, column)
    quality.refuse_too_much(100, "here")


def test_of_two_rows_of_a_game_the_one_that_tells_more_counts_and_its_neighbours_stay() -> None:
    third = game("2023_01_BUF_MIA", "2023-09-10")
    played = [game(OPENER, "2023-09-07", score=(20, 21)), game(SECOND, "2023-09-10"), third]
    again = game(OPENER, "2023-09-08")  # by another day, and without its score
    for order in ([*played, again], [again, *played]):
        quality = Quality("games", 2023)
        games = read_games(release(order), 2023, quality)
        assert games["game_id"].to_list() == [OPENER, "2023_01_BUF_MIA", SECOND]
        assert games["result"].to_list() == [-1.0, None, None]
        assert [each["rule"] for each in quality.records] == ["two_games"]


def test_a_game_that_clashes_with_one_set_aside_stays() -> None:
    rows = [
        game("2023_01_DET_KC", "2023-09-07", score=(20, 21)),
        game("2023_01_DET_CLE", "2023-09-08"),
        game("2023_01_CIN_CLE", "2023-09-10"),
    ]
    assert set(read_games(release(rows), 2023)["game_id"]) == {"2023_01_DET_KC", "2023_01_CIN_CLE"}


@pytest.mark.parametrize("gameday", ["2032-09-10", "2003-09-10", "20233-09-10"])
def test_a_day_of_another_year_is_none(gameday: str) -> None:
    quality = Quality("games", 2023)
    memory = opening_week().change(SCHEDULE, only(SECOND, gameday, "gameday"))
    kickoffs = dict(read_games(memory, 2023, quality).select("game_id", "kickoff_at").iter_rows())
    assert kickoffs[SECOND] == utc("2023-09-07 17:00")
    assert [each["rule"] for each in quality.records] == ["day_unknown"]
    assert openings(memory) == {2023: utc("2023-09-07 12:00")}


def test_a_season_of_times_that_nobody_can_read_is_noted() -> None:
    quality = Quality("games", 2023)
    read_games(opening_week().change(SCHEDULE, pl.lit("25:00").alias("gametime")), 2023, quality)
    assert [each["rule"] for each in quality.records] == ["time_unknown"] * 2


def test_a_flag_is_about_the_team_it_names_and_not_about_one_whose_code_begins_alike() -> None:
    quality = Quality("injuries", 2023)
    quality.note("no_game", pl.DataFrame({"season": [2023], "week": [1], "team": ["LAC"]}))
    games = [game("2023_01_LAC_MIA", "2023-09-10"), game("2023_01_LA_SEA", "2023-09-10")]
    found = flags_of_games(quality.frame(utc("2023-09-09 00:00")), read_games(release(games), 2023))
    assert found == ["no_game", ""]


@pytest.mark.parametrize("dtype", [pl.Categorical, pl.Enum(["Out", "A Player"])])
def test_text_in_a_dictionary_is_text(dtype: pl.DataType) -> None:
    memory = opening_week()
    changed = memory.change(INJURIES, pl.lit("Out").cast(dtype).alias("report_status"))
    assert read_injuries(changed, 2023).equals(read_injuries(memory, 2023))


def test_statistics_without_an_opponent_are_used() -> None:
    memory = opening_week()
    for value in (None, "XYZ"):
        changed = memory.change(STATS, pl.lit(value, pl.String).alias("opponent_team"))
        assert per_game(read_history(changed)).height == per_game(read_history(memory)).height


def test_rows_that_differ_in_the_spelling_of_a_team_alone_are_one() -> None:
    memory, quality = opening_week(), Quality("team_stats", 2023)
    again = memory.tables[STATS].with_columns(pl.col("team").replace("KC", "KAN"))
    memory.tables[STATS] = pl.concat([memory.tables[STATS], again])
    assert read_team_stats(memory, 2023, quality).height == 4
    assert {each["answer"] for each in quality.records} == {"repair"}


@given(st.integers(8, 60), st.integers(0, 2**32))
def test_an_honest_season_is_never_taken_for_a_flipped_one(games: int, seed: int) -> None:
    """Results follow the line with the correlation of 1999-2023, about 0.42."""
    draw = np.random.default_rng(seed)
    spread = draw.normal(0, 6, games)
    season = pl.DataFrame({"spread_line": spread, "result": spread + draw.normal(0, 13, games)})
    prices = {"home_moneyline": None, "away_moneyline": None, "season": 2023}
    check_spread_sign(
        season.with_columns(**prices).cast(
            {"home_moneyline": pl.Float64, "away_moneyline": pl.Float64}
        ),
        "here",
    )


@pytest.mark.parametrize("changed", ["2023-09-06", date(2023, 9, 6)])
def test_a_report_of_a_day_is_known_when_the_day_is_over(changed: object) -> None:
    memory = opening_week().change(INJURIES, pl.lit(changed).alias("date_modified"))
    assert reports_at(memory, utc("2023-09-06 23:00")) == []
    assert len(reports_at(memory, utc("2023-09-07 06:00"))) == 1


def test_a_stamp_that_three_weeks_share_is_the_files_and_no_reports() -> None:
    weeks = [f"2023_{week:02}_DET_KC" for week in (1, 2, 3)]
    games = [game(name, f"2023-09-{7 * n + 3:02}") for n, name in enumerate(weeks)]
    regenerated = utc("2023-11-01 10:00")
    rows = [injury(name, "KC", modified=regenerated) for name in weeks]
    memory, quality = release(games, injuries=rows), Quality("injuries", 2023)
    assert read_injuries(memory, 2023, quality)["date_modified"].null_count() == 3
    assert {each["rule"] for each in quality.records} == {"stamp_of_file"}
    assert len(reports_at(memory, utc("2023-12-01 00:00"))) == 3


@pytest.mark.parametrize("days", [11, 60])
def test_a_stamp_from_before_anything_was_reported_does_not_count(days: int) -> None:
    kickoff = utc("2023-09-07 17:00")
    memory = release(
        [game(OPENER, "2023-09-07")],
        injuries=[injury(OPENER, "KC", modified=kickoff - timedelta(days=days))],
    )
    assert reports_at(memory, kickoff - timedelta(days=2)) == []
    assert len(reports_at(memory, kickoff)) == 1


@pytest.mark.parametrize(
    ("name", "value", "same"),
    [
        (SCHEDULE, pl.col("roof").str.to_titlecase(), True),
        (SCHEDULE, pl.col("location").str.to_uppercase(), True),
        (SCHEDULE, pl.col("home_team").str.to_lowercase(), True),
        (SCHEDULE, pl.format("\ufeff{} ", "away_team").alias("away_team"), True),
        (SCHEDULE, pl.format("{}T00:00:00", "gameday").alias("gameday"), True),
        (SCHEDULE, pl.lit("01:00 PM").alias("gametime"), True),
        (SCHEDULE, pl.lit("13:00:00.000 ET").alias("gametime"), True),
        (INJURIES, pl.col("position").str.to_lowercase(), True),
        (INJURIES, pl.format("{} ", "gsis_id").alias("gsis_id"), True),
        (INJURIES, pl.col("report_status").str.to_uppercase(), True),
    ],
)
def test_a_value_in_another_spelling_is_that_value(name: str, value: pl.Expr, same: bool) -> None:
    memory, read = opening_week(), read_games if name == SCHEDULE else read_injuries
    assert read(memory.change(name, value), 2023).equals(read(memory, 2023)) is same


def test_words_for_a_line_and_a_price_are_numbers() -> None:
    memory = opening_week().change(
        SCHEDULE, only(SECOND, "PK", "spread_line"), only(SECOND, "Even", "over_odds")
    )
    found = second(read_games(memory, 2023))
    assert (found["spread_line"], found["over_odds"]) == (0.0, 100.0)


@pytest.mark.parametrize("column", ["home_score", "passing_epa", "carries"])
@pytest.mark.parametrize("value", [2400.0, 1e200, -1e6])
def test_a_number_that_cannot_be_is_missing(column: str, value: float) -> None:
    score = column == "home_score"
    changed = opening_week().change(SCHEDULE if score else STATS, pl.lit(value).alias(column))
    read = read_games if score else read_team_stats
    assert read(changed, 2023)[column].null_count() == len(read(opening_week(), 2023))


def test_statistics_of_no_play_are_not_there_yet() -> None:
    memory = opening_week().change(STATS, pl.lit(0).alias("attempts"), pl.lit(0).alias("carries"))
    stats = read_team_stats(memory, 2023)
    assert stats["passing_epa"].null_count() == stats.height


def test_of_two_games_of_a_team_the_one_whose_id_fits_counts() -> None:
    wrong = game("2023_01_SEA_NYG", "2023-09-10", score=(20, 3), home_team="KC")
    games = read_games(release([wrong, game(OPENER, "2023-09-11")]), 2023)
    assert games["game_id"].to_list() == [OPENER]


@pytest.mark.parametrize("moneylines", [(-1000.0, -1000.0), (100000.0, 100000.0), (600.0, -900.0)])
def test_a_line_that_its_prices_contradict_is_no_line(moneylines: tuple[float, float]) -> None:
    home, away = moneylines
    memory = opening_week().change(
        SCHEDULE,
        only(SECOND, 9.5, "spread_line"),
        only(SECOND, home, "home_moneyline"),
        only(SECOND, away, "away_moneyline"),
    )
    quality = Quality("games", 2023)
    assert second(read_games(memory, 2023, quality))["spread_line"] is None
    assert [each["rule"] for each in quality.records] == ["line_against_price"]


@pytest.mark.parametrize("column", ["season", "week", "home_score"])
def test_a_column_of_structs_is_no_traceback(column: str) -> None:
    memory = opening_week().change(SCHEDULE, pl.struct("week").alias(column))
    assert len(read_games(memory, 2023)) == 2


def test_a_preseason_of_any_length_is_set_aside() -> None:
    quality = Quality("games", 2023, max_share=0.05)
    more = [game(f"2023_01_{n}_PRE", "2023-08-10", game_type="PRE") for n in range(60)]
    assert len(read_games(release([game(OPENER, "2023-09-07"), *more]), 2023, quality)) == 1


@pytest.mark.parametrize("left", [0, 199])
def test_rows_that_vanish_in_number_are_refused_and_a_game_that_does_is_named(left: int) -> None:
    before = pl.DataFrame({"game_id": [f"g{number}" for number in range(200)], "season": 2023})
    quality = Quality("games", 2023, max_share=0.05)
    if left:
        refuse_vanished(before, before.head(left), ["game_id"], "here", quality)
        assert [(each["rule"], each["key"]) for each in quality.records] == [
            ("rows_vanished", "g199")
        ]
    else:
        with pytest.raises(
            SchemaError, match="200 of 200 rows of games that were there are missing"
        ):
            refuse_vanished(before, before.head(0), ["game_id"], "here", quality)
