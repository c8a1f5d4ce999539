"""Games whose true probabilities are known, and forecasts of them that are wrong in a known way."""

import numpy as np

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import expit, logit


def season_games(n: int, *, seed: int) -> tuple[Floats, Floats]:
    """True probabilities and outcomes drawn from them."""
    random = np.random.default_rng(seed)
    p = expit(0.8 * random.normal(size=n))
    return p, (random.random(n) < p).astype(np.float64)


def distorted(p: Floats, *, slope: float = 1.0, shift: float = 0.0) -> Floats:
    """Over- (slope above 1) or underconfident, and biased, forecasts."""
    return expit(slope * logit(p) + shift)
