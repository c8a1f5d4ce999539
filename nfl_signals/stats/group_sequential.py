"""How wide an interval must be that is looked at again as evidence grows.

Looks are taken when so many weeks have been seen: a first number, then each time the square root of two
as many. Between two looks nothing new is looked at, so it does not matter how often somebody asks. An
interval of z standard errors is left by the truth at some look more often than at one; the z that keeps
the probability over all looks is that of a random walk seen at those times (Pocock 1977, doi
10.1093/biomet/64.2.191), found by numerical integration from look to look (Armitage, McPherson, Rowe 1969,
doi 10.2307/2343787).
"""

from functools import cache

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from nfl_signals.stats.arrays import Floats

GROWTH = 2.0**0.5
LOOKS = 12
"""From 8 weeks on the last look is after 362: 17 seasons and more."""
POINTS = 401  # of the grid between the bounds; 4 digits of the level are the same from 200 on


def weeks_of_looks(first: int) -> list[int]:
    """Numbers of weeks after which is looked, ascending.

    Example:
        >>> weeks_of_looks(8)[:6]
        [8, 11, 16, 23, 32, 45]
    """
    return [round(first * GROWTH**look) for look in range(LOOKS)]


def weeks_seen(n_weeks: int, first: int) -> int:
    """How many of the first weeks the last look was at; all of them before the first look.

    Example:
        >>> [weeks_seen(n, 8) for n in (5, 8, 10, 11, 30)]
        [5, 8, 8, 11, 23]
    """
    return max((each for each in weeks_of_looks(first) if each <= n_weeks), default=n_weeks)


@cache
def level_of_each_look(level: float) -> float:
    """Coverage of one look's interval that gives `level` over all looks.

    Example:
        >>> 0.98 < level_of_each_look(0.95) < 0.995
        True
    """
    z = brentq(lambda bound: _inside(bound) - level, norm.ppf((1 + level) / 2), 6.0)
    return float(2 * norm.cdf(z) - 1)


def _inside(bound: float) -> float:
    """Probability that a random walk, in standard errors, is within +- bound at every look."""
    grid = np.linspace(-bound, bound, POINTS)
    weight = _trapezoid(grid)
    density = norm.pdf(grid)
    # Of the next look's z given this one's: correlation is the root of the ratio of weeks.
    rho = GROWTH**-0.5
    step = norm.pdf(grid[:, None], rho * grid[None, :], np.sqrt(1 - rho**2))
    for _ in range(LOOKS - 1):
        density = step @ (weight * density)
    return float(weight @ density)


def _trapezoid(grid: Floats) -> Floats:
    weight = np.full(len(grid), grid[1] - grid[0])
    weight[[0, -1]] /= 2
    return weight
