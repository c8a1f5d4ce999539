"""Which of two forecasts ranks the games better: their difference in AUC, with its interval.

AUC is the chance that a YES game got the higher probability of a YES game and a NO game; equal
probabilities count half (Hanley, McNeil 1982, doi 10.1148/radiology.143.1.7063747).
"""

from collections.abc import Callable

import numpy as np

from nfl_signals.stats.arrays import Floats, Ints
from nfl_signals.stats.bootstrap import Interval, percentiles, week_draws
from nfl_signals.stats.scores import NotEstimableError


def auc_difference(
    p: Floats,
    reference: Floats,
    y: Floats,
    weeks: Ints,
    *,
    seed: int,
    draws: int = 1000,
    level: float = 0.95,
) -> Interval:
    """AUC of `p` minus AUC of `reference`, n forecasts each of n outcomes 0 or 1 without pushes.

    Whole weeks are redrawn as in `bootstrap.week_block_interval`; a draw without YES or without NO
    games has no AUC and is left out.

    Raises:
        NotEstimableError: one outcome only.
        ValueError: fewer than two weeks.

    Example:
        >>> y, weeks = np.array([0.0, 1.0, 0.0, 1.0]), np.array([1, 1, 2, 2])
        >>> auc_difference(np.array([0.1, 0.9, 0.2, 0.8]), np.full(4, 0.5), y, weeks, seed=0)
        Interval(estimate=0.5, low=0.5, high=0.5, n=4, n_blocks=2)
    """
    if y.min() == y.max():
        raise NotEstimableError("AUC: needs YES games and NO games")
    mine, other = _weighted(p, y), _weighted(reference, y)
    position, drawn = week_draws(weeks, seed=seed, draws=draws)
    n_weeks = drawn.shape[1]
    found = []
    for taken in drawn:
        times = np.bincount(taken, minlength=n_weeks)[position].astype(np.float64)
        if (times @ y) * (times @ (1 - y)) > 0:
            found.append(mine(times) - other(times))
    once = np.ones(len(y))
    low, high = percentiles(np.array(found), level=level)
    return Interval(
        estimate=mine(once) - other(once), low=low, high=high, n=len(y), n_blocks=n_weeks
    )


def _weighted(p: Floats, y: Floats) -> Callable[[Floats], float]:
    """AUC as a function of how often each game counts; sorts once for all draws."""
    order = np.argsort(p, kind="stable")
    happened, stated = y[order], p[order]
    starts = np.flatnonzero(np.diff(stated, prepend=-np.inf))

    def auc(times: Floats) -> float:
        counted = times[order]
        yes = np.add.reduceat(counted * happened, starts)
        no = np.add.reduceat(counted * (1 - happened), starts)
        lower = np.cumsum(no) - no
        return float(yes @ (lower + no / 2) / (yes.sum() * no.sum()))

    return auc
