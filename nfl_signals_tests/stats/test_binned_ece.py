"""The plain calibration error is the one that everybody computes."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from nfl_signals.stats.binned_ece import binned_error, ece_per_row, weekly_bin_sums


def by_scikit_learn(p: np.ndarray, y: np.ndarray) -> float:
    share, stated = calibration_curve(y, p, n_bins=10, strategy="uniform")
    sizes = np.bincount(np.minimum((p * 10).astype(int), 9), minlength=10)
    return float(np.average(np.abs(share - stated), weights=sizes[sizes > 0]))


def test_it_is_what_scikit_learns_calibration_curve_gives() -> None:
    rng = np.random.default_rng(4)
    p = rng.uniform(0.01, 0.99, 500)
    y = (rng.random(500) < p**1.5).astype(float)
    sums = weekly_bin_sums(p, y, np.zeros(500, dtype=int))
    assert float(binned_error(sums)[0]) == pytest.approx(by_scikit_learn(p, y), abs=1e-12)


def test_weeks_add_up_within_a_season_and_start_anew_with_the_next() -> None:
    rng = np.random.default_rng(5)
    p, y = rng.uniform(0.1, 0.9, 120), rng.integers(0, 2, 120).astype(float)
    season, week = np.repeat([2023, 2024], 60), np.tile(np.repeat([1, 2, 3], 20), 2)
    found = ece_per_row(p, y, season, week)
    assert found[39] == pytest.approx(by_scikit_learn(p[:40], y[:40]))
    assert found[59] == pytest.approx(by_scikit_learn(p[:60], y[:60]))
    assert found[79] == pytest.approx(by_scikit_learn(p[60:80], y[60:80]))


def test_a_week_of_pushes_changes_nothing() -> None:
    p, y = np.array([0.65, 0.65, 0.9]), np.array([1.0, 0.0, np.nan])
    found = ece_per_row(p, y, np.full(3, 2024), np.array([1, 1, 2]))
    assert found == pytest.approx([0.15, 0.15, 0.15])


def test_a_perfect_forecast_shows_the_error_that_chance_gives_it() -> None:
    """A season of 272 games: 0.062 on average for a moneyline forecast."""
    rng = np.random.default_rng(6)
    season = np.arange(400).repeat(272)
    p = 1 / (1 + np.exp(-rng.normal(0.304, 0.852, len(season))))
    y = (rng.random(len(p)) < p).astype(float)
    errors = binned_error(weekly_bin_sums(p, y, season))
    assert errors.mean() == pytest.approx(0.062, abs=0.003)
