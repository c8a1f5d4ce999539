"""Logistic regression towards a prior, with slopes that may not be negative.

A calibrator that turns the order of forecasts round has learned noise. Where the data ask for a
negative slope, the best fit with slopes of zero or more has some of them at zero: the posterior is
convex, so that fit is the best among the fits with a few slopes left out.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from nfl_signals.calibration.protocol import Floats
from nfl_signals.stats.logit import fit_towards_prior


def fit_rising(
    design: Floats, y: Floats, *, prior_mean: Floats, prior_deviation: Floats, slopes: Sequence[int]
) -> Floats:
    """Maximum a posteriori under independent Normal priors and `coefficients[slopes] >= 0`.

    Args:
        design: n x d inputs.
        y: n outcomes, 0 or 1.
        prior_mean: d coefficients expected before seeing data.
        prior_deviation: d standard deviations of that expectation.
        slopes: columns whose coefficient may not be negative.

    Returns:
        d coefficients.

    Raises:
        ValueError: an input is not finite, or Newton's method did not converge.
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
    fits = [without(left_out) for left_out in _subsets(slopes)]
    return min((fit for fit in fits if (fit[list(slopes)] >= 0).all()), key=loss)


def _subsets(slopes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for size in range(1, len(slopes) + 1):
        yield from combinations(slopes, size)
