"""Claims about temperature scaling: `calibration.temperature`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from nfl_signals.calibration.temperature import TemperatureCalibrator, fit_temperature
from nfl_signals.stats.logit import logit
from nfl_signals_tests.support.calibration_games import distorted, season_games


def test_the_slope_by_hand() -> None:
    """Log odds of 0.8 are ln 4; half of that is ln 2, and expit of ln 2 is 2 / 3."""
    calibrator = TemperatureCalibrator(slope=0.5, n_games=10)
    assert calibrator.predict(np.array([0.8, 0.2])).tolist() == pytest.approx([2 / 3, 1 / 3])


def test_the_fitted_slope_by_hand() -> None:
    """All say 0.8, log odds ln 4; two in three happen, log odds ln 2: half as much was right."""
    p, y = np.full(300, 0.8), np.repeat([1.0, 1.0, 0.0], 100)
    assert fit_temperature(p, y, deviation=1e6).slope == pytest.approx(0.5)
    # The expectation of 1 +- 0.2 weighs as much as some 80 of these games.
    assert 0.55 < fit_temperature(p, y).slope < 0.7
    assert fit_temperature(p, y, deviation=2.0).slope == pytest.approx(0.5, abs=0.01)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40),
    st.sampled_from([0.2, 2.0, 50.0]),
)
def test_whatever_happened_the_slope_is_finite_and_turns_no_order_round(
    games: list[tuple[float, bool]], deviation: float
) -> None:
    p, y = (np.array([game[part] for game in games], dtype=np.float64) for part in (0, 1))
    calibrator = fit_temperature(p, y, deviation=deviation)
    assert 0 <= calibrator.slope < np.inf
    assert np.diff(calibrator.predict(np.linspace(0, 1, 50))).min() >= 0


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
