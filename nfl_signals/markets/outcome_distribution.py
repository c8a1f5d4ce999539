"""A discrete distribution of points around an expected value, with key numbers.

Football scores pile up on 3, 7, 10, ...: a Normal alone gives every integer 3 %, the real game
lands on a margin of 3 far more often. The mass on each integer is a Normal density times a weight
learned from how often that integer occurs compared with the Normal.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from nfl_signals.stats.arrays import Floats, Ints

LARGEST = 150  # points; no NFL margin or total has come near it
PRIOR_GAMES = 30.0  # expected games at which data and "no key number" count alike


@dataclass(frozen=True, kw_only=True)
class OutcomeDistribution:
    """Probability mass over integers around an expected value."""

    deviation: float  # standard deviation of the Normal part, points
    symmetric: bool  # weights belong to |points| (margins) instead of points (totals)
    weights: tuple[float, ...]  # LARGEST + 1 factors for 0, 1, 2, ... points

    def mass(self, mean: Floats) -> Floats:
        """N x m probabilities of the integers `self.support`, each row summing to 1."""
        support = self.support
        density = np.exp(-0.5 * ((support[None, :] - mean[:, None]) / self.deviation) ** 2)
        weighted = density * np.asarray(self.weights)[np.abs(support)][None, :]
        return np.asarray(weighted / weighted.sum(axis=1, keepdims=True))

    def yes_and_push(self, mean: Floats, line: Floats) -> tuple[Floats, Floats]:
        """Probability above n lines given no push, and of landing on them, around n means."""
        mass = self.mass(mean)
        above = (mass * (self.support[None, :] > line[:, None])).sum(axis=1)
        push = (mass * (self.support[None, :] == line[:, None])).sum(axis=1)
        return above / (1 - push), push

    @property
    def support(self) -> Ints:
        """Integers that carry mass."""
        return np.arange(-LARGEST if self.symmetric else 0, LARGEST + 1)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers for a model folder."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "OutcomeDistribution":
        """Inverse of `to_json`."""
        return cls(**content | {"weights": tuple(content["weights"])})


def fit_outcome_distribution(
    points: Floats, mean: Floats, *, symmetric: bool
) -> OutcomeDistribution:
    """Learn deviation and key-number weights from games that the mean was not fitted on.

    `points` are n whole numbers, `mean` the n expectations; in margins +3 and -3 share a weight
    (`symmetric`).

    Raises:
        ValueError: no game, or every game ended as expected: there is no deviation to learn.
    """
    if not len(points) or np.all(points == mean):
        raise ValueError(f"no deviation can be learned from {len(points)} games without an error")
    deviation = float(np.sqrt(np.mean((points - mean) ** 2)))
    grid = np.arange(-LARGEST if symmetric else 0, LARGEST + 1)
    spread = norm.pdf(grid[None, :], loc=mean[:, None], scale=deviation).sum(axis=0)
    key = np.abs(grid)
    expected = np.bincount(key, weights=spread, minlength=LARGEST + 1)
    happened = np.clip(np.abs(points).astype(np.int64), 0, LARGEST)
    observed = np.bincount(happened, minlength=LARGEST + 1)
    weights = (observed + PRIOR_GAMES) / (expected + PRIOR_GAMES)
    return OutcomeDistribution(
        deviation=deviation, symmetric=symmetric, weights=tuple(weights.tolist())
    )
