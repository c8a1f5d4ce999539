"""Claims about beta calibration: `calibration.beta`."""

import math

import numpy as np
import pytest
from scipy.stats import beta
from sklearn.linear_model import LogisticRegression

from nfl_signals.calibration.beta import BetaCalibrator, fit_beta
from nfl_signals.calibration.platt import fit_platt
from nfl_signals.stats.arrays import Floats
from nfl_signals_tests.support.calibration_games import distorted, season_games


def beta_games(n: int, *, seed: int) -> tuple[Floats, Floats]:
    """Forecasts that are Beta(4, 2) in YES games and Beta(2, 3) in NO games, half of each.

    By Bayes' rule the truth is beta-calibrated: a = 4 - 2, b = 3 - 2, c = ln B(2, 3) / B(4, 2).
    """
    random = np.random.default_rng(seed)
    y = (np.arange(n) % 2).astype(np.float64)
    return np.where(y == 1, random.beta(4, 2, size=n), random.beta(2, 3, size=n)), y


def test_the_curve_by_hand() -> None:
    """0.1 + 2 ln 0.8 - 0.5 ln 0.2 = 0.1 - 0.4463 + 0.8047 = 0.4584, and expit of that is 0.6126."""
    calibrator = BetaCalibrator(a=2.0, b=0.5, c=0.1, n_games=10)
    assert calibrator.predict(np.array([0.8]))[0] == pytest.approx(0.6126, abs=5e-5)


def test_on_beta_distributed_forecasts_it_is_bayes_rule() -> None:
    p, y = beta_games(200_000, seed=1)
    calibrator = fit_beta(p, y)
    assert calibrator.a == pytest.approx(2, abs=0.03)
    assert calibrator.b == pytest.approx(1, abs=0.03)
    at = np.linspace(0.1, 0.9, 9)
    yes, no = beta.pdf(at, 4, 2), beta.pdf(at, 2, 3)
    assert calibrator.predict(at) == pytest.approx(yes / (yes + no), abs=0.01)


def test_an_asymmetric_distortion_is_undone_where_a_line_cannot() -> None:
    p, y = beta_games(50_000, seed=2)
    at = np.array([0.2, 0.5, 0.8])
    yes, no = beta.pdf(at, 4, 2), beta.pdf(at, 2, 3)
    bent, linear = (fit(p, y).predict(at) - yes / (yes + no) for fit in (fit_beta, fit_platt))
    assert np.abs(bent).max() < 0.005 < 0.01 < np.abs(linear).min()


def test_with_many_games_it_is_logistic_regression_on_two_logarithms() -> None:
    p, y = season_games(200_000, seed=3)
    raw = distorted(p, slope=1.3, shift=0.2)
    columns = np.column_stack([np.log(raw), -np.log(1 - raw)])
    plain = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(columns, y)
    calibrator = fit_beta(raw, y)
    assert [calibrator.a, calibrator.b] == pytest.approx(plain.coef_[0].tolist(), abs=0.02)
    assert calibrator.c == pytest.approx(plain.intercept_[0], abs=0.02)


def test_without_games_it_is_the_identity() -> None:
    calibrator = fit_beta(np.empty(0), np.empty(0))
    assert (calibrator.a, calibrator.b, calibrator.c) == (1.0, 1.0, 0.0)
    assert calibrator.predict(np.array([0.1, 0.7])).tolist() == pytest.approx([0.1, 0.7])


@pytest.mark.parametrize("shift", [0.0, 0.4])
def test_forecasts_near_one_half_are_treated_as_platt_treats_them(shift: float) -> None:
    """There both are a line, and both priors are the same for its shift and slope."""
    random = np.random.default_rng(6)
    p = 0.5 + 0.02 * random.normal(size=4000)
    y = (random.random(4000) < distorted(p, shift=shift)).astype(np.float64)
    at = np.linspace(0.45, 0.55, 5)
    assert fit_beta(p, y).predict(at) == pytest.approx(fit_platt(p, y).predict(at), abs=2e-4)


def test_one_half_moves_by_the_shift_that_its_docstring_states() -> None:
    p, y = season_games(3000, seed=7)
    calibrator = fit_beta(distorted(p, shift=0.3), y)
    shift = calibrator.c - (calibrator.a - calibrator.b) * math.log(2)
    expected = 1 / (1 + math.exp(-shift))
    assert calibrator.predict(np.array([0.5]))[0] == pytest.approx(expected, rel=1e-12)


def test_a_handful_of_upsets_hardly_moves_it() -> None:
    calibrated = fit_beta(np.full(8, 0.8), np.zeros(8)).predict(np.array([0.8]))
    assert 0.65 < calibrated[0] < 0.8


def test_a_side_that_would_fall_is_held_level() -> None:
    """Above one half a higher forecast means fewer YES: b stops at 0, a is fitted as usual."""
    random = np.random.default_rng(8)
    p = random.uniform(0.02, 0.98, size=30_000)
    y = (random.random(30_000) < np.minimum(p, 1 - p)).astype(np.float64)
    calibrator = fit_beta(p, y)
    assert calibrator.b == 0
    assert calibrator.a > 0
