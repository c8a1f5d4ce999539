"""Who is expected to start, and how settled he is: names, injury reports and earlier starts."""

from datetime import timedelta

import polars as pl
import pytest

from nfl_signals.features.starters import RECENT_GAMES, SCHEMA, expected_starters
from nfl_signals.ingest.history import STARTER_LEAD, History
from nfl_signals_tests.support.builders import Row, game, history, injury, starters, utc


def week(number: int, home_qb: str | None, *, played: bool = True, **columns: object) -> Row:
    """Kansas City at home against Detroit (always under Goff) in one week of 2022."""
    score = (20.0, 17.0) if played else None
    day = 4 + 7 * number
    named = starters(home_qb, "Goff") if played or home_qb else {}
    gameday = f"2022-09-{day:02}" if day <= 30 else f"2022-10-{day - 30:02}"
    return game(f"2022_{number:02}_DET_KC", gameday, score=score, **(named | columns))


def season(*quarterbacks: str | None) -> list[Row]:
    """One played game a week under the given quarterbacks."""
    return [week(number, name) for number, name in enumerate(quarterbacks, 1)]


def expected(
    games: list[Row], injuries: list[Row] | None = None, *, team: str = "KC"
) -> list[tuple[str | None, float]]:
    """Quarterback and share before each game of a team, in order of kickoff."""
    found = expected_starters(history(games, injuries=injuries or []), horizon="kickoff")
    assert found.schema == SCHEMA
    return found.filter(team=team).select("quarterback", "starter_share").rows()


NEXT = "2022_04_DET_KC"


def test_a_named_starter_is_the_starter_whatever_happened_before() -> None:
    games = [*season("Mahomes", "Mahomes"), week(3, "Henne"), week(4, "Rookie", played=False)]
    report = [injury("2022_03_DET_KC", "KC", "Henne", status="Out")]
    names = [name for name, _ in expected(games, report)]
    assert names == ["Mahomes", "Mahomes", "Henne", "Rookie"]


def test_where_nobody_is_named_the_last_starter_is_expected() -> None:
    games = [*season("Mahomes", "Henne", "Mahomes"), week(4, None, played=False)]
    assert expected(games)[-1] == ("Mahomes", 2 / 3)
    assert expected(games, team="DET")[-1] == ("Goff", 1.0)


@pytest.mark.parametrize("status", ["Out", "Doubtful"])
def test_a_last_starter_listed_out_leaves_it_to_the_one_before_him(status: str) -> None:
    games = [*season("Mahomes", "Henne", "Mahomes"), week(4, None, played=False)]
    report = [injury(NEXT, "KC", "Mahomes", status=status)]
    assert expected(games, report)[-1] == ("Henne", 1 / 3)


@pytest.mark.parametrize("status", ["Questionable", "Probable", "Note", None])
def test_a_last_starter_who_may_play_is_expected(status: str | None) -> None:
    games = [*season("Mahomes", "Henne", "Mahomes"), week(4, None, played=False)]
    report = [injury(NEXT, "KC", "Mahomes", status=status)]
    assert expected(games, report)[-1] == ("Mahomes", 2 / 3)


def test_where_all_starters_are_listed_the_replacement_has_no_name_and_no_share() -> None:
    games = [*season("Mahomes", "Henne", "Mahomes"), week(4, None, played=False)]
    report = [injury(NEXT, "KC", name) for name in ("Mahomes", "Henne")]
    assert expected(games, report)[-1] == (None, 0.0)


def test_a_report_of_another_team_week_or_player_benches_nobody() -> None:
    games = [*season("Mahomes", "Mahomes", "Mahomes"), week(4, None, played=False)]
    report = [
        injury(NEXT, "DET", "Mahomes"),
        injury("2022_03_DET_KC", "KC", "Mahomes"),
        injury(NEXT, "KC", "Kelce"),
    ]
    assert expected(games, report)[-1] == ("Mahomes", 1.0)


def test_before_a_teams_first_game_nobody_is_expected_and_nobody_doubted() -> None:
    assert expected([week(1, None, played=False)]) == [(None, 1.0)]
    assert expected([week(1, "Mahomes", played=False)]) == [("Mahomes", 1.0)]


def test_the_share_is_of_the_teams_last_six_starts() -> None:
    names = ["Mahomes"] * 4 + ["Henne"] * 4
    shares = [share for _, share in expected(season(*names))]
    assert RECENT_GAMES == 6
    assert shares == [1.0, 1.0, 1.0, 1.0, 0.0, 1 / 5, 2 / 6, 3 / 6]


def test_starts_of_last_season_count_and_a_stranger_has_no_share() -> None:
    opener = game("2023_01_DET_KC", "2023-09-10", **starters("Mahomes", "Stafford"))
    games = [*season("Mahomes", "Mahomes", "Henne"), opener]
    assert expected(games)[-1] == ("Mahomes", 2 / 3)
    assert expected(games, team="DET")[-1] == ("Stafford", 0.0)


def test_a_quarterback_who_moves_brings_no_starts_with_him() -> None:
    moved = game("2022_04_KC_DET", "2022-10-02", **starters("Mahomes", "Henne"))
    assert expected([*season("Mahomes", "Mahomes", "Mahomes"), moved], team="DET")[-1] == (
        "Mahomes",
        0.0,
    )


def test_a_moved_franchise_keeps_its_starters() -> None:
    games = [
        game("2019_17_OAK_DEN", "2019-12-29", score=(16, 15), **starters("Lock", "Carr")),
        game("2020_01_LV_CAR", "2020-09-13"),
    ]
    assert expected(games, team="LV") == [("Carr", 1.0), ("Carr", 1.0)]


def test_games_without_a_result_are_no_starts_yet() -> None:
    games = [*season("Mahomes", "Mahomes"), week(3, "Henne", played=False)]
    assert expected([*games, week(4, None, played=False)])[-1] == ("Mahomes", 1.0)


def test_later_games_do_not_count() -> None:
    names = ["Mahomes", "Henne", "Rookie", "Mahomes"]
    everything = expected(season(*names))
    for weeks in range(1, 4):
        assert expected(season(*names[:weeks])) == everything[:weeks]


def test_a_played_game_nobody_is_named_for_is_no_start() -> None:
    """The one expected for it stays expected, and his share is of the starts that are known."""
    games = [*season("Mahomes", "Henne"), week(3, None), week(4, None, played=False)]
    assert expected(games)[2:] == [("Henne", 1 / 2), ("Henne", 1 / 2)]
    assert expected([week(1, None), week(2, None, played=False)]) == [(None, 1.0), (None, 1.0)]


KICKOFF = utc("2022-10-02 17:00")  # of NEXT


@pytest.mark.parametrize(
    ("before", "starter"), [(timedelta(seconds=1), "Henne"), (timedelta(0), "Mahomes")]
)
def test_a_report_counts_if_it_was_published_before_kickoff(
    before: timedelta, starter: str
) -> None:
    """Also in a game that was played, where the release never named its quarterback."""
    games = [*season("Henne", "Mahomes", "Mahomes"), week(4, None)]
    report = [injury(NEXT, "KC", "Mahomes", modified=KICKOFF - before)]
    assert expected(games, report)[-1][0] == starter


def test_a_report_without_a_stamp_counts() -> None:
    games = [*season("Henne", "Mahomes", "Mahomes"), week(4, None)]
    assert expected(games, [injury(NEXT, "KC", "Mahomes")])[-1][0] == "Henne"


def test_the_name_replaces_the_expectation_ninety_minutes_before_kickoff() -> None:
    tables = history([*season("Mahomes", "Mahomes", "Mahomes"), week(4, "Henne")])

    def starter(before: timedelta) -> tuple[str, float]:
        found = expected_starters(tables.known_at(KICKOFF - before), horizon="kickoff")
        return found.filter(game_id=NEXT, team="KC").select("quarterback", "starter_share").row(0)

    assert starter(STARTER_LEAD + timedelta(seconds=1)) == ("Mahomes", 1.0)
    assert starter(STARTER_LEAD) == ("Henne", 0.0)


def test_two_rows_per_game_and_the_order_of_the_input_rows_does_not_matter(
    simulated_history: History,
) -> None:
    found = expected_starters(simulated_history, horizon="kickoff")
    assert found.select("game_id", "team").is_unique().all()
    assert found.height == 2 * simulated_history.games.height
    mixed = History(
        games=simulated_history.games.sample(fraction=1.0, shuffle=True, seed=5),
        team_stats=simulated_history.team_stats,
        injuries=simulated_history.injuries.sample(fraction=1.0, shuffle=True, seed=5),
        notes=simulated_history.notes,
    )
    assert expected_starters(mixed, horizon="kickoff").equals(found)
    assert expected_starters(_of_games(simulated_history, 0), horizon="kickoff").schema == SCHEMA


def _of_games(tables: History, n: int) -> History:
    return History(
        games=tables.games.head(n),
        team_stats=tables.team_stats.head(n),
        injuries=tables.injuries.head(n),
        notes=tables.notes.head(n),
    )


def test_most_games_are_started_by_the_one_expected_a_day_before(
    simulated_history: History,
) -> None:
    """Without the names the expectation is right nearly as often as quarterbacks start again."""
    played = simulated_history.games.drop_nulls("result")
    named = expected_starters(simulated_history, horizon="kickoff")
    last = played.filter(season=2014, week=12)["kickoff_at"].min()
    guessed = expected_starters(
        simulated_history.known_at(last - timedelta(days=1)), horizon="kickoff"
    )
    games = played.filter(season=2014, week=12)["game_id"].implode()
    both = named.join(guessed, on=["game_id", "team"], suffix="_guessed")
    week_twelve = both.filter(pl.col("game_id").is_in(games))
    right = week_twelve["quarterback"] == week_twelve["quarterback_guessed"]
    assert week_twelve.height >= 24
    assert right.mean() >= 0.75


@pytest.mark.real_data
def test_every_real_starter_is_known_and_most_are_settled(real_history: History) -> None:
    found = expected_starters(real_history, horizon="kickoff")
    assert found["quarterback"].null_count() == 0
    assert found["starter_share"].is_between(0, 1).all()
    assert 0.75 < found["starter_share"].mean() < 0.95
