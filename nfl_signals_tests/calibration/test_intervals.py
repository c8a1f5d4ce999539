"""Claims about how sure a calibrator is of itself: `calibration.intervals`."""

import numpy as np
import pytest

from nfl_signals.calibration.intervals import CalibratorInterval, bootstrap_calibrator
from nfl_signals.calibration.methods import REFITS
from nfl_signals.calibration.platt import fit_platt
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import expit
from nfl_signals_tests.support.calibration_games import distorted, season_games

AT = np.array([0.2, 0.5, 0.8])
WEEK = 15  # games


def weeks(n: int) -> np.ndarray:
    return np.arange(n) // WEEK


def interval(p: Floats, y: Floats, *, seed: int = 1, draws: int = 200) -> CalibratorInterval:
    return bootstrap_calibrator(p, y, weeks(len(y)), fit=fit_platt, at=AT, seed=seed, draws=draws)


def test_draws_of_two_weeks_can_be_counted_by_hand() -> None:
    """A NO week and a YES week: draws are (NO, NO), one of each twice, and (YES, YES)."""
    p, y, block = np.full(20, 0.5), np.repeat([0.0, 1.0], 10), np.repeat([1, 2], 10)
    none, half, every = (
        fit_platt(p, np.repeat(outcomes, 10)).intercept
        for outcomes in ([0.0, 0.0], [0.0, 1.0], [1.0, 1.0])
    )
    for level, expected in ((0.4, (half, half)), (0.6, (none, every))):
        found = bootstrap_calibrator(
            p, y, block, fit=fit_platt, at=AT, seed=0, draws=1000, level=level
        )
        assert found.parameters["intercept"] == pytest.approx(expected, abs=1e-12)


def test_the_curve_lies_between_its_ends_and_games_and_weeks_are_counted() -> None:
    p, y = season_games(1500, seed=1)
    found = interval(p, y)
    fitted = fit_platt(p, y).predict(AT)
    assert np.all((found.low < fitted) & (fitted < found.high))
    assert (found.n_games, found.n_blocks) == (1500, 100)


def test_every_fitted_number_has_an_interval_and_counts_have_none() -> None:
    p, y = season_games(600, seed=2)
    expected = {
        "platt": {"intercept", "slope"},
        "temperature": {"slope"},
        "beta": {"a", "b", "c"},
        "isotonic": set(),
        "identity": set(),
    }
    for name, numbers in expected.items():
        found = bootstrap_calibrator(p, y, weeks(600), fit=REFITS[name], at=AT, seed=3, draws=20)
        assert set(found.parameters) == numbers
        assert np.all(found.low <= found.high)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    p, y = season_games(600, seed=3)
    one, same, other = (interval(p, y, seed=seed, draws=40) for seed in (5, 5, 6))
    assert one.low.tobytes() + one.high.tobytes() == same.low.tobytes() + same.high.tobytes()
    assert one.parameters == same.parameters
    assert one.parameters != other.parameters


@pytest.mark.slow
def test_nine_intervals_in_ten_hold_the_slope_that_undoes_the_distortion() -> None:
    """Logits times 1.25 need 0.8; the prior around 1 pulls a little, hence a few misses more."""
    hits = 0
    for seed in range(60):
        p, y = season_games(2000, seed=seed)
        low, high = interval(distorted(p, slope=1.25), y, draws=50).parameters["slope"]
        hits += low <= 0.8 <= high
    assert 0.85 <= hits / 60 <= 1


def test_weeks_that_move_together_widen_the_interval() -> None:
    random = np.random.default_rng(7)
    p, shock = season_games(3000, seed=7)[0], np.repeat(random.normal(size=200), WEEK)
    y = (random.random(3000) < expit(np.log(p / (1 - p)) + shock)).astype(np.float64)
    blocks = interval(p, y)
    singles = bootstrap_calibrator(p, y, np.arange(3000), fit=fit_platt, at=AT, seed=1)
    ratio = (blocks.high - blocks.low) / (singles.high - singles.low)
    assert ratio[1] > 1.2


@pytest.mark.parametrize(
    ("block", "message"),
    [([1, 1, 1], "two or more to redraw, got 1"), ([1, 2], "expected 3 labels")],
)
def test_weeks_that_cannot_be_redrawn_are_refused(block: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bootstrap_calibrator(
            np.full(3, 0.5), np.array([0.0, 1.0, 1.0]), block, fit=fit_platt, at=AT, seed=0
        )
