"""Claims about isotonic calibration: `calibration.isotonic`."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from nfl_signals.calibration.isotonic import MIN_GAMES, IsotonicCalibrator, fit_isotonic
from nfl_signals.calibration.methods import REFITS
from nfl_signals.stats.arrays import Floats
from nfl_signals_tests.support.calibration_games import distorted, season_games


def test_the_steps_by_hand() -> None:
    """With an imagined YES at 0.1 and NO at 0.9 the shares are 1/2, 0, 1, 1/2: two pools of two.

    0.1 and 0.2 hold YES, NO and NO: 1/3. 0.8 and 0.9 hold YES, YES and NO: 2/3.
    """
    p, y = np.array([0.1, 0.2, 0.8, 0.9]), np.array([0.0, 0.0, 1.0, 1.0])
    calibrator = fit_isotonic(p, y, min_games=4)
    assert calibrator.levels == pytest.approx((1 / 3, 2 / 3))
    assert calibrator.edges == pytest.approx((0.5,))
    assert calibrator.n_games == 4


def test_a_level_holds_from_its_lower_edge_up_to_the_next() -> None:
    calibrator = IsotonicCalibrator(edges=(0.4, 0.6), levels=(0.2, 0.5, 0.7), n_games=1)
    found = calibrator.predict(np.array([0.0, 0.39, 0.4, 0.59, 0.6, 1.0]))
    assert found.tolist() == [0.2, 0.2, 0.5, 0.5, 0.7, 0.7]


def test_on_its_games_it_is_scikit_learns_regression_with_an_upset_at_either_end() -> None:
    p, y = season_games(MIN_GAMES, seed=1)
    imagined = np.append(p, [p.min(), p.max()]), np.append(y, [1.0, 0.0])
    expected = IsotonicRegression().fit(*imagined).predict(p)
    assert fit_isotonic(p, y).predict(p) == pytest.approx(expected, abs=1e-12)


def test_equal_forecasts_get_equal_answers_whatever_their_order() -> None:
    p, y = season_games(MIN_GAMES, seed=2)
    p = p.round(2)
    order = np.random.default_rng(0).permutation(MIN_GAMES)
    assert fit_isotonic(p, y) == fit_isotonic(p[order], y[order])


def test_a_distortion_of_any_rising_shape_is_undone() -> None:
    truth, y = season_games(100_000, seed=3)
    twisted = np.where(truth < 0.5, truth**3, 1 - (1 - truth) / 4)
    at = (truth > 0.1) & (truth < 0.9)
    assert np.abs(fit_isotonic(twisted, y).predict(twisted)[at] - truth[at]).mean() < 0.015


@pytest.mark.parametrize(
    "y", [np.zeros(MIN_GAMES), np.ones(MIN_GAMES), np.arange(MIN_GAMES) >= 5000]
)
def test_a_perfect_record_is_no_certainty(y: Floats) -> None:
    p = np.linspace(0, 1, MIN_GAMES)
    found = fit_isotonic(p, y.astype(np.float64)).predict(p)
    assert 0 < found.min() <= found.max() < 1
    assert np.abs(found - y).max() < 0.01


def test_fewer_than_ten_thousand_games_are_refused() -> None:
    p, y = season_games(MIN_GAMES, seed=4)
    assert fit_isotonic(p, y).n_games == 10_000
    with pytest.raises(ValueError, match="needs 10000 games or more, got 9999"):
        fit_isotonic(p[:-1], y[:-1])


def test_redrawn_weeks_may_hold_fewer_but_not_none() -> None:
    p, y = season_games(50, seed=5)
    assert REFITS["isotonic"](distorted(p), y).n_games == 50
    with pytest.raises(ValueError, match="got 0"):
        REFITS["isotonic"](np.empty(0), np.empty(0))
