"""Windows by hand: what a team did in its last games, and what nobody knows of them."""

import math
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.features.game_statistics import SEASON_PRIOR_GAMES, STATS, WINDOWS
from nfl_signals.features.rolling_form import OPPONENTS, per_game, window_states
from nfl_signals.ingest.history import History
from nfl_signals_tests.support.builders import Row, both_stats, game, history, stats, utc

FIRST, SECOND, THIRD = "2022_01_BUF_KC", "2022_02_KC_BUF", "2022_03_BUF_KC"
NEXT_YEAR = "2023_01_KC_BUF"
PLAYED = [
    game(FIRST, "2022-09-11", score=(24, 20)),
    game(SECOND, "2022-09-18", score=(10, 13)),
    game(THIRD, "2022-09-25", score=(30, 31)),
]


def plays(games: list[Row], team_stats: list[Row] | None = None, *, team: str = "KC") -> list[Row]:
    """One row per played game of a team."""
    return per_game(history(games, team_stats or [])).filter(team=team).rows(named=True)


def states(games: list[Row], team_stats: list[Row] | None = None, *, team: str = "KC") -> list[Row]:
    """State of a team after each of its games."""
    played = per_game(history(games, team_stats or []))
    return window_states(played).filter(team=team).rows(named=True)


def picked(row: Row, *names: str) -> list[object]:
    return [row[name] for name in names]


# --- one game


def test_points_are_seen_from_each_teams_side() -> None:
    names = ["points_for", "points_against", "margin"]
    assert [picked(row, *names) for row in plays(PLAYED)] == [
        [24, 20, 4],
        [13, 10, 3],
        [30, 31, -1],
    ]
    assert [picked(row, *names) for row in plays(PLAYED, team="BUF")] == [
        [20, 24, -4],
        [10, 13, -3],
        [31, 30, 1],
    ]


def test_rates_by_hand() -> None:
    # 30 + 5 = 35 dropbacks, 25 carries, 60 plays, 9 + 6 = 15 first downs.
    columns: Row = {"attempts": 30, "sacks_suffered": 5, "carries": 25, "passing_epa": 10.5}
    columns |= {"rushing_epa": -5.0, "passing_first_downs": 9, "rushing_first_downs": 6}
    lost: Row = {"passing_interceptions": 2, "sack_fumbles_lost": 1, "receiving_fumbles_lost": 1}
    own = stats(FIRST, "KC", penalty_yards=70, **columns, **lost)
    (row,) = plays(PLAYED[:1], [own, stats(FIRST, "BUF", rushing_fumbles_lost=1)])
    expected = {
        "epa_pass": 10.5 / 35,
        "epa_rush": -5 / 25,
        "epa_total": 5.5,
        "sack_rate": 5 / 35,
        "first_down_rate": 15 / 60,
        "turnovers": 4,
        "penalty_yards": 70,
        "epa_pass_allowed": 0.2,
        "epa_rush_allowed": -0.1,
        "sack_rate_made": 3 / 35,
        "takeaways": 1,
    }
    assert {name: row[name] for name in expected} == pytest.approx(expected)


def test_a_defense_is_what_the_other_teams_offense_did() -> None:
    own = stats(FIRST, "KC", passing_epa=14.0, rushing_epa=5.0, sacks_suffered=8)
    team_stats = [own, stats(FIRST, "BUF", passing_interceptions=3)]
    (kansas_city,), (buffalo,) = (plays(PLAYED[:1], team_stats, team=t) for t in ("KC", "BUF"))
    for defense, offense in OPPONENTS.items():
        assert kansas_city[defense] == buffalo[offense]
        assert buffalo[defense] == kansas_city[offense]
    assert kansas_city["takeaways"] == 3


@pytest.mark.parametrize(
    ("nothing", "unknown"),
    [
        ({"attempts": 0, "sacks_suffered": 0}, {"epa_pass", "sack_rate"}),
        ({"attempts": 0, "sacks_suffered": 0, "passing_epa": 0.0}, {"epa_pass", "sack_rate"}),
        ({"carries": 0}, {"epa_rush"}),
        ({"carries": 0, "rushing_epa": 0.0}, {"epa_rush"}),
        (
            {"attempts": 0, "sacks_suffered": 0, "carries": 0},
            {"epa_pass", "sack_rate", "epa_rush", "first_down_rate"},
        ),
    ],
)
def test_a_game_without_a_dropback_or_a_carry_has_no_such_rate(
    nothing: Row, unknown: set[str]
) -> None:
    """Neither an infinite one nor 0 / 0, which would spread through every later window."""
    team_stats = [stats(FIRST, "KC", **nothing), stats(FIRST, "BUF"), *both_stats(SECOND)]
    first, _ = plays(PLAYED[:2], team_stats)
    rates = ["epa_pass", "epa_rush", "sack_rate", "first_down_rate"]
    assert {name for name in rates if first[name] is None} == unknown
    after_two = states(PLAYED[:2], team_stats)[-1]
    for name, value in {"epa_pass": 0.2, "epa_rush": -0.1, "sack_rate": 3 / 35}.items():
        assert after_two[f"{name}_last5"] == pytest.approx(value)
    assert all(math.isfinite(after_two[name]) for name in after_two if name.endswith("last10"))


def test_a_game_without_statistics_has_points_alone() -> None:
    (row,) = plays(PLAYED[:1])
    known = {stat.name for stat in STATS if row[stat.name] is not None}
    assert known == {"points_for", "points_against", "margin"}
    assert row["epa_total"] is None


def test_expected_points_known_of_one_part_only_have_no_total() -> None:
    (row,) = plays(PLAYED[:1], [stats(FIRST, "KC", rushing_epa=None), stats(FIRST, "BUF")])
    assert picked(row, "epa_pass", "epa_rush", "epa_total") == [0.2, None, None]


def test_games_without_a_result_are_not_there() -> None:
    assert plays([game(FIRST, "2022-09-11")], both_stats(FIRST)) == []
    assert states([game(FIRST, "2022-09-11")]) == []


# --- windows


def test_windows_reach_back_five_ten_games_or_to_the_start_of_the_season() -> None:
    # Kansas City scores 1, 2, ... 12 in twelve weeks, then 20 in the next season's opener.
    weekly = [
        game(f"2022_{week:02}_BUF_KC", f"2022-{9 + week // 5:02}-{week % 5 + 10}", score=(week, 0))
        for week in range(1, 13)
    ]
    after = states([*weekly, game(NEXT_YEAR, "2023-09-10", score=(0, 20))])
    windows = ["points_for_last5", "points_for_last10", "points_for_season"]
    # The season starts with four games of 22 points: (88 + 1) / 5, (88 + 66) / 15, (88 + 78) / 16.
    assert picked(after[0], *windows) == pytest.approx([1, 1, 89 / 5])
    assert picked(after[10], *windows) == pytest.approx([9, 6.5, 154 / 15])
    assert picked(after[11], *windows) == pytest.approx([10, 7.5, 166 / 16])
    assert picked(after[12], *windows) == pytest.approx([12.4, 9.2, (88 + 20) / 5])
    assert [row["form_season"] for row in after] == [2022] * 12 + [2023]


def test_a_season_to_date_starts_at_the_league_average_and_leaves_it() -> None:
    names = [f"{stat.name}_season" for stat in STATS]
    (after_one,) = states(PLAYED[:1], both_stats(FIRST))
    own = plays(PLAYED[:1], both_stats(FIRST))[0]
    shrunk = [(own[stat.name] + 4 * stat.typical) / 5 for stat in STATS]
    assert SEASON_PRIOR_GAMES == 4
    assert picked(after_one, *names) == pytest.approx(shrunk)
    assert picked(states(PLAYED[:1])[0], "turnovers_season", "epa_pass_season") == [1.5, 0.03]


def test_unknown_values_are_skipped_and_are_no_zeros() -> None:
    unknown: Row = {"passing_epa": None}
    team_stats = [
        *both_stats(FIRST),
        *(stats(SECOND, team, **unknown) for team in ("KC", "BUF")),
        *(stats(THIRD, team, passing_epa=14.0) for team in ("KC", "BUF")),
    ]
    after = states(PLAYED, team_stats)
    names = ["epa_pass_last5", "epa_pass_last10", "epa_pass_season", "epa_pass_allowed_last5"]
    assert picked(after[1], *names) == pytest.approx([0.2, 0.2, 0.32 / 5, 0.2])
    assert picked(after[2], *names) == pytest.approx([0.3, 0.3, 0.72 / 6, 0.3])
    never = states(PLAYED[:1], [stats(FIRST, team, **unknown) for team in ("KC", "BUF")])
    assert picked(never[0], *names) == [None, None, 0.03, None]


def test_a_window_holds_the_last_games_also_where_some_are_unknown() -> None:
    """Five games back are five games, known or not: no value from before creeps in."""
    ids = [f"2022_{week:02}_BUF_KC" for week in range(1, 7)]
    games = [game(name, f"2022-09-{day:02}", score=(9, 7)) for day, name in enumerate(ids, 5)]
    team_stats = [stats(ids[0], "KC", penalty_yards=99), stats(ids[0], "BUF")]
    after = states(games, team_stats)
    assert [row["penalty_yards_last5"] for row in after] == [99.0] * 5 + [None]
    assert [row["penalty_yards_last10"] for row in after] == [99.0] * 6


def test_a_state_is_known_half_a_day_after_kickoff() -> None:
    (row,) = states(PLAYED[:1])
    assert row["known_at"] == utc("2022-09-11 17:00") + timedelta(hours=12)


@given(st.lists(st.integers(0, 60), min_size=1, max_size=14))
def test_windows_are_means_of_slices(points: list[int]) -> None:
    rows = {
        "season": [2022] * len(points),
        "team": ["KC"] * len(points),
        "kickoff_at": [utc("2022-09-11 17:00") + timedelta(days=7 * i) for i in range(len(points))],
    }
    table = pl.DataFrame(rows).with_columns(
        pl.Series(stat.name, points, pl.Float64()) for stat in STATS
    )
    for count, row in enumerate(window_states(table).iter_rows(named=True), 1):
        so_far = points[:count]
        for stat in STATS:
            last5, last10 = row[f"{stat.name}_last5"], row[f"{stat.name}_last10"]
            assert last5 == pytest.approx(sum(so_far[-5:]) / len(so_far[-5:]), abs=1e-9)
            assert last10 == pytest.approx(sum(so_far[-10:]) / len(so_far[-10:]), abs=1e-9)
            shrunk = (sum(so_far) + 4 * stat.typical) / (count + 4)
            assert row[f"{stat.name}_season"] == pytest.approx(shrunk, abs=1e-9)


def test_every_declared_window_of_every_team_is_there_in_any_row_order(
    simulated_history: History,
) -> None:
    after = window_states(per_game(simulated_history))
    columns = [f"{stat.name}_{window}" for stat in STATS for window in WINDOWS]
    assert after.columns[3:] == columns
    played = simulated_history.games["result"].count()
    assert after.height == 2 * played
    assert after.select(columns).null_count().sum_horizontal().item() == 0
    mixed = History(
        games=simulated_history.games.sample(fraction=1.0, shuffle=True, seed=5),
        team_stats=simulated_history.team_stats.sample(fraction=1.0, shuffle=True, seed=5),
        injuries=simulated_history.injuries,
        notes=simulated_history.notes,
    )
    key = ["team", "known_at"]
    assert window_states(per_game(mixed)).sort(key).equals(after.sort(key))


@pytest.mark.real_data
def test_the_declared_averages_are_those_of_the_real_league(real_history: History) -> None:
    games = per_game(real_history)
    for stat in STATS:
        values = games[stat.name].drop_nulls()
        deviation = values.std()
        assert values.mean() == pytest.approx(stat.typical, abs=0.12 * deviation), stat.name
        assert values.is_finite().all()
