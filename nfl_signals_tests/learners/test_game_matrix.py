"""Claims about one row of numbers per game: `game_matrix`."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.features.declarations import FEATURES
from nfl_signals.learners.game_matrix import GameMatrix, game_matrix
from nfl_signals.markets.definitions import ATS, MARKETS, MONEYLINE, TOTAL, Market
from nfl_signals_tests.support.model_builders import team_row

LINE_WORDS = ("spread", "total_line", "price", "odds", "moneyline", "p_market")


def two_games() -> pl.DataFrame:
    """Kansas City against Denver a day before Buffalo against Miami."""
    return pl.DataFrame(
        [
            team_row("b", "BUF", is_home=True, day=1, margin_last5=4.0, rating=6.5, is_playoff=1),
            team_row("b", "MIA", is_home=False, day=1, margin_last5=-6, rating=-1.5, is_playoff=1),
            team_row("a", "DEN", is_home=False, day=0, points_for_last5=17.0, epa_defense=0.1),
            team_row("a", "KC", is_home=True, day=0, points_for_last5=30.0, epa_defense=-0.3),
        ]
    ).with_columns(week_of_season=pl.lit(5.0))


def column(matrix: GameMatrix, name: str) -> list[float]:
    return list(matrix.x[:, matrix.names.index(name)].tolist())


@pytest.mark.parametrize("market", [ATS, MONEYLINE], ids=lambda market: market.name)
def test_a_market_of_the_margin_gets_home_minus_away(market: Market) -> None:
    matrix = game_matrix(two_games(), market)
    assert column(matrix, "points_for_last5_difference") == [13.0, 0.0]
    assert column(matrix, "margin_last5_difference") == [0.0, 10.0]
    assert column(matrix, "rating_difference") == [0.0, 8.0]
    assert column(matrix, "epa_defense_difference") == pytest.approx([-0.4, 0.0])


def test_a_market_of_the_total_gets_home_plus_away() -> None:
    matrix = game_matrix(two_games(), TOTAL)
    assert column(matrix, "points_for_last5_sum") == [47.0, 0.0]
    assert column(matrix, "margin_last5_sum") == [0.0, -2.0]
    assert column(matrix, "rating_sum") == [0.0, 5.0]
    assert column(matrix, "epa_defense_sum") == pytest.approx([-0.2, 0.0])


@pytest.mark.parametrize("market", MARKETS.values(), ids=lambda market: market.name)
def test_what_belongs_to_the_game_is_taken_once_and_not_added_up(market: Market) -> None:
    matrix = game_matrix(two_games(), market)
    assert column(matrix, "is_playoff") == [0.0, 1.0]
    assert column(matrix, "week_of_season") == [5.0, 5.0]


@pytest.mark.parametrize("market", MARKETS.values(), ids=lambda market: market.name)
def test_every_feature_gives_exactly_one_finite_column(market: Market) -> None:
    matrix = game_matrix(two_games(), market)
    assert len(set(matrix.names)) == len(FEATURES) == len(matrix.monotone) == len(matrix.weight)
    assert matrix.x.shape == (2, len(FEATURES))
    assert matrix.x.dtype == np.float64
    assert matrix.x.flags["C_CONTIGUOUS"]
    assert np.isfinite(matrix.x).all()
    assert all(name.startswith(f.name) for name, f in zip(matrix.names, FEATURES, strict=True))


@pytest.mark.parametrize("market", MARKETS.values(), ids=lambda market: market.name)
def test_no_line_and_no_price_is_a_column(market: Market) -> None:
    names = game_matrix(two_games(), market).names
    assert [name for name in names if any(word in name for word in LINE_WORDS)] == []


@pytest.mark.parametrize(
    ("name", "on_margin", "on_total"),
    [
        ("margin_last5", 1, 0),
        ("offense", 1, 1),
        ("epa_defense", -1, 1),
        ("epa_pass_last5", 1, 1),
        ("epa_rush_allowed_season", -1, 1),
        ("points_for_season", 0, 1),
        ("points_against_last10", 0, 1),
        ("rating", 1, 0),
        ("epa_rating", 1, 0),
        ("quarterback", 1, 0),
        ("starter_share", 1, 0),
        ("home_field", 1, 0),
        ("turnovers_last5", 0, 0),
        ("rest_days", 0, 0),
    ],
)
def test_directions_are_those_of_football(name: str, on_margin: int, on_total: int) -> None:
    margin, total = game_matrix(two_games(), ATS), game_matrix(two_games(), TOTAL)
    assert margin.monotone[margin.names.index(f"{name}_difference")] == on_margin
    assert total.monotone[total.names.index(f"{name}_sum")] == on_total


@pytest.mark.parametrize("market", MARKETS.values(), ids=lambda market: market.name)
def test_prior_belief_belongs_to_the_feature_whatever_the_market(market: Market) -> None:
    matrix = game_matrix(two_games(), market)
    assert matrix.weight == tuple(feature.weight for feature in FEATURES)
    belief = dict(zip(matrix.names, matrix.weight, strict=True))
    combined = "sum" if market is TOTAL else "difference"
    assert belief[f"rating_{combined}"] == 1.0
    assert belief[f"points_for_last5_{combined}"] == 0.15
    assert belief["is_playoff"] == 0.5


def test_a_roof_may_only_raise_the_total_and_has_no_direction_for_the_margin() -> None:
    margin, total = game_matrix(two_games(), ATS), game_matrix(two_games(), TOTAL)
    assert total.monotone[total.names.index("is_covered")] == 1
    assert margin.monotone[margin.names.index("is_covered")] == 0


def test_rows_are_ordered_by_season_week_kickoff_and_game() -> None:
    games = [  # game, season, week, day
        ("e", 2021, 1, 0),
        ("d", 2020, 2, 9),
        ("c", 2020, 2, 8),
        ("b", 2020, 2, 8),
        ("a", 2020, 1, 20),  # postponed: its week comes first, whenever it kicks off
    ]
    rows = [
        team_row(game, team, is_home=is_home, season=season, week=week, day=day)
        for game, season, week, day in games
        for team, is_home in (("KC", True), ("DEN", False))
    ]
    matrix = game_matrix(pl.DataFrame(rows), ATS)
    assert matrix.games["game_id"].to_list() == ["a", "b", "c", "d", "e"]
    assert matrix.games.columns == ["game_id", "season", "week", "kickoff_at"]


@given(st.permutations(range(4)))
def test_the_order_of_the_feature_rows_does_not_matter(order: list[int]) -> None:
    in_order = game_matrix(two_games(), ATS)
    shuffled = game_matrix(two_games()[order], ATS)
    assert shuffled.x.tobytes() == in_order.x.tobytes()
    assert shuffled.games.equals(in_order.games)


def test_swapping_home_and_away_turns_differences_and_keeps_sums() -> None:
    features = two_games()
    swapped = features.with_columns(is_home=~pl.col("is_home"))
    for name in ("rating", "points_for_last5"):
        here, there = game_matrix(features, ATS), game_matrix(swapped, ATS)
        assert column(there, f"{name}_difference") == [
            -value for value in column(here, f"{name}_difference")
        ]
        here, there = game_matrix(features, TOTAL), game_matrix(swapped, TOTAL)
        assert column(there, f"{name}_sum") == column(here, f"{name}_sum")
