"""Tests of calibration for a reader who looks once: p-values for reports, never for alarms.

Read every week, a p-value below 0.05 turns up in most perfect seasons; evidence under weekly
reading is `e_process.py`. A p-value here is the chance that a forecast that is right looks at least
this wrong.
"""

import numpy as np
from scipy.special import chdtrc, ndtr

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.bins import binned
from nfl_signals.stats.scores import NotEstimableError, spiegelhalter_z


def spiegelhalter_p(p: Floats, y: Floats) -> float:
    """Two-sided p-value of Spiegelhalter's Z; errors as `scores.spiegelhalter_z`."""
    return float(2 * ndtr(-abs(spiegelhalter_z(p, y))))


def hosmer_lemeshow_p(p: Floats, y: Floats, *, n_bins: int | None = None) -> float:
    """p-value of Hosmer and Lemeshow's chi-square (1980, doi 10.1080/03610928008827941).

    The sum over equal-mass bins of n (mean y - mean p)^2 / (mean p (1 - mean p)). The forecasts were
    stated before the games and not fitted to them, so the statistic has as many degrees of freedom
    as there are bins, not two fewer.

    Raises:
        NotEstimableError: every forecast of some bin is 0, or every one is 1.
    """
    n, mean_p, mean_y = binned(p, y, n_bins)
    variance = mean_p * (1 - mean_p)
    if not np.all(variance > 0):
        raise NotEstimableError("Hosmer-Lemeshow needs bins with some doubt about the outcome")
    return float(chdtrc(len(n), np.sum(n * (mean_y - mean_p) ** 2 / variance)))
