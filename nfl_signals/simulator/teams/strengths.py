"""Latent strength of offences and defences, in points per game: stationary and AR(1).

Part of each week's change shows in that week's scores, so results show where a team is heading and a
rating that follows them can learn; without that the bookmaker would know far more than any rating, as
it does not in reality. The quarterback's part of an offence is `quarterbacks.py`.
"""

from dataclasses import dataclass

import numpy as np

from nfl_signals.simulator.teams.franchises import N_TEAMS
from nfl_signals.stats.arrays import Floats

# Points per game around the league's average; with the quarterbacks they give closing spreads an sd
# of 6 and closing totals an sd of 4.4 points, as in the seasons 2014-2023.
OFFENCE_SD = 2.05
DEFENCE_SD = 2.65
CORRELATION = 0.45
KEPT_PER_WEEK = 0.985
KEPT_OVER_SUMMER = 0.8
SHOWN_IN_SCORES = 0.95  # correlation of a week's change with the surprise in that week's scores
MAX_WEEKS = 22


@dataclass(frozen=True, kw_only=True)
class Strengths:
    """Offences and defences of one week in standard deviations, shape (32, 2)."""

    standard: Floats

    @property
    def offence(self) -> Floats:
        """Points that each team scores above the average, shape (32,)."""
        return np.asarray(OFFENCE_SD * self.standard[:, 0])

    @property
    def defence(self) -> Floats:
        """Points that each team's opponents score below the average, shape (32,)."""
        return np.asarray(DEFENCE_SD * self.standard[:, 1])


def opening_strengths(before: Strengths | None, *, rng: np.random.Generator) -> Strengths:
    """Strengths in the first week: those before drawn to the mean, or else the stationary distribution."""
    shock = _correlated(rng.standard_normal((N_TEAMS, 2)))
    if before is None:
        return Strengths(standard=shock)
    return Strengths(standard=_step(before.standard, shock, KEPT_OVER_SUMMER))


def next_week(now: Strengths, *, surprise: Floats, rng: np.random.Generator) -> Strengths:
    """Strengths a week later; stationary as long as the surprise is standard and unforeseeable.

    `surprise` is that of this week's scores for each offence and defence, in standard deviations,
    better than expected positive, shape (32, 2).
    """
    unseen = np.sqrt(1 - SHOWN_IN_SCORES**2) * rng.standard_normal((N_TEAMS, 2))
    shock = _correlated(SHOWN_IN_SCORES * surprise + unseen)
    return Strengths(standard=_step(now.standard, shock, KEPT_PER_WEEK))


def _correlated(independent: Floats) -> Floats:
    root = np.linalg.cholesky(np.array([[1.0, CORRELATION], [CORRELATION, 1.0]]))
    return np.asarray(independent @ root.T)


def _step(state: Floats, shock: Floats, kept: float) -> Floats:
    return kept * state + float(np.sqrt(1 - kept**2)) * shock
