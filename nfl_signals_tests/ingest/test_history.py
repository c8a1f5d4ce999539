"""What is known when: each kind of row appears at its stated instant and not a second before."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from nfl_signals.ingest.history import LINES, RESULTS, STARTERS, History
from nfl_signals_tests.support.builders import (
    both_stats,
    game,
    history,
    injury,
    note,
    starters,
    utc,
)

GAME, FUTURE = "2023_01_DET_KC", "2023_03_CHI_KC"
KICKOFF = utc("2023-09-10 17:00")
SECOND = timedelta(seconds=1)

TABLES = history(
    [
        game(GAME, "2023-09-10", score=(20, 21), **starters("Mahomes", "Goff")),
        game(FUTURE, "2023-09-24", score=(41, 10), **starters("Mahomes", "Fields")),
    ],
    both_stats(GAME) + both_stats(FUTURE),
    [
        injury(GAME, "KC", "stamped", modified=utc("2023-09-08 20:00")),
        injury(GAME, "KC", "unstamped"),
    ],
    [note(GAME, "DET", utc("2023-09-06 09:00"))],
)


def rows_at(as_of: datetime) -> dict[str, int]:
    """How much is known of the first game at an instant."""
    known = TABLES.known_at(as_of)
    first = known.games.filter(game_id=GAME)
    return {
        "result": first["result"].count(),
        "stats": known.team_stats.filter(week=1).height,
        "stamped": known.injuries.filter(gsis_id="stamped").height,
        "unstamped": known.injuries.filter(gsis_id="unstamped").height,
        "notes": known.notes.height,
        "line": first["spread_line"].count(),
        "starters": first.select(STARTERS).count().sum_horizontal().item(),
    }


@pytest.mark.parametrize(
    ("kind", "since", "rows"),
    [
        ("result", KICKOFF + timedelta(hours=6), 1),
        ("stats", KICKOFF + timedelta(hours=12), 2),
        ("stamped", utc("2023-09-08 20:00"), 1),
        ("unstamped", KICKOFF - timedelta(hours=24), 1),
        ("notes", utc("2023-09-06 09:00"), 1),
        ("line", KICKOFF - timedelta(days=8), 1),
        ("starters", KICKOFF - timedelta(minutes=90), 2),
    ],
)
def test_a_row_appears_at_its_instant_and_not_a_second_before(
    kind: str, since: datetime, rows: int
) -> None:
    assert rows_at(since - SECOND)[kind] == 0
    assert rows_at(since)[kind] == rows
    assert rows_at(since + timedelta(days=400))[kind] == rows


def test_no_part_of_a_result_is_known_before_the_game_is_over() -> None:
    games = TABLES.known_at(KICKOFF).games
    assert games.select(RESULTS).null_count().row(0) == (2,) * len(RESULTS)


def test_the_starters_of_a_later_game_are_not_known_yet() -> None:
    first, later = TABLES.known_at(KICKOFF).games.select(STARTERS).rows()
    assert first == ("Mahomes", "Goff")
    assert later == (None, None)


def test_no_line_or_price_is_known_of_a_game_further_ahead_than_eight_days() -> None:
    first, later = TABLES.known_at(KICKOFF).games.select(LINES).rows()
    assert None not in first
    assert later == (None,) * len(LINES)


def test_the_schedule_is_always_known() -> None:
    columns = [name for name in TABLES.games.columns if name not in {*RESULTS, *LINES, *STARTERS}]
    known = TABLES.known_at(utc("2000-01-01 00:00")).games
    assert_frame_equal(known.select(columns), TABLES.games.select(columns))


def test_at_the_end_of_time_everything_is_known() -> None:
    assert_same(TABLES.known_at(utc("2100-01-01 00:00")), TABLES)


def test_rows_without_a_game_stay_for_the_join_check_to_name() -> None:
    orphan = both_stats("2023_02_BUF_MIA")
    reports = [injury("2023_02_BUF_MIA", "MIA")]
    tables = history([game(GAME, "2023-09-10")], orphan, reports).known_at(utc("2000-01-01 00:00"))
    assert (tables.team_stats.height, tables.injuries.height) == (2, 1)


def test_a_report_that_was_changed_after_kickoff_is_not_known_before() -> None:
    late = [injury(GAME, "KC", modified=KICKOFF + timedelta(hours=3))]
    tables = history([game(GAME, "2023-09-10")], injuries=late)
    assert tables.known_at(KICKOFF).injuries.is_empty()


instants = st.datetimes(datetime(2023, 8, 25), datetime(2023, 10, 5)).map(
    lambda moment: utc(moment.isoformat())
)


@given(instants, instants)
def test_looking_back_twice_is_looking_back_to_the_earlier_instant(
    one: datetime, two: datetime
) -> None:
    later, earlier = max(one, two), min(one, two)
    assert_same(TABLES.known_at(later).known_at(earlier), TABLES.known_at(earlier))


@given(instants)
def test_looking_back_changes_no_value_that_remains(as_of: datetime) -> None:
    known = TABLES.known_at(as_of)
    for table in ("team_stats", "injuries", "notes"):
        before, after = getattr(TABLES, table), getattr(known, table)
        assert after.schema == before.schema
        assert_frame_equal(
            before.join(after, on=before.columns, how="semi", nulls_equal=True), after
        )
    for column in (*RESULTS, *LINES, *STARTERS):
        remains = known.games[column].is_not_null()
        assert known.games[column].filter(remains).equals(TABLES.games[column].filter(remains))


def test_the_simulated_league_as_it_stands_is_what_was_known_then(
    simulated_history: History,
) -> None:
    now = utc("2015-11-10 14:00")  # the Tuesday after week 9
    last_week = simulated_history.games.filter(season=2015, week=9)
    assert last_week["kickoff_at"].max() < now
    known = simulated_history.known_at(now)
    # The league has lines for the whole next week; its Monday night game is within eight days.
    assert_same(known, replace(simulated_history, games=known.games))
    assert_frame_equal(known.games.drop(LINES), simulated_history.games.drop(LINES))


def assert_same(left: History, right: History) -> None:
    for table in ("games", "team_stats", "injuries", "notes"):
        assert_frame_equal(getattr(left, table), getattr(right, table))
