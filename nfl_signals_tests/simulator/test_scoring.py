"""Claims about the exact distribution of scores: `simulator.scoring` and `simulator.points`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from nfl_signals.simulator.games.points import WAYS, scoring_plays
from nfl_signals.simulator.games.scoring import (
    FINAL_WEIGHTS,
    KEY_WEIGHTS,
    LATTICE,
    MARGIN_SD,
    MARGINS,
    STRETCH,
    TOTAL_SD,
    TOTALS,
    SimulatedScores,
    above_and_on,
    score_distribution,
)

locations = st.floats(-20, 20)
totals = st.floats(30, 60)


def one_game(margin: float, total: float, *, can_tie: bool = True) -> SimulatedScores:
    return score_distribution(np.array([margin]), np.array([total]), can_tie=np.array([can_tie]))


def by_enumeration(margin: float, total: float) -> dict[tuple[int, int], float]:
    """The formula of the module's docstring, written out score by score."""

    def final(score: int) -> float:
        return FINAL_WEIGHTS[score] if score < len(FINAL_WEIGHTS) else 0.5

    def key(points: int) -> float:
        return KEY_WEIGHTS[points] if points < len(KEY_WEIGHTS) else 1.0

    scale = MARGIN_SD * np.sqrt(3) / np.pi
    weights = {
        (home, away): stats.logistic.pdf(home - away, STRETCH * margin, scale)
        * stats.norm.pdf(home + away, total, TOTAL_SD)
        * key(abs(home - away))
        * final(home)
        * final(away)
        for home in range(71)
        for away in range(71)
    }
    whole = sum(weights.values())
    return {score: weight / whole for score, weight in weights.items()}


def test_both_marginals_equal_a_sum_over_all_scores() -> None:
    game = one_game(3.5, 44.0)
    expected = by_enumeration(3.5, 44.0)
    for points in (-14, -3, 0, 3, 7, 31):
        share = sum(p for (home, away), p in expected.items() if home - away == points)
        assert game.margin[0, points + 70] == pytest.approx(share, rel=1e-9)
    for points in (0, 3, 37, 44, 90):
        share = sum(p for (home, away), p in expected.items() if home + away == points)
        assert game.total[0, points] == pytest.approx(share, rel=1e-9)


def test_means_equal_a_sum_over_all_scores() -> None:
    game, expected = one_game(-6.0, 41.0), by_enumeration(-6.0, 41.0)
    margin = sum((home - away) * p for (home, away), p in expected.items())
    total = sum((home + away) * p for (home, away), p in expected.items())
    assert game.mean_margin()[0] == pytest.approx(margin)
    assert game.mean_total()[0] == pytest.approx(total)


def test_scores_are_drawn_from_the_distribution_that_truth_is_computed_from() -> None:
    n = 60_000
    game = score_distribution(np.full(n, 2.5), np.full(n, 45.0), can_tie=np.full(n, True))
    home, away = game.draw(np.random.default_rng(5))
    for drawn, pmf, support in (
        (home - away, game.margin, MARGINS),
        (home + away, game.total, TOTALS),
    ):
        expected = n * pmf[0]
        common = expected >= 5
        observed = np.array([(drawn == points).sum() for points in support])
        observed = np.append(observed[common], observed[~common].sum())
        expected = np.append(expected[common], expected[~common].sum())
        assert stats.chisquare(observed, expected).pvalue > 1e-4


def test_joint_draws_follow_the_joint_distribution_and_not_only_its_marginals() -> None:
    n = 60_000
    game = score_distribution(np.full(n, 0.0), np.full(n, 45.0), can_tie=np.full(n, True))
    home, away = game.draw(np.random.default_rng(6))
    expected = by_enumeration(0.0, 45.0)
    for score in ((20, 17), (24, 20), (27, 24), (13, 10)):
        share = ((home == score[0]) & (away == score[1])).mean()
        error = np.sqrt(expected[score] / n)
        assert share == pytest.approx(expected[score], abs=4.5 * error)


@given(margin=locations, total=totals)
@settings(max_examples=50, deadline=None)
def test_win_tie_and_loss_always_sum_to_one(margin: float, total: float) -> None:
    game = one_game(margin, total)
    win, tie = above_and_on(game.margin, MARGINS, np.zeros(1))
    loss, _ = above_and_on(game.margin[:, ::-1], MARGINS, np.zeros(1))
    assert (win + tie + loss)[0] == pytest.approx(1, abs=1e-12)


@given(margin=locations, total=totals)
@settings(max_examples=50, deadline=None)
def test_swapping_the_teams_mirrors_the_margin_and_keeps_the_total(
    margin: float, total: float
) -> None:
    here, there = one_game(margin, total), one_game(-margin, total)
    np.testing.assert_allclose(here.margin, there.margin[:, ::-1], atol=1e-14)
    np.testing.assert_allclose(here.total, there.total, atol=1e-14)


@given(margin=st.floats(-10, 10), total=st.floats(42, 50))
@settings(max_examples=30, deadline=None)
def test_the_locations_are_the_means_within_a_point(margin: float, total: float) -> None:
    game = one_game(margin, total)
    assert game.mean_margin()[0] == pytest.approx(margin, abs=0.6)
    assert game.mean_total()[0] == pytest.approx(total, abs=1.0)


def test_a_better_team_wins_more_often_and_a_higher_location_goes_over_more_often() -> None:
    steps = np.linspace(-15, 15, 31)
    games = score_distribution(steps, steps + 45, can_tie=np.full(31, True))
    assert (np.diff(above_and_on(games.margin, MARGINS, np.zeros(31))[0]) > 0).all()
    assert (np.diff(above_and_on(games.total, TOTALS, np.full(31, 44.5))[0]) > 0).all()


def test_a_postseason_game_cannot_be_tied() -> None:
    assert one_game(0.0, 45.0, can_tie=False).margin[0, 70] == 0
    assert 0.001 < one_game(0.0, 45.0).margin[0, 70] < 0.005


def test_nobody_scores_exactly_one_or_four_points() -> None:
    n = 20_000
    game = score_distribution(np.zeros(n), np.full(n, 38.0), can_tie=np.full(n, True))
    assert not np.isin(game.draw(np.random.default_rng(1)), (1, 4)).any()


def test_margin_and_total_have_the_same_parity() -> None:
    odd = (MARGINS[:, None] + TOTALS[None, :]) % 2 == 1
    assert (LATTICE[odd] == 0).all()


def test_a_game_without_a_line_has_no_probability_of_covering() -> None:
    above, level = above_and_on(one_game(0.0, 45.0).margin, MARGINS, np.array([np.nan]))
    assert np.isnan(above).all()
    assert np.isnan(level).all()


@pytest.mark.parametrize(("line", "push", "tolerance"), [(3, 0.090, 0.006), (7, 0.065, 0.005)])
def test_lines_on_key_numbers_push_as_often_as_real_ones(
    line: int, push: float, tolerance: float
) -> None:
    game = one_game(float(line), 45.0)
    assert above_and_on(game.margin, MARGINS, np.array([float(line)]))[1][0] == pytest.approx(
        push, abs=tolerance
    )


@pytest.mark.parametrize(("line", "wins"), [(3, 0.597), (6, 0.697), (7, 0.734), (10, 0.799)])
def test_favourites_win_as_often_as_in_the_real_market(line: int, wins: float) -> None:
    """Mean no-vig probability of favourites by that many points, 2006-2023."""
    game = one_game(float(line), 45.0)
    win, tie = above_and_on(game.margin, MARGINS, np.zeros(1))
    assert (win / (1 - tie))[0] == pytest.approx(wins, abs=0.012)


def test_every_possible_score_can_be_put_together_from_scoring_plays() -> None:
    reachable = {0, 2, 3, *range(5, 71)}
    assert reachable <= set(WAYS)
    assert 1 not in WAYS


def test_scoring_plays_never_exceed_the_score_and_leave_at_most_conversions_and_a_safety() -> None:
    scored = np.arange(5, 71).repeat(20).reshape(2, -1)
    plays = scoring_plays(scored, np.random.default_rng(2))
    rest = scored - 6 * plays["touchdowns"] - plays["pat_made"] - 3 * plays["fg_made"]
    assert (rest >= 0).all()
    assert (rest <= 2 * (plays["touchdowns"] - plays["pat_made"]) + 2).all()
    assert (plays["pat_att"] <= plays["touchdowns"]).all()
    assert (plays["fg_att"] == plays["fg_made"] + plays["fg_missed"]).all()


def test_ten_points_are_nearly_always_a_touchdown_and_a_field_goal() -> None:
    plays = scoring_plays(np.full(1000, 10), np.random.default_rng(3))
    assert ((plays["touchdowns"] == 1) & (plays["fg_made"] == 1)).mean() > 0.9
