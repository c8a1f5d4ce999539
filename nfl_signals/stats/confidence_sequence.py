"""Which of two forecasters scores better, in an interval that holds in all weeks at once.

A fixed-time interval read every week is left sooner or later by the truth; a confidence sequence
contains it in every week simultaneously with probability 1 - alpha (Choe, Ramdas 2023, doi
10.1287/opre.2021.0792). The truth here is their parameter: the mean, over the games so far, of the
score difference expected given what was known before each week; it may drift, nothing need be
stationary. Bounds come from the method of mixtures over fixed rates (Howard, Ramdas, McAuliffe,
Sekhon 2021, doi 10.1214/20-AOS1991): with prior weights w and any S_t with E exp(rate S_t - psi(rate)
V_t) <= 1, S_t stays below the root in s of sum w exp(rate s - psi(rate) V_t) = 2 / alpha.

Given the forecasts only -2 (p - q) y is random, so V is the sum of (p - q)^2 and psi(rate) is
rate^2 / 2 (Hoeffding's lemma; their theorem 1), both known before the games; at the odds of the NFL
the true variance is hardly less. The games of a week count as independent given their forecasts.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.bins import check_forecasts

# Rates that are best at 1, 2, 4, ... 2 ** 15 times the variance of the first week.
DOUBLINGS = 2.0 ** np.arange(16)
BISECTIONS = 60


@dataclass(frozen=True, kw_only=True)
class ConfidenceSequence:
    """After each week, shape (weeks,): the mean so far and bounds that hold in all weeks at once."""

    estimate: Floats
    low: Floats
    high: Floats


def brier_difference(
    p: Floats, q: Floats, y: Floats, week_index: NDArray[np.integer], *, alpha: float = 0.05
) -> ConfidenceSequence:
    """Mean Brier score of p minus that of q, per game, after each week; negative: p is better.

    Args:
        p: one forecaster's probabilities of YES, shape (n,).
        q: the other's, on the same games, shape (n,).
        y: outcomes 0 or 1, pushes left out, shape (n,).
        week_index: order of each game's week, shape (n,); rows may come in any order.
        alpha: probability that the truth is ever outside.

    Raises:
        ValueError: unequal or empty shapes, values out of range.

    Example:
        >>> p, q, y = np.full(4, 0.6), np.full(4, 0.5), np.ones(4)
        >>> found = brier_difference(p, q, y, np.array([1, 1, 2, 2]))
        >>> found.estimate.round(3).tolist(), bool(found.low[-1] < -0.09 < found.high[-1])
        ([-0.09, -0.09], True)
    """
    check_forecasts(p, y)
    check_forecasts(q, y)
    if p.shape != week_index.shape or not 0 < alpha < 1:
        raise ValueError(
            f"expected {len(p)} weeks and alpha in (0, 1), got {len(week_index)}, {alpha}"
        )
    games = _by_week(np.ones_like(p), week_index)
    total = _by_week((p - y) ** 2 - (q - y) ** 2, week_index)
    variance = _by_week((p - q) ** 2, week_index)
    if variance[-1] == 0:  # equal forecasts
        return ConfidenceSequence(estimate=total, low=total, high=total)
    first = variance[variance > 0][0]
    rates = np.sqrt(2 * np.log(2 / alpha) / (first * DOUBLINGS))
    half = _boundary(variance, rates, alpha) / games
    half[variance == 0] = 0.0
    estimate = total / games
    return ConfidenceSequence(estimate=estimate, low=estimate - half, high=estimate + half)


def _boundary(variance: Floats, rates: Floats, alpha: float) -> Floats:
    """Root in s of mean over rates of exp(rate s - rate^2 / 2 variance) = 2 / alpha, by bisection."""
    target, price = np.log(2 / alpha), np.outer(variance, rates**2 / 2)
    low = np.zeros_like(variance)
    # A single rate with its share of the prior already bounds the mixture from below.
    high: Floats = np.min((target + np.log(len(rates)) + price) / rates, axis=1)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        wealth = logsumexp(middle[:, None] * rates - price, axis=1) - np.log(len(rates))
        low, high = np.where(wealth < target, middle, low), np.where(wealth < target, high, middle)
    return high


def _by_week(values: Floats, week_index: NDArray[np.integer]) -> Floats:
    position = np.unique(week_index, return_inverse=True)[1]
    sums: Floats = np.cumsum(np.bincount(position, weights=values))
    return sums
