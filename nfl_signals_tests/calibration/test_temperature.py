"""Claims about temperature scaling: `calibration.temperature`."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from nfl_signals.calibration.temperature import TemperatureCalibrator, fit_temperature
from nfl_signals.stats.logit import logit
from nfl_signals_tests.support.calibration_games import distorted, season_games


def test_the_slope_by_hand() -> None:
    """Log odds of 0.8 are ln 4; half of that is ln 2, and expit of ln 2 is 2 / 3."""
    calibrator = TemperatureCalibrator(slope=0.5, n_games=10)
    assert calibrator.predict(np.array([0.8, 0.2])).tolist() == pytest.approx([2 / 3, 1 / 3])


@pytest.mark.parametrize("slope", [0.7, 1.0, 1.6])
def test_it_finds_the_slope_that_undoes_the_distortion(slope: float) -> None:
    p, y = season_games(40_000, seed=1)
    assert fit_temperature(distorted(p, slope=slope), y).slope == pytest.approx(1 / slope, rel=0.06)


def test_one_half_stays_one_half_whatever_the_bias() -> None:
    p, y = season_games(2000, seed=2)
    calibrator = fit_temperature(distorted(p, shift=0.5), y)
    assert calibrator.predict(np.array([0.5]))[0] == 0.5


def test_with_many_games_it_is_logistic_regression_without_an_intercept() -> None:
    p, y = season_games(200_000, seed=3)
    raw = distorted(p, slope=1.6)
    plain = LogisticRegression(C=np.inf, tol=1e-10, fit_intercept=False).fit(logit(raw)[:, None], y)
    assert fit_temperature(raw, y).slope == pytest.approx(plain.coef_[0, 0], abs=0.002)


def test_forecasts_that_point_the_wrong_way_become_one_half() -> None:
    p, y = season_games(5000, seed=4)
    calibrator = fit_temperature(1 - p, y)
    assert calibrator.slope == 0
    assert calibrator.predict(np.array([0.1, 0.9])).tolist() == [0.5, 0.5]
