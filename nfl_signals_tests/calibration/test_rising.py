"""Claims about logistic regression with slopes of zero or more: `calibration.rising`."""

import numpy as np
import pytest
from scipy.optimize import minimize

from nfl_signals.calibration.rising import fit_rising
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import expit, fit_towards_prior

MEAN, DEVIATION = np.array([0.0, 1.0, 1.0]), np.array([0.05, 0.3, 0.3])


def rows(truth: list[float], *, seed: int, n: int = 2000) -> tuple[Floats, Floats]:
    """A column of ones, two correlated inputs, and outcomes of the logistic model."""
    random = np.random.default_rng(seed)
    first = random.normal(size=n)
    x = np.column_stack([np.ones(n), first, 0.6 * first + random.normal(size=n)])
    return x, (random.random(n) < expit(x @ np.array(truth))).astype(np.float64)


def fit(x: Floats, y: Floats) -> Floats:
    return fit_rising(x, y, prior_mean=MEAN, prior_deviation=DEVIATION, slopes=[1, 2])


def test_slopes_that_rise_by_themselves_are_left_alone() -> None:
    x, y = rows([0.1, 0.8, 0.5], seed=1)
    free = fit_towards_prior(x, y, prior_mean=MEAN, prior_deviation=DEVIATION)
    assert fit(x, y) == pytest.approx(free, rel=1e-9)


@pytest.mark.parametrize(
    ("truth", "level"),
    [
        ([0.1, 0.8, -0.9], [2]),
        ([0.1, 0.9, -0.25], [2]),  # without the first, the second stands in for it
        ([0.1, -0.9, 0.8], [1]),
        ([0.1, -0.9, -0.9], [1, 2]),
        ([0.1, -1.5, 0.1], [1, 2]),  # without the first, the second falls
    ],
)
def test_the_bounded_fit_is_the_one_a_general_optimizer_finds(
    truth: list[float], level: list[int]
) -> None:
    x, y = rows(truth, seed=2)

    def loss(at: Floats) -> float:
        misfit = np.logaddexp(0, x @ at).sum() - y @ (x @ at)
        return float(misfit + 0.5 * np.sum(((at - MEAN) / DEVIATION) ** 2))

    bounds = [(None, None), (0, None), (0, None)]
    expected = minimize(loss, MEAN, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14})
    found = fit(x, y)
    assert found == pytest.approx(expected.x, abs=2e-3)
    assert loss(found) <= expected.fun + 1e-9
    assert np.flatnonzero(found == 0).tolist() == level


def test_the_intercept_may_be_negative() -> None:
    x, y = rows([-3.0, 1.0, 1.0], seed=3)
    assert fit(x, y)[0] < -0.1


def test_without_rows_it_is_the_prior() -> None:
    assert fit(np.empty((0, 3)), np.empty(0)).tolist() == MEAN.tolist()
