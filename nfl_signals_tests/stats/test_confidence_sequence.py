"""A confidence sequence holds in all weeks at once, and narrows as games come in."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.confidence_sequence import ConfidenceSequence, brier_difference

WEEK = np.repeat(np.arange(54), 15)


def forecasts(seed: int, noise: float = 0.3) -> tuple[Floats, Floats, Floats]:
    """True probabilities, noisy ones, and outcomes of three seasons."""
    rng = np.random.default_rng(seed)
    stated = rng.normal(0.304, 0.852, len(WEEK))
    p = expit(stated)
    q = expit(stated + rng.normal(0, noise, len(WEEK)))
    return p, q, (rng.random(len(WEEK)) < p).astype(float)


def expected_so_far(p: Floats, q: Floats) -> Floats:
    """Where p is the truth, p's Brier score is expected to be lower by (p - q)^2."""
    sums = np.cumsum(np.bincount(WEEK, weights=-((p - q) ** 2)))
    running: Floats = sums / np.cumsum(np.bincount(WEEK))
    return running


def misses(found: ConfidenceSequence, truth: Floats) -> bool:
    return bool(np.any((found.low > truth) | (truth > found.high)))


def test_at_most_one_sequence_in_ten_ever_misses_the_brier_difference_at_ninety_percent() -> None:
    missed = 0
    for seed in range(200):
        p, q, y = forecasts(seed)
        missed += misses(brier_difference(p, q, y, WEEK, alpha=0.1), expected_so_far(p, q))
    assert missed / 200 <= 0.1


def test_a_fixed_time_interval_read_weekly_misses_far_more_often() -> None:
    missed = 0
    for seed in range(200):
        p, q, y = forecasts(seed)
        found = brier_difference(p, q, y, WEEK)
        deviation = 2 * np.sqrt(np.cumsum(np.bincount(WEEK, weights=(p - q) ** 2 * p * (1 - p))))
        half = norm.ppf(0.95) * deviation / np.cumsum(np.bincount(WEEK))
        missed += bool(np.any(np.abs(found.estimate - expected_so_far(p, q)) > half))
    assert missed / 200 > 0.3


def test_a_clear_difference_shows_within_three_seasons() -> None:
    p, q, y = forecasts(3, noise=1.0)
    found = brier_difference(p, q, y, WEEK)
    assert found.high[-1] < 0
    assert np.argmax(found.high < 0) < 54


def test_the_estimate_is_the_mean_difference_of_brier_scores_by_hand() -> None:
    p, q, y = np.array([0.7, 0.2, 0.6]), np.array([0.5, 0.5, 0.5]), np.array([1.0, 0.0, 0.0])
    found = brier_difference(p, q, y, np.array([1, 1, 2]))
    assert found.estimate == pytest.approx([(0.09 - 0.25 + 0.04 - 0.25) / 2, (-0.37 + 0.11) / 3])
    assert found.high - found.estimate == pytest.approx(found.estimate - found.low)


def test_swapping_the_forecasters_turns_the_interval_over() -> None:
    p, q, y = forecasts(4)
    one, other = brier_difference(p, q, y, WEEK), brier_difference(q, p, y, WEEK)
    assert one.low == pytest.approx(-other.high)


def test_the_price_of_reading_every_week_is_less_than_twice_the_fixed_time_width() -> None:
    p, q, y = forecasts(5)
    found = brier_difference(p, q, y, WEEK)
    fixed = norm.ppf(0.975) * np.sqrt(np.sum((p - q) ** 2)) / len(p)
    assert fixed < (found.high - found.low)[-1] / 2 < 2 * fixed


def test_later_weeks_change_nothing_and_rows_may_come_in_any_order() -> None:
    p, q, y = forecasts(6)
    whole, order = brier_difference(p, q, y, WEEK), np.random.default_rng(0).permutation(len(p))
    shuffled = brier_difference(p[order], q[order], y[order], WEEK[order])
    early = brier_difference(p[:150], q[:150], y[:150], WEEK[:150])
    assert shuffled.low == pytest.approx(whole.low)
    assert early.low == pytest.approx(whole.low[:10])


def test_two_equal_forecasts_differ_by_nothing() -> None:
    p = np.full(4, 0.6)
    found = brier_difference(p, p, np.ones(4), np.array([1, 1, 2, 2]))
    assert found.low.tolist() == found.estimate.tolist() == found.high.tolist() == [0.0, 0.0]
    later = brier_difference(p, np.array([0.6, 0.6, 0.5, 0.5]), np.ones(4), np.array([1, 1, 2, 2]))
    assert later.low[0] == later.high[0] == 0.0
    assert later.low[1] < later.high[1]


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_a_level_outside_zero_to_one_is_refused(alpha: float) -> None:
    half = np.full(2, 0.5)
    with pytest.raises(ValueError, match="alpha"):
        brier_difference(half, half, np.ones(2), np.array([1, 2]), alpha=alpha)


@pytest.mark.parametrize(
    ("p", "y"), [([1.2], [1.0]), ([np.nan], [1.0]), ([0.5], [0.5]), ([0.5, 0.5], [1.0]), ([], [])]
)
def test_what_is_no_forecast_or_no_outcome_is_refused(p: list[float], y: list[float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        brier_difference(np.array(p), np.array(p), np.array(y), np.arange(len(p)))
