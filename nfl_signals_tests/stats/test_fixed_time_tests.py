"""A forecast that is right has p-values that are uniform; a wrong one has small ones."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import chi2, kstest, norm

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.fixed_time_tests import hosmer_lemeshow_p, spiegelhalter_p
from nfl_signals.stats.scores import NotEstimableError, spiegelhalter_z


def test_hosmer_lemeshow_of_two_bins_by_hand() -> None:
    """Forty games at 0.25 of which 16 won, forty at 0.75 of which 32 won.

    40 * 0.15^2 / 0.1875 = 4.8 and 40 * 0.05^2 / 0.1875 = 0.5333, two degrees of freedom; with two,
    the upper tail is exp(-x / 2).
    """
    p = np.repeat([0.25, 0.75], 40)
    y = np.repeat([1.0, 0.0, 1.0, 0.0], [16, 24, 32, 8])
    found = hosmer_lemeshow_p(p, y, n_bins=2)
    assert found == pytest.approx(np.exp(-(4.8 + 0.53333333) / 2))
    assert found == pytest.approx(chi2.sf(4.8 + 0.53333333, 2))


def test_spiegelhalters_p_is_both_tails_of_his_z() -> None:
    p, y = np.array([0.9, 0.8, 0.3]), np.array([0.0, 1.0, 1.0])
    assert spiegelhalter_p(p, y) == pytest.approx(2 * norm.sf(abs(spiegelhalter_z(p, y))))
    assert spiegelhalter_p(p, y) == pytest.approx(spiegelhalter_p(1 - p, 1 - y))


@pytest.mark.parametrize("test", [hosmer_lemeshow_p, spiegelhalter_p])
def test_p_values_of_a_perfect_forecast_are_uniform(
    test: Callable[[Floats, Floats], float],
) -> None:
    rng = np.random.default_rng(1)
    p = expit(rng.normal(0.3, 0.85, 400))
    values = [test(p, (rng.random(400) < p).astype(float)) for _ in range(500)]
    assert kstest(values, "uniform").pvalue > 0.01


@pytest.mark.parametrize("test", [hosmer_lemeshow_p, spiegelhalter_p])
def test_an_overconfident_forecast_has_a_small_p_value(
    test: Callable[[Floats, Floats], float],
) -> None:
    rng = np.random.default_rng(2)
    stated = rng.normal(0.3, 1.2, 800)
    y = (rng.random(800) < expit(0.4 * stated)).astype(float)
    assert test(expit(stated), y) < 1e-4


def test_what_the_games_cannot_test_is_not_tested() -> None:
    with pytest.raises(NotEstimableError, match="some doubt"):
        hosmer_lemeshow_p(np.repeat([0.0, 0.5], 20), np.zeros(40), n_bins=2)
    with pytest.raises(NotEstimableError):
        spiegelhalter_p(np.full(3, 0.5), np.ones(3))
