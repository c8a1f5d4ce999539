"""Elo by hand: what one game, one tie, one summer and a neutral field do to two ratings."""

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from nfl_signals.history import History
from nfl_signals.ratings import between_seasons, expected_win, rate, rating_change
from nfl_signals_tests.builders import Row, game, history

FIRST, SECOND = "2022_01_DET_KC", "2022_02_KC_DET"
OPENING = game(FIRST, "2022-09-11", score=(27, 20))


def ratings(rows: list[Row]) -> dict[tuple[str, str], float]:
    """Rating after each game by game and team."""
    rated = rate(history(rows).games)
    return {(game_id, team): rating for game_id, team, _, rating in rated.iter_rows()}


def test_a_home_win_by_seven_between_equals_by_hand() -> None:
    # gap 48 -> expected 1 / (1 + 10^-0.12) = 0.568636
    # multiplier ln 8 * 2.2 / (0.001 * 48 + 2.2) = 2.035040
    # change 20 * 2.035040 * (1 - 0.568636) = 17.556861
    expected = 20 * math.log(8) * 2.2 / 2.248 * (1 - 1 / (1 + 10**-0.12))
    assert expected == pytest.approx(17.5569, abs=5e-4)
    rated = ratings([OPENING])
    assert rated[FIRST, "KC"] == pytest.approx(1500 + expected, abs=1e-9)
    assert rated[FIRST, "DET"] == pytest.approx(1500 - expected, abs=1e-9)


def test_the_second_game_starts_from_the_first_ones_ratings() -> None:
    rated = ratings([OPENING, game(SECOND, "2022-09-18", score=(10, 13))])
    shift = rated[FIRST, "KC"] - 1500
    change = rating_change(48 - 2 * shift, -3)
    assert rated[SECOND, "DET"] == pytest.approx(1500 - shift + change)
    assert rated[SECOND, "KC"] == pytest.approx(1500 + shift - change)


def test_on_neutral_ground_nobody_is_at_home() -> None:
    rated = ratings([OPENING | {"location": "Neutral"}])
    assert rated[FIRST, "KC"] == pytest.approx(1500 + 20 * math.log(8) * 0.5)


def test_a_tie_moves_both_towards_each_other_by_the_surprise_alone() -> None:
    assert rating_change(0.0, 0.0) == 0.0
    # The favourite by 400 was expected to win with 10/11: 20 * 2.2 / 2.6 * (0.5 - 10/11).
    assert rating_change(400.0, 0.0) == pytest.approx(20 * 2.2 / 2.6 * (0.5 - 10 / 11))


def test_an_upset_counts_for_more_than_the_expected_win() -> None:
    expected_winner, upset = rating_change(200.0, 7.0), -rating_change(200.0, -7.0)
    assert upset > expected_winner > 0


def test_a_third_of_the_way_back_to_the_mean_between_two_seasons() -> None:
    later = "2023_01_KC_BUF"
    rated = ratings([OPENING, game(later, "2023-09-10", score=(21, 20))])
    kansas_city = between_seasons(rated[FIRST, "KC"])
    assert kansas_city - 1500 == pytest.approx((rated[FIRST, "KC"] - 1500) * 2 / 3)
    change = rating_change(1500 + 48 - kansas_city, 1)
    assert rated[later, "KC"] == pytest.approx(kansas_city - change)


def test_a_moved_team_keeps_its_rating() -> None:
    moved = "2020_01_LV_CAR"
    rated = ratings(
        [
            game("2019_01_DEN_OAK", "2019-09-09", score=(24, 16)),
            game(moved, "2020-09-13", score=(30, 34)),
        ]
    )
    before = between_seasons(rated["2019_01_DEN_OAK", "LV"])
    change = rating_change(1500 + 48 - before, -4)
    assert rated[moved, "LV"] == pytest.approx(before - change)


def test_unplayed_games_rate_nobody() -> None:
    assert rate(history([game(FIRST, "2022-09-11")]).games).is_empty()
    assert ratings([OPENING, game(SECOND, "2022-09-18")]) == ratings([OPENING])


def test_the_order_of_the_input_rows_does_not_matter(simulated_history: History) -> None:
    games = simulated_history.games
    shuffled = games.sample(fraction=1.0, shuffle=True, seed=5)
    assert_frame_equal(rate(shuffled), rate(games))


def test_what_one_team_gains_the_other_loses(simulated_history: History) -> None:
    first_season = rate(simulated_history.games.filter(season=2014))
    last = first_season.group_by("team", maintain_order=True).last()
    assert last.height == 32
    assert last["rating"].mean() == pytest.approx(1500, abs=1e-9)
    assert last["rating"].std() > 20


gaps = st.floats(-800, 800)
margins = st.integers(-60, 60).map(float)


@given(gaps, margins)
def test_swapping_the_sides_of_a_game_swaps_the_sign(gap: float, margin: float) -> None:
    # A tie is the exception: its multiplier looks at the home team's gap.
    if margin != 0:
        assert rating_change(gap, margin) == pytest.approx(-rating_change(-gap, -margin))


@given(gaps, margins)
def test_a_winner_never_loses_points(gap: float, margin: float) -> None:
    assert rating_change(gap, margin) * margin >= 0


@given(gaps)
def test_the_chances_of_both_teams_sum_to_one(gap: float) -> None:
    assert expected_win(gap) + expected_win(-gap) == pytest.approx(1)


@pytest.mark.real_data
def test_rated_favourites_win_real_games(
    real_features: pl.DataFrame, real_history: History
) -> None:
    sides = real_features.filter(pl.col("season") >= 2002)
    home, away = (sides.filter(is_home=side) for side in (True, False))
    gaps = home.join(away, on="game_id", suffix="_away").join(real_history.games, on="game_id")
    favourites = gaps.filter(pl.col("rating") > pl.col("rating_away"), pl.col("result") != 0)
    assert 0.62 < favourites.select((pl.col("result") > 0).mean()).item() < 0.72
