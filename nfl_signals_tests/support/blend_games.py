"""Games whose true log odds are known, and what market, learners and signals say of them."""

import numpy as np

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import expit

LEARNERS = ("logistic", "lightgbm")
SIGNALS = ("offense", "defense")
INPUTS = ("market", *LEARNERS, *SIGNALS)


def blend_games(
    n: int,
    *,
    seed: int,
    market_noise: float = 0.0,
    learner_noise: float | None = None,
    effect: float = 0.0,
) -> tuple[Floats, Floats]:
    """Values n x 5 in the order of `INPUTS`, and outcomes.

    Noise is in logits around the true log odds without news; `effect` is what a signal of 1 adds to
    them. A learner without `learner_noise` forecasts at random; the second learner always does.
    """
    random = np.random.default_rng(seed)
    known = 0.8 * random.normal(size=n)
    ignorant = 0.8 * random.normal(size=(n, 2))
    if learner_noise is not None:
        ignorant[:, 0] = known + learner_noise * random.normal(size=n)
    market = known + market_noise * random.normal(size=n)
    signals = random.uniform(-1, 1, size=(n, len(SIGNALS)))
    y = (random.random(n) < expit(known + effect * signals.sum(axis=1))).astype(np.float64)
    return np.column_stack([market, ignorant, signals]), y


def brier(p: Floats, y: Floats) -> float:
    """Mean squared error."""
    return float(np.mean((p - y) ** 2))
