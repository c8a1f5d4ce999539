"""Logistic regression towards a prior, with slopes that may not be negative.

A calibrator that turns the order of forecasts round is fitted to noise. Where the free fit has a
negative slope, the best fit with slopes of zero or more has some of them at zero: the posterior is
convex, so that fit is the best among the fits with a few slopes left out.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import fit_towards_prior


def fit_rising(
    design: Floats, y: Floats, *, prior_mean: Floats, prior_deviation: Floats, slopes: Sequence[int]
) -> Floats:
    """Maximum a posteriori under independent Normal priors and `coefficients[slopes] >= 0`.

    `slopes` are columns of `design`; everything else as `fit_towards_prior`.
    """

    def without(left_out: tuple[int, ...]) -> Floats:
        kept = [column for column in range(design.shape[1]) if column not in left_out]
        fitted = np.zeros(design.shape[1])
        if kept:
            fitted[kept] = fit_towards_prior(
                design[:, kept],
                y,
                prior_mean=prior_mean[kept],
                prior_deviation=prior_deviation[kept],
            )
        return fitted

    def loss(at: Floats) -> float:
        misfit = np.logaddexp(0, design @ at).sum() - y @ (design @ at)
        return float(misfit + 0.5 * np.sum(((at - prior_mean) / prior_deviation) ** 2))

    free = without(())
    if (free[list(slopes)] >= 0).all():
        return free
    sizes = range(1, len(slopes) + 1)
    fits = [without(left_out) for size in sizes for left_out in combinations(slopes, size)]
    return min((fit for fit in fits if (fit[list(slopes)] >= 0).all()), key=loss)
