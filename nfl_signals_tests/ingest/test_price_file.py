"""A person's own prices come in whole, matched with the schedule, or not at all and with reasons."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.errors import InputError
from nfl_signals.ingest.price_file import read_price_file
from nfl_signals.ingest.price_file_rules import Odds
from nfl_signals.ingest.raw import read_games
from nfl_signals.ingest.schemas import RAW_PRICES
from nfl_signals.ingest.teams import CURRENT_CODE, OTHER_CODE, TEAM_IDS, franchise
from nfl_signals_tests.support.builders import OPENER, SECOND, game, release

FINAL = "2023_22_SF_KC"  # on neutral ground
HEADER = "game_id,market,observed_at,line,price_yes,price_no"
GOOD = f"{OPENER},ats,2023-09-05T10:00:00-04:00,3.5,-110,-105"
BY_NAME = "date,home,away,market,observed_at,home_line,price_yes,price_no"


def games() -> pl.DataFrame:
    road_favourite = {"spread_line": -2.0, "home_moneyline": 110, "away_moneyline": -130}
    rows = [
        game(OPENER, "2023-09-07"),
        game(SECOND, "2023-09-10", **road_favourite),
        game(FINAL, "2024-02-11", location="Neutral", **road_favourite),
    ]
    return read_games(release(rows), 2023)


def read(
    tmp_path: Path, *lines: str, odds: Odds = "american", book: str | None = "mine"
) -> pl.DataFrame:
    file = tmp_path / "mine.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    return read_price_file(file, games(), book=book, odds=odds)


def test_a_row_becomes_an_observation_at_its_instant(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER, GOOD)
    at = datetime(2023, 9, 5, 14, tzinfo=UTC)
    assert rows.rows() == [(OPENER, "ats", "mine", "snapshot", at, 3.5, -110.0, -105.0)]
    assert rows.schema == {name: column.dtype.type for name, column in RAW_PRICES.columns.items()}


def test_columns_come_in_any_order_and_case_and_others_are_ignored(tmp_path: Path) -> None:
    header = "Note,Book,MARKET,game_id,price_no,price_yes,line,observed_at,moment"
    row = f"x,pin,Spreads,{OPENER},-105,-110,3.5,2023-09-05 14:00:00+00:00,Open"
    rows = read(tmp_path, header, row)
    assert rows.select("market", "book", "moment").row(0) == ("ats", "pin", "open")


@pytest.mark.parametrize(
    ("written", "kept"),
    [("Consensus", "consensus"), ("NFLVERSE", "nflverse"), ("DraftKings", "DraftKings")],
)
def test_a_consensus_is_known_however_it_is_written(
    tmp_path: Path, written: str, kept: str
) -> None:
    assert read(tmp_path, HEADER, GOOD, book=written)["book"].to_list() == [kept]


def test_an_opener_may_have_no_time_and_nothing_else_may(tmp_path: Path) -> None:
    header = HEADER.replace("observed_at", "moment")
    rows = read(tmp_path, header, f"{OPENER},ats,open,3.5,-110,-105")
    assert rows.select("moment", "observed_at").row(0) == ("open", None)
    with pytest.raises(InputError, match="line 2: observed_at has no time zone"):
        read(tmp_path, header, f"{OPENER},ats,close,3.5,-110,-105")
    with pytest.raises(InputError, match="lacks the column observed_at"):
        read(tmp_path, HEADER.replace("observed_at,", ""), f"{OPENER},ats,3.5,-110,-105")


@pytest.mark.parametrize(
    ("home", "away"),
    [("KC", "DET"), ("Kansas City Chiefs", "Lions"), ("KAN", "Detroit Lions"), ("chiefs", "det")],
)
def test_teams_by_any_name_and_the_sign_of_sportsbooks(
    tmp_path: Path, home: str, away: str
) -> None:
    row = f"2023-09-07,{home},{away},spread,2023-09-05T14:00Z,-3.5,-110,-105"
    assert read(tmp_path, BY_NAME, row).select("game_id", "line").row(0) == (OPENER, 3.5)


def test_every_spelling_of_every_team_is_a_franchise_and_every_franchise_has_a_nickname() -> None:
    names = [*CURRENT_CODE, *OTHER_CODE, *TEAM_IDS]
    nicknames = {name.split()[-1] for name in OTHER_CODE if " " in name} - {"Team"}
    found = pl.DataFrame({"team": [*names, *sorted(nicknames)]}).select(franchise(pl.col("team")))
    assert set(found["team"]) == TEAM_IDS
    by_nickname = pl.DataFrame({"team": sorted(nicknames)}).select(franchise(pl.col("team")))
    assert set(by_nickname["team"]) == TEAM_IDS


def test_sides_that_are_swapped_on_neutral_ground_are_put_right(tmp_path: Path) -> None:
    """KC is the schedule's home team, and San Francisco is favoured by 2."""
    when = "2024-02-06T14:00Z"
    rows = read(
        tmp_path,
        BY_NAME,
        f"2024-02-11,SF,KC,ats,{when},-2.5,-112,-108",
        f"2024-02-11,SF,KC,ml,{when},,-130,110",
        f"2024-02-11,SF,KC,total,{when},47.5,-115,-105",
    )
    numbers = rows.select("market", "line", "price_yes", "price_no").rows()
    assert numbers == [
        ("ats", -2.5, -108.0, -112.0),
        ("moneyline", 0.0, 110.0, -130.0),
        ("total", 47.5, -115.0, -105.0),
    ]


def test_decimal_odds_are_converted(tmp_path: Path) -> None:
    row = f"{OPENER},moneyline,2023-09-05T14:00Z,,1.5,2.75"
    rows = read(tmp_path, HEADER, row, odds="decimal")
    assert rows.select("price_yes", "price_no").row(0) == (-200.0, 175.0)


def test_a_row_that_repeats_another_counts_once(tmp_path: Path) -> None:
    assert read(tmp_path, HEADER, GOOD, GOOD).height == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            "2023_01_DET_QQQ,ats,2023-09-05T14:00Z,3,-110,-110",
            "no such game in the stored schedule",
        ),
        (f"{OPENER},corners,2023-09-05T14:00Z,3,-110,-110", "market corners: expected ats"),
        (f"{OPENER},ats,2023-09-07T17:00:01Z,3,-110,-110", "after kickoff"),
        (f"{OPENER},ats,2023-09-05T14:00,3,-110,-110", "no time zone"),
        (f"{OPENER},ats,,3,-110,-110", "no time zone"),
        (f"{OPENER},ats,yesterday at 14:00Z,3,-110,-110", "no time;"),
        (f"{OPENER},ats,2023-09-05T14:00Z,3,-110,", "one side has no price"),
        (f"{OPENER},moneyline,2023-09-05T14:00Z,,,", "a moneyline without prices"),
        (f"{OPENER},ats,2023-09-05T14:00Z,,-110,-110", "no line"),
        (f"{OPENER},ats,2023-09-05T14:00Z,350,-110,-110", "350.0 points are no line of ats"),
        (f"{OPENER},total,2023-09-05T14:00Z,3.5,-110,-110", "3.5 points are no line of total"),
        (f"{OPENER},ats,2023-09-05T14:00Z,three,-110,-110", "no number"),
        (f"{OPENER},ats,2023-09-05T14:00Z,3,1.91,1.91", "of decimal ones say --odds decimal"),
        (f"{OPENER},ats,2023-09-05T14:00Z,3,200,200", "not of one market"),
        (f"{OPENER},ats,2023-09-05T14:00Z,-6,-110,-110", "name the column home_line"),
    ],
)
def test_a_row_that_cannot_be_meant_is_named_with_its_line(
    tmp_path: Path, row: str, reason: str
) -> None:
    good = f"{SECOND},total,2023-09-05T14:00Z,44,-110,-110"
    with pytest.raises(InputError, match=reason) as refused:
        read(tmp_path, HEADER, good, row)
    assert "1 of 2 rows cannot be used, none is imported" in str(refused.value)
    assert "line 3: " in str(refused.value) or "home_line" in reason


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2023-09-07,DET,KC,ats,2023-09-05T14:00Z,-3,-110,-110", "home and away are swapped"),
        ("2023-09-07,KC,Real Madrid,ats,2023-09-05T14:00Z,-3,-110,-110", "no team of the league"),
        (
            "2023-10-07,KC,DET,ats,2023-09-05T14:00Z,-3,-110,-110",
            "DET at KC on 2023-10-07: no such game",
        ),
    ],
)
def test_teams_that_do_not_meet_so_are_named(tmp_path: Path, row: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read(tmp_path, BY_NAME, row)


def test_two_prices_of_one_book_at_one_time_are_both_named(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"(?s)2 of 2 rows.*line 2: .*two prices of mine.*line 3: "
    ):
        read(tmp_path, HEADER, GOOD, GOOD.replace("3.5", "4"))


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([""], "not readable as CSV"),
        ([HEADER], "holds no rows"),
        (["<!DOCTYPE html><html>", "<body>Sign in</body>"], "a web page"),
        (["game_id,market,observed_at,line,price_yes", "x"], "lacks the column price_no"),
        (
            [HEADER.replace("game_id", "home"), GOOD],
            "lacks the column game_id, or date, home and away",
        ),
        ([HEADER + ",home_line", GOOD + ",-3.5"], "differ in sign"),
        (["game_id,market", "a,b,c,d,e"], "not readable as CSV"),
    ],
)
def test_a_file_that_is_no_table_of_prices_is_refused(
    tmp_path: Path, lines: list[str], reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        read(tmp_path, *lines)


def test_without_a_book_anywhere_the_option_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="book, or the option --book"):
        read(tmp_path, HEADER, GOOD, book=None)


def test_of_many_bad_rows_twenty_are_named_and_the_others_counted(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="and 5 more lines"):
        read(tmp_path, HEADER, *[GOOD.replace("ats", f"m{i}") for i in range(25)])


@pytest.mark.parametrize(
    "name",
    ["spread_line", "kickoff_at", "is_neutral", "turned", "file_line", "zoned", "season", ""],
)
def test_a_column_that_is_not_of_prices_is_ignored_whatever_its_name(
    tmp_path: Path, name: str
) -> None:
    rows = read(tmp_path, f"{HEADER},{name},{name}", f"{GOOD},x,y")
    assert rows.equals(read(tmp_path, HEADER, GOOD))


def test_a_column_of_prices_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has the column line twice"):
        read(tmp_path, f"{HEADER}, LINE ", f"{GOOD},4.5")


def test_empty_lines_count_as_lines_and_hold_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, HEADER, "", GOOD, ",,,,,", "").height == 1
    with pytest.raises(InputError, match=r"line 4: .*no such game"):
        read(tmp_path, HEADER, "", GOOD, GOOD.replace(OPENER, "2023_01_AA_BB"))


@pytest.mark.parametrize("odds", ["-125,-105", "1,1", "0.5,2.1", "1.9,1.0"])
def test_what_cannot_be_decimal_odds_is_named(tmp_path: Path, odds: str) -> None:
    with pytest.raises(InputError, match=r"line 2: .* decimal odds are above 1"):
        read(tmp_path, HEADER, GOOD.replace("-110,-105", odds), odds="decimal")
