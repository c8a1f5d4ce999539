"""Every row matches the schedule, or is named with the reason why not."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from nfl_signals.core.errors import SchemaError, SettingsError
from nfl_signals.ingest.history import History
from nfl_signals.ingest.joins import JoinReport, against_the_scheduled, match_tables, team_weeks
from nfl_signals.ingest.known_exceptions import known_exceptions
from nfl_signals_tests.support.builders import both_stats, game, history, injury, note, stats, utc

GAME = "2023_01_DET_KC"
PLAYED = game(GAME, "2023-09-10", score=(20, 21))  # kicks off at 17:00 UTC
NEXT = game("2023_02_KC_JAX", "2023-09-17")
LONG_AFTER = utc("2024-01-01 00:00")


def check(tables: History, as_of: datetime = LONG_AFTER, max_share: float = 1.0) -> JoinReport:
    return match_tables(
        vars(tables), known_exceptions(Path("nowhere")), as_of=as_of, max_share=max_share
    )


def found(report: JoinReport) -> list[tuple[str, str, str]]:
    """Table, rule and row of everything that nothing explains."""
    records = [record for each in report.found for record in each.records]
    return [(each["table"], each["rule"], each["key"]) for each in records]


def test_a_complete_release_has_nothing_to_report() -> None:
    tables = history(
        [PLAYED, NEXT],
        both_stats(GAME),
        [injury(GAME, "KC"), injury("2023_02_KC_JAX", "JAX")],
        [note("2023_02_KC_JAX", "KC", utc("2023-09-12 12:00"))],
    )
    assert check(tables) == JoinReport(known={}, late=[], found=())


def test_each_game_has_one_row_for_each_side() -> None:
    sides = team_weeks(history([PLAYED]).games)
    kickoff_at = utc("2023-09-10 17:00")
    assert sides.rows() == [
        (GAME, 2023, 1, kickoff_at, -1.0, "DET", "KC", False),
        (GAME, 2023, 1, kickoff_at, -1.0, "KC", "DET", True),
    ]


def test_statistics_of_a_game_that_is_not_scheduled_are_named() -> None:
    tables = history([PLAYED], [*both_stats(GAME), stats("2023_02_KC_JAX", "JAX")])
    assert found(check(tables)) == [("team_stats", "no_game", "2023 2 JAX")]


def test_injuries_and_notes_of_a_game_that_is_not_scheduled_are_named() -> None:
    reports = [injury(GAME, "BUF", "a"), injury(GAME, "BUF", "b")]
    words = [note(GAME, "BUF", utc("2023-09-08 12:00"))]
    assert found(check(history([PLAYED], both_stats(GAME), reports, words))) == [
        ("injuries", "no_game", "2023 1 BUF a"),
        ("injuries", "no_game", "2023 1 BUF b"),
        ("notes", "no_game", "2023 1 BUF n1"),
    ]


def test_tables_of_two_leagues_are_refused() -> None:
    reports = [injury(GAME, "BUF", str(player)) for player in range(50)]
    with pytest.raises(
        SchemaError, match=r"injuries of 2023, against the schedule: .*50 of 50 rows"
    ):
        check(history([PLAYED], both_stats(GAME), reports), max_share=0.05)


def test_statistics_against_another_opponent_are_named_and_not_used() -> None:
    rows = [stats(GAME, "KC", opponent_team="BUF"), stats(GAME, "DET")]
    tables = history([PLAYED], rows)
    assert found(check(tables)) == [("team_stats", "opponent", "2023 1 KC")]
    used = against_the_scheduled(tables.team_stats, tables.games)
    assert used["team"].to_list() == ["DET"]


def test_a_played_game_without_statistics_is_named() -> None:
    report = check(history([PLAYED, NEXT], [stats(GAME, "KC")]))
    assert found(report) == [("team_stats", "late_statistics", GAME)]


def test_statistics_are_late_for_three_days_and_missing_from_then_on() -> None:
    tables = history([PLAYED], [stats(GAME, "KC")])
    limit = utc("2023-09-13 17:00")
    assert check(tables, limit - timedelta(seconds=1)).late == [f"games: {GAME} DET"]
    assert found(check(tables, limit)) == [("team_stats", "late_statistics", GAME)]


def test_an_unplayed_game_needs_no_statistics() -> None:
    assert check(history([NEXT])) == JoinReport(known={}, late=[], found=())


def test_a_known_game_without_play_by_play_is_reported_with_its_reason() -> None:
    game_id = "2000_03_SD_KC"
    tables = history([game(game_id, "2000-09-17", score=(42, 10))], [stats(game_id, "KC")])
    reason = "upstream play-by-play of this game is missing, so team statistics do not exist"
    assert check(tables).known == {f"games: {game_id} LAC": reason}


def test_reports_of_the_cancelled_game_are_reported_with_its_reason() -> None:
    cancelled = "2022_17_BUF_CIN"
    tables = history(
        [game("2022_01_BUF_LA", "2022-09-08")],
        injuries=[injury(cancelled, "BUF", "a"), injury(cancelled, "BUF", "b")],
    )
    reason = "the game was stopped in the first quarter and cancelled; its reports stayed"
    assert check(tables).known == {"injuries: 2022 week 17 BUF, 2 rows": reason}


def test_a_team_that_names_itself_as_opponent_is_known_until_2002_and_reported_after() -> None:
    def tables(season: int) -> History:
        game_id = f"{season}_01_KC_BUF"
        rows = [stats(game_id, "KC", opponent_team="KC"), stats(game_id, "BUF")]
        return history([game(game_id, f"{season}-09-08", score=(3, 0))], rows)

    reason = "names itself as opponent; the schedule's is used"
    assert check(tables(2002)).known == {"team_stats: 2002 week 1 KC": reason}
    assert found(check(tables(2003))) == [("team_stats", "opponent", "2003 1 KC")]


def test_a_home_adds_exceptions_of_its_own_and_a_bad_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "known_exceptions.yaml"
    file.write_text("games_without_statistics: [{games: [2024_01_A_B], reason: lost}]")
    assert known_exceptions(file).games["2024_01_A_B"] == "lost"
    assert "1999_01_BAL_STL" in known_exceptions(file).games
    file.write_text("games_without_statistics: [{games: [2024_01_A_B]}]")
    with pytest.raises(
        SettingsError, match=r"known_exceptions\.yaml: games_without.*reason: Field"
    ):
        known_exceptions(file)


def test_a_simulated_league_has_no_row_without_a_match(simulated_history: History) -> None:
    assert check(simulated_history) == JoinReport(known={}, late=[], found=())


@pytest.mark.real_data
def test_the_known_exceptions_are_exactly_those_of_the_real_releases(real_history: History) -> None:
    report = check(real_history)
    by_kind = {
        kind: [row for row in report.known if row.startswith(kind)]
        for kind in ("games", "team_stats", "injuries", "notes")
    }
    assert {kind: len(rows) for kind, rows in by_kind.items()} == {
        "games": 22,
        "team_stats": 112,
        "injuries": 2,
        "notes": 0,
    }
    assert {row.split()[1] for row in by_kind["games"]} == set(
        known_exceptions(Path("nowhere")).games
    )
    assert by_kind["injuries"] == [
        "injuries: 2022 week 17 BUF, 11 rows",
        "injuries: 2022 week 17 CIN, 6 rows",
    ]
    assert report.late == []
    assert report.found == ()


@pytest.mark.real_data
def test_no_injury_report_of_a_real_team_is_lost_on_the_way(real_history: History) -> None:
    keys = ["season", "week", "team"]
    matched = real_history.injuries.join(team_weeks(real_history.games), on=keys, how="inner")
    lost = real_history.injuries.join(matched, on=keys, how="anti")
    assert lost.select(*keys).unique().sort("team").rows() == [(2022, 17, "BUF"), (2022, 17, "CIN")]
    assert lost.height == 17
