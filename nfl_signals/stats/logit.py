"""Logits, and logistic regression shrunk towards a stated prior instead of towards zero.

The prior is what one believes without data: that the market is right (stack), that a forecast is
calibrated (Platt). scikit-learn shrinks towards zero only, hence these few lines of Newton's method.
"""

import numpy as np

from nfl_signals.stats.arrays import Floats

TAIL = 1e-6  # probabilities are kept this far from 0 and 1
TOLERANCE = 1e-10
MAX_STEPS = 100
ROUNDING = 1e-12  # relative rise of the loss that is not taken for a rise


def logit(p: Floats) -> Floats:
    """Log odds; 0 and 1 are moved inside by `TAIL`.

    Example:
        >>> logit(np.array([0.5, 0.75])).round(4).tolist()
        [0.0, 1.0986]
    """
    inside = np.clip(p, TAIL, 1 - TAIL)
    return np.log(inside) - np.log1p(-inside)


def expit(x: Floats) -> Floats:
    """Inverse of `logit`.

    Example:
        >>> expit(np.array([0.0])).tolist()
        [0.5]
    """
    return 1 / (1 + np.exp(-x))


def fit_towards_prior(
    x: Floats, y: Floats, *, prior_mean: Floats, prior_deviation: Floats
) -> Floats:
    """Maximum a posteriori logistic regression under independent Normal priors.

    Args:
        x: n x d inputs; add a column of ones for an intercept.
        y: n outcomes, 0 or 1.
        prior_mean: d coefficients expected before seeing data.
        prior_deviation: d standard deviations of that expectation.

    Returns:
        d coefficients. With no rows it is the prior mean.

    Raises:
        ValueError: an input is not finite, or Newton's method did not converge.
    """
    if not np.isfinite(x).all():
        raise ValueError("logistic fit: every input must be finite")
    precision = 1 / prior_deviation**2
    coefficients = prior_mean.astype(np.float64).copy()

    def loss(at: Floats) -> float:
        misfit = np.logaddexp(0, x @ at).sum() - y @ (x @ at)
        return float(misfit + 0.5 * precision @ (at - prior_mean) ** 2)

    for _ in range(MAX_STEPS):
        p = expit(x @ coefficients)
        gradient = x.T @ (p - y) + precision * (coefficients - prior_mean)
        hessian = (x * (p * (1 - p))[:, None]).T @ x + np.diag(precision)
        step = np.linalg.solve(hessian, gradient)
        # Where a few rows have large logits, whole steps leap over the minimum and back for ever.
        limit = loss(coefficients) * (1 + ROUNDING)
        while np.max(np.abs(step)) >= TOLERANCE and loss(coefficients - step) > limit:
            step = step / 2
        coefficients = coefficients - step
        if np.max(np.abs(step)) < TOLERANCE:
            return coefficients
    raise ValueError(f"logistic fit did not converge in {MAX_STEPS} steps")


def log_evidence(
    x: Floats, y: Floats, fitted: Floats, *, prior_mean: Floats, prior_deviation: Floats
) -> float:
    """Log marginal likelihood of the outcomes under the prior, by Laplace's approximation.

    Bishop (2006), Pattern Recognition and Machine Learning, eq. 4.137. Exact without rows: 0.

    `fitted` is what `fit_towards_prior` gives under the same prior; the rest as there.
    """
    linear = x @ fitted
    p = expit(linear)
    precision = 1 / prior_deviation**2
    likelihood = y @ linear - np.logaddexp(0, linear).sum()
    distance = 0.5 * precision @ (fitted - prior_mean) ** 2
    curvature = (x * (p * (1 - p))[:, None]).T @ x + np.diag(precision)
    volume = 0.5 * np.linalg.slogdet(curvature)[1] + np.log(prior_deviation).sum()
    return float(likelihood - distance - volume)
