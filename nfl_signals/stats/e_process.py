"""Evidence against stated probabilities that stays valid however often it is read.

An e-process is a bet against the forecast that is fair when the forecast is right: it starts at 1,
its expectation never exceeds 1, and by Ville's inequality a perfectly calibrated forecast reaches
1 / alpha at any time with probability alpha at most. A fixed-time test read every week has no such
bound: a weekly |Z| > 1.96 fires in about a fifth of perfect seasons.

The bet is a likelihood ratio of an alternative against the forecast, averaged over a prior on
alternatives (method of mixtures: Howard, Ramdas, McAuliffe, Sekhon 2021, doi 10.1214/20-AOS1991;
e-values for calibration: Arnold, Henzi, Ziegel 2023, doi 10.1214/22-AOAS1697). The average learns by
itself: what it stakes on an alternative in a week is Bayes' posterior given the weeks before. It is
updated once a week with all of that week's games as one block, because they are forecast before any
of them is known; an alternative may never look at the block that it bets on (Henzi, Ziegel 2022,
doi 10.1093/biomet/asab047, on lags). Within a block the null is: outcomes independent given forecasts.

Part of the stake restarts each season, part carries over from the two seasons before. Each is fair,
so each season starts with an expectation of 1 and Ville's bound holds season by season; it is no bound
on several seasons together. In the first season of a series the two parts are one mixture.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_expit, logit, logsumexp

from nfl_signals.stats.arrays import Floats

LARGEST_LOG = 700.0  # exp of more is no longer a finite number
MEMORY_SEASONS = 3  # a slope of 0.7 seldom shows in one season and mostly in three


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """A way of being wrong, logit P(y = 1) = bias + slope * logit(p), and what is staked on it.

    `season`: share of the stake that restarts each season; `memory`: share that carries over.
    """

    name: str
    slope: float = 1.0
    bias: float = 0.0
    season: float
    memory: float

    def __post_init__(self) -> None:
        if min(self.season, self.memory) < 0:
            raise ValueError(f"{self.name}: stakes must not be negative")


# Fixed before any outcome. Chosen on simulated seasons (benchmarks/README.md, Alarms): as much power
# as leaves 2 % false alarms a season and 5 % in three. What restarts is staked on errors that show in
# one season, what carries over on milder ones. Most is staked on too sure, which is what overfitting
# makes of a model and what costs money; both signs of a bias are equal.
# 0.3 logits are 7 percentage points at even odds.
ALTERNATIVES = (
    Alternative(name="much too sure", slope=0.5, season=0.24, memory=0.0),
    Alternative(name="clearly too sure", slope=0.6, season=0.0, memory=0.13),
    Alternative(name="too sure", slope=0.7, season=0.0, memory=0.23),
    Alternative(name="not sure enough", slope=1.4, season=0.0, memory=0.07),
    Alternative(name="much too unsure", slope=1.6, season=0.02, memory=0.02),
    Alternative(name="YES stated too often", bias=-0.3, season=0.0, memory=0.05),
    Alternative(name="YES stated too rarely", bias=0.3, season=0.0, memory=0.05),
    Alternative(name="YES stated far too often", bias=-0.4, season=0.015, memory=0.06),
    Alternative(name="YES stated far too rarely", bias=0.4, season=0.015, memory=0.06),
    Alternative(name="YES stated absurdly often", bias=-0.5, season=0.02, memory=0.0),
    Alternative(name="YES stated absurdly rarely", bias=0.5, season=0.02, memory=0.0),
)


def weekly_log_bets(p: Floats, y: Floats, week_index: NDArray[np.integer]) -> Floats:
    """Log likelihood ratio of every alternative against the forecast, week by week.

    Args:
        p: stated probabilities of YES, in (0, 1) exclusive, shape (n,).
        y: outcomes 0 or 1, pushes left out, shape (n,).
        week_index: order of each game's week, shape (n,); rows may come in any order.

    Returns:
        Shape (alternatives, distinct weeks), weeks ascending.

    Raises:
        ValueError: unequal shapes, p outside (0, 1), or y other than 0 and 1.
    """
    check_games(p, y, week_index)
    weeks, position = np.unique(week_index, return_inverse=True)
    sign = 2 * y - 1
    stated = logit(p)
    bets = np.empty((len(ALTERNATIVES), len(weeks)))
    for row, other in zip(bets, ALTERNATIVES, strict=True):
        bet = log_expit(sign * (other.bias + other.slope * stated)) - log_expit(sign * stated)
        row[:] = np.bincount(position, weights=bet, minlength=len(weeks))
    return bets


def check_games(p: Floats, y: Floats, week_index: NDArray[np.integer]) -> None:
    """Raise ValueError unless shapes are equal, p is in (0, 1) and y is 0 or 1."""
    if not (p.shape == y.shape == week_index.shape) or p.ndim != 1:
        raise ValueError(f"expected equal 1-d shapes, got {p.shape}, {y.shape}, {week_index.shape}")
    if not np.all((p > 0) & (p < 1)) or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected p in (0, 1) exclusive and y of 0 or 1, pushes left out")


def log_mixture(bets: Floats, season: NDArray[np.integer]) -> Floats:
    """Natural log of the evidence after each week, shape (..., weeks), both parts of the stake.

    `bets` are those of `weekly_log_bets`, shape (alternatives, ..., weeks); seasons ascend.
    """
    found = np.empty(bets.shape[1:])
    with np.errstate(divide="ignore"):  # a stake of nothing is -inf, as it should be
        stakes = [
            np.log([a.season for a in ALTERNATIVES]),
            np.log([a.memory for a in ALTERNATIVES]),
        ]
    for one in np.unique(season):
        parts = []
        for stake, since in zip(stakes, (one, one - MEMORY_SEASONS + 1), strict=True):
            span = (season >= since) & (season <= one)
            path = np.cumsum(bets[..., span], axis=-1)[..., season[span] == one]
            parts.append(path + stake.reshape(-1, *[1] * (path.ndim - 1)))
        found[..., season == one] = logsumexp(np.concatenate(parts), axis=0)
    return found


def with_memory(
    p: Floats, y: Floats, season: NDArray[np.integer], week: NDArray[np.integer]
) -> Floats:
    """Per row, the e-value of the season so far and its memory, at the end of the row's week.

    Give it only the games that should count: those before a model was replaced are about the model
    before. The e-value is held at exp(700) to stay finite.

    Args:
        p: stated probabilities of YES, in (0, 1) exclusive, shape (n,).
        y: outcomes 0 or 1, NaN where a push voids the row, shape (n,).
        season: season of each row, shape (n,).
        week: week of each row, shape (n,).

    Example:
        >>> p, y, week = np.full(16, 0.8), np.zeros(16), np.tile([1, 1, 2, 2, 3, 3, 4, 4], 2)
        >>> found = with_memory(p, y, np.repeat([2023, 2024], 8), week)
        >>> bool(found[-1] > found[7])
        True
    """
    log_values = at_week_ends(weekly_log_bets, log_mixture, p, y, season, week)
    return np.asarray(np.exp(np.minimum(log_values, LARGEST_LOG)))


def at_week_ends(
    weekly: Callable[[Floats, Floats, NDArray[np.integer]], Floats],
    to_date: Callable[[Floats, NDArray[np.integer]], Floats],
    p: Floats,
    y: Floats,
    season: NDArray[np.integer],
    week: NDArray[np.integer],
) -> Floats:
    """Per row, a measure of the games so far at the end of the row's week; rows as `with_memory`.

    `weekly` sums up each week, shape (sums, weeks), from p, y and the order of each game's week;
    `to_date` makes the measure after each week of those sums and the season of each week.
    """
    used, code = ~np.isnan(y), season * 100 + week
    weeks = np.unique(code)
    found = weekly(p[used], y[used], code[used])
    sums = np.zeros((len(found), len(weeks)))
    sums[:, np.isin(weeks, code[used])] = found  # a week of pushes is a week without games
    return to_date(sums, weeks // 100)[np.searchsorted(weeks, code)]
