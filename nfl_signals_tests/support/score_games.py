"""Games drawn from a known score distribution, for tests of its fit and of coherence."""

from functools import cache

import numpy as np

from nfl_signals.markets.score_distribution import (
    LARGEST_MARGIN,
    LARGEST_TOTAL,
    MARGIN,
    MARGINS,
    POSSIBLE,
    TOTAL,
    ScoreDistribution,
    solve_centre,
)
from nfl_signals.stats.arrays import Floats

SPREADS = np.array([-10.0, -7.0, -3.5, -3.0, -1.0, 1.0, 2.5, 3.0, 4.0, 6.5, 7.0, 10.0, 13.5])
MIDDLES = np.array([37.5, 41.0, 44.0, 47.5, 51.0])


def distribution(
    *, margins: dict[int, float] | None = None, totals: dict[int, float] | None = None
) -> ScoreDistribution:
    """Scales near the real ones and the key numbers given; every other number weighs 1."""
    return ScoreDistribution(
        margin_scale=13.3,
        total_scale=13.5,
        margin_weights=_weights(LARGEST_MARGIN, margins or {}),
        total_weights=_weights(LARGEST_TOTAL, totals or {}),
        typical_tau=44.0,
        n_games=1000,
    )


@cache
def football() -> ScoreDistribution:
    """Rare ties and one-point games, frequent threes, sevens and tens."""
    key = {0: 0.1, 1: 0.7, 2: 0.7, 3: 2.6, 4: 0.9, 5: 0.6, 6: 1.2, 7: 1.8, 9: 0.4, 10: 1.3, 14: 1.3}
    return distribution(margins=key, totals={37: 1.6, 41: 1.5, 42: 0.7, 44: 1.5, 51: 1.4})


def joint_of(scores: ScoreDistribution, mu: float, tau: float) -> Floats:
    """Probability of each (margin, total) of one game: 161 x 131, sums to 1."""
    bell = MARGIN.bell(np.array([mu]), scores.margin_scale)[0]
    margin = bell * np.asarray(scores.margin_weights)[np.abs(MARGINS)]
    bell = TOTAL.bell(np.array([tau]), scores.total_scale)[0]
    cells = margin.T * POSSIBLE * (bell * np.asarray(scores.total_weights))
    return np.asarray(cells / cells.sum())


def drawn_games(n: int, *, seed: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Margin, total, spread line and total line of n games whose lines are fair medians."""
    truth, random = football(), np.random.default_rng(seed)
    spread_line, total_line = random.choice(SPREADS, n), random.choice(MIDDLES, n)
    margin, total = np.empty(n), np.empty(n)
    for spread in SPREADS:
        for middle in MIDDLES:
            here = np.flatnonzero((spread_line == spread) & (total_line == middle))
            cells = joint_of(truth, *_fair(truth, spread, middle)).ravel()
            cell = random.choice(len(cells), size=len(here), p=cells)
            margin[here] = cell // (LARGEST_TOTAL + 1) - LARGEST_MARGIN
            total[here] = cell % (LARGEST_TOTAL + 1)
    return margin, total, spread_line, total_line


def _fair(truth: ScoreDistribution, spread: float, middle: float) -> tuple[float, float]:
    mu, tau, even = np.array([spread]), np.array([middle]), np.zeros(1)
    line, half = mu.copy(), tau.copy()
    for _ in range(20):
        rest = truth.margin_rest(tau)
        mu = solve_centre(MARGIN, truth.margin_scale, rest, line=line, log_odds=even, start=mu)
        rest = truth.total_rest(mu)
        tau = solve_centre(TOTAL, truth.total_scale, rest, line=half, log_odds=even, start=tau)
    return float(mu[0]), float(tau[0])


def _weights(largest: int, key: dict[int, float]) -> tuple[float, ...]:
    return tuple(key.get(number, 1.0) for number in range(largest + 1))
