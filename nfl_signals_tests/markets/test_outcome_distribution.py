"""Claims about points around an expected value: `outcome_distribution`."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from nfl_signals.markets.outcome_distribution import (
    LARGEST,
    PRIOR_GAMES,
    OutcomeDistribution,
    fit_outcome_distribution,
)
from nfl_signals.stats.arrays import Floats

means = st.floats(-25, 25)
lines = st.integers(-60, 60).map(lambda halves: halves / 2)


def flat(*, deviation: float = 13.0, symmetric: bool = True) -> OutcomeDistribution:
    return OutcomeDistribution(
        deviation=deviation, symmetric=symmetric, weights=(1.0,) * (LARGEST + 1)
    )


def with_key_numbers(*, symmetric: bool = True) -> OutcomeDistribution:
    """Three and seven are three and two times as frequent as in the Normal."""
    weights = [1.0] * (LARGEST + 1)
    weights[3], weights[7] = 3.0, 2.0
    return OutcomeDistribution(deviation=13.0, symmetric=symmetric, weights=tuple(weights))


def at(distribution: OutcomeDistribution, mean: float, line: float) -> tuple[float, float]:
    yes, push = distribution.yes_and_push(np.array([mean]), np.array([line]))
    return float(yes[0]), float(push[0])


def below(distribution: OutcomeDistribution, mean: float, line: float) -> float:
    mass = distribution.mass(np.array([mean]))[0]
    return float(mass[distribution.support < line].sum())


def margins(n: int, *, seed: int, threes: int = 0) -> Floats:
    """Rounded Normal margins, the first `threes` of them replaced by +3 and -3 in turn."""
    points = np.round(13 * np.random.default_rng(seed).normal(size=n))
    points[:threes] = np.where(np.arange(threes) % 2, 3.0, -3.0)
    return points


@given(st.lists(means, min_size=1, max_size=5), st.booleans())
def test_probabilities_of_all_outcomes_sum_to_one(mean: list[float], symmetric: bool) -> None:
    mass = with_key_numbers(symmetric=symmetric).mass(np.array(mean))
    assert mass.shape == (len(mean), 2 * LARGEST + 1 if symmetric else LARGEST + 1)
    assert mass.min() >= 0
    assert mass.sum(axis=1).tolist() == pytest.approx([1.0] * len(mean))


@given(means)
def test_flat_weights_are_a_discretised_normal(mean: float) -> None:
    mass = flat().mass(np.array([mean]))[0]
    density = norm.pdf(flat().support, loc=mean, scale=13.0)
    assert mass.tolist() == pytest.approx((density / density.sum()).tolist(), abs=1e-12)


def test_a_flat_distribution_on_a_half_point_is_nearly_the_normal_tail() -> None:
    """Integers 4 and more stand for everything above 3.5: 1 - Phi((3.5 - 2) / 13) = 0.4541."""
    yes, push = at(flat(), 2.0, 3.5)
    assert push == 0
    assert yes == pytest.approx(0.4541, abs=2e-4)


def test_margins_may_be_negative_and_totals_may_not() -> None:
    assert flat().support[[0, -1]].tolist() == [-LARGEST, LARGEST]
    assert flat(symmetric=False).support[[0, -1]].tolist() == [0, LARGEST]


@given(means, lines)
def test_swapping_home_and_away_swaps_yes_and_no(mean: float, line: float) -> None:
    yes, push = at(with_key_numbers(), mean, line)
    other, same_push = at(with_key_numbers(), -mean, -line)
    assert same_push == pytest.approx(push)
    assert yes + other == pytest.approx(1)


@given(means, lines)
def test_yes_no_and_push_sum_to_one(mean: float, line: float) -> None:
    yes, push = at(with_key_numbers(), mean, line)
    assert yes * (1 - push) + push + below(with_key_numbers(), mean, line) == pytest.approx(1)


@given(means, st.integers(-60, 60), st.booleans())
def test_half_points_never_push(mean: float, whole: int, symmetric: bool) -> None:
    assert at(with_key_numbers(symmetric=symmetric), abs(mean), whole + 0.5)[1] == 0


@given(means, st.integers(-30, 30))
def test_whole_points_push_with_the_mass_on_the_number(mean: float, whole: int) -> None:
    mass = with_key_numbers().mass(np.array([mean]))[0]
    assert at(with_key_numbers(), mean, float(whole))[1] == mass[whole + LARGEST]


@settings(deadline=None)
@given(means, st.booleans())
def test_a_higher_line_is_never_easier_to_beat(mean: float, symmetric: bool) -> None:
    steps = np.arange(-80, 81) / 2
    yes, _ = with_key_numbers(symmetric=symmetric).yes_and_push(np.full(161, mean), steps)
    assert np.diff(yes).max() <= 1e-12


@given(st.floats(-20, 19), st.floats(0.1, 5), lines)
def test_a_higher_mean_beats_the_same_line_more_often(
    mean: float, more: float, line: float
) -> None:
    assert at(with_key_numbers(), mean + more, line)[0] > at(with_key_numbers(), mean, line)[0]


def test_a_key_number_draws_mass_from_both_sides() -> None:
    plain, key = (item.mass(np.array([1.0]))[0] for item in (flat(), with_key_numbers()))
    for number in (3, -3):
        ratio = key[number + LARGEST] / key[4 + LARGEST]
        assert ratio == pytest.approx(3 * plain[number + LARGEST] / plain[4 + LARGEST])


def test_a_sample_full_of_threes_raises_the_mass_at_three() -> None:
    zeros = np.zeros(3000)
    plain = fit_outcome_distribution(margins(3000, seed=1), zeros, symmetric=True)
    planted = fit_outcome_distribution(margins(3000, seed=1, threes=400), zeros, symmetric=True)
    assert planted.weights[3] > 2
    assert plain.weights[3] == pytest.approx(1, abs=0.2)
    assert at(planted, 0.0, 3.0)[1] > 1.8 * at(plain, 0.0, 3.0)[1]
    assert at(planted, 0.0, 3.0)[1] == pytest.approx(at(planted, 0.0, -3.0)[1])


def test_fitted_mass_at_three_comes_near_its_frequency() -> None:
    points = margins(20_000, seed=2, threes=2000)
    fitted = fit_outcome_distribution(points, np.zeros(20_000), symmetric=True)
    share = np.mean(np.abs(points) == 3)
    assert 2 * at(fitted, 0.0, 3.0)[1] == pytest.approx(share, rel=0.05)


def test_a_key_number_of_totals_is_a_number_and_not_its_mirror() -> None:
    random = np.random.default_rng(3)
    points = np.round(44 + 13 * random.normal(size=4000))
    points[:400] = 41
    fitted = fit_outcome_distribution(points, np.full(4000, 44.0), symmetric=False)
    assert fitted.weights[41] > 2
    assert fitted.weights[40] == pytest.approx(1, abs=0.3)


def test_weights_and_deviation_by_hand() -> None:
    """Two games expected at 0: +3 and -4, so the deviation is sqrt((9 + 16) / 2)."""
    fitted = fit_outcome_distribution(np.array([3.0, -4.0]), np.zeros(2), symmetric=True)
    deviation = np.sqrt(12.5)
    assert fitted.deviation == pytest.approx(deviation)
    expected_threes = 2 * 2 * norm.pdf(3, scale=deviation)
    three = (1 + PRIOR_GAMES) / (expected_threes + PRIOR_GAMES)
    five = PRIOR_GAMES / (2 * 2 * norm.pdf(5, scale=deviation) + PRIOR_GAMES)
    assert fitted.weights[3] == pytest.approx(three)
    assert fitted.weights[5] == pytest.approx(five)
    assert fitted.weights[0] == pytest.approx(
        PRIOR_GAMES / (2 * norm.pdf(0, scale=deviation) + PRIOR_GAMES)
    )


def test_few_games_hardly_make_a_key_number() -> None:
    fitted = fit_outcome_distribution(np.array([3.0, -4.0]), np.zeros(2), symmetric=True)
    assert max(fitted.weights) < 1.05


def test_plain_numbers_give_the_distribution_back() -> None:
    fitted = fit_outcome_distribution(margins(500, seed=4), np.zeros(500), symmetric=True)
    assert OutcomeDistribution.from_json(json.loads(json.dumps(fitted.to_json()))) == fitted


@pytest.mark.parametrize("points", [[], [3.0, 7.0]])
def test_games_without_any_error_size_no_distribution(points: list[float]) -> None:
    with pytest.raises(ValueError, match=f"from {len(points)} games without an error"):
        fit_outcome_distribution(np.array(points), np.array(points), symmetric=True)
