"""Claims about Platt calibration: `calibration.platt`."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from nfl_signals.calibration.platt import PlattCalibrator, fit_platt
from nfl_signals.stats.logit import expit, logit
from nfl_signals_tests.support.calibration_games import distorted, season_games


@pytest.mark.parametrize("seed", range(4))
def test_overconfident_forecasts_are_pulled_back_to_the_truth(seed: int) -> None:
    """Logits times 1.6 need a slope of 1 / 1.6 = 0.625."""
    p, y = season_games(20_000, seed=seed)
    calibrator = fit_platt(distorted(p, slope=1.6), y)
    assert calibrator.slope == pytest.approx(0.625, abs=0.04)
    assert calibrator.intercept == pytest.approx(0, abs=0.04)
    assert np.abs(calibrator.predict(distorted(p, slope=1.6)) - p).mean() < 0.012


def test_timid_forecasts_are_spread_out() -> None:
    p, y = season_games(40_000, seed=1)
    calibrator = fit_platt(distorted(p, slope=0.6), y)
    assert calibrator.slope == pytest.approx(1 / 0.6, abs=0.12)


def test_forecasts_that_lean_to_yes_are_lowered() -> None:
    p, y = season_games(40_000, seed=2)
    calibrator = fit_platt(distorted(p, shift=0.3), y)
    assert calibrator.intercept == pytest.approx(-0.3, abs=0.06)
    assert calibrator.slope == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize("seed", range(4))
def test_perfect_forecasts_are_left_nearly_alone(seed: int) -> None:
    p, y = season_games(1000, seed=seed)
    calibrator = fit_platt(p, y)
    assert calibrator.slope == pytest.approx(1, abs=0.2)
    assert np.abs(calibrator.predict(p) - p).max() < 0.05


def test_without_games_a_forecast_is_left_as_it_is() -> None:
    calibrator = fit_platt(np.empty(0), np.empty(0))
    assert (calibrator.intercept, calibrator.slope, calibrator.n_games) == (0.0, 1.0, 0)
    assert calibrator.predict(np.array([0.1, 0.7])).tolist() == pytest.approx([0.1, 0.7])


def test_a_handful_of_upsets_hardly_moves_it() -> None:
    calibrator = fit_platt(np.full(8, 0.8), np.zeros(8))
    assert calibrator.predict(np.array([0.8]))[0] > 0.65
    assert calibrator.predict(np.array([0.8]))[0] < 0.8


def test_with_many_games_it_is_plain_logistic_regression() -> None:
    p, y = season_games(200_000, seed=3)
    raw = distorted(p, slope=1.6, shift=0.2)
    plain = LogisticRegression(C=np.inf, tol=1e-10).fit(logit(raw)[:, None], y)
    calibrator = fit_platt(raw, y)
    assert calibrator.slope == pytest.approx(plain.coef_[0, 0], abs=0.005)
    assert calibrator.intercept == pytest.approx(plain.intercept_[0], abs=0.005)


@pytest.mark.parametrize("seed", range(20))
def test_extreme_forecasts_unrelated_to_the_outcome_can_still_be_fitted(seed: int) -> None:
    """Whole Newton steps never settle here: they leap over the minimum and back."""
    random = np.random.default_rng(seed)
    raw = expit(random.uniform(-13, 13, 100))
    calibrator = fit_platt(raw, (random.random(100) < 0.5).astype(np.float64))
    assert 0 <= calibrator.slope < 0.3


def test_the_line_by_hand() -> None:
    """Log odds of 0.75 are ln 3: 0.1 + 0.5 ln 3 = 0.6493, and expit of that is 0.6569."""
    calibrator = PlattCalibrator(intercept=0.1, slope=0.5, n_games=10)
    assert calibrator.predict(np.array([0.75]))[0] == pytest.approx(0.6569, abs=5e-5)


def test_forecasts_that_point_the_wrong_way_are_not_turned_round() -> None:
    """All of them become the share of YES: their order carries no message worth believing."""
    p, y = season_games(20_000, seed=5)
    calibrator = fit_platt(1 - p, y)
    assert calibrator.slope == 0
    assert calibrator.predict(np.array([0.2, 0.8])) == pytest.approx(y.mean(), abs=0.01)
