"""The band of a bin is the binomial one where the forecasts of a bin are equal."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import binom

from nfl_signals.stats import scores
from nfl_signals.stats.consistency_band import consistency_band, draw_outcomes


def test_the_band_of_equal_forecasts_is_the_binomials() -> None:
    p = np.repeat([0.3, 0.7], 40)
    bands = consistency_band(p, seed=1, draws=20_000, n_bins=2)
    for (low, high), stated in zip(bands, (0.3, 0.7), strict=True):
        assert low == pytest.approx(binom.ppf(0.025, 40, stated) / 40, abs=1e-9)
        assert high == pytest.approx(binom.ppf(0.975, 40, stated) / 40, abs=1e-9)


def test_the_bands_are_those_of_the_bins_of_the_reliability_curve() -> None:
    rng = np.random.default_rng(2)
    p = expit(rng.normal(0.3, 0.85, 120))
    y = (rng.random(120) < p).astype(float)
    curve, bands = scores.reliability_curve(p, y), consistency_band(p, seed=3)
    assert len(curve) == len(bands)
    assert all(low <= point.mean_p <= high for point, (low, high) in zip(curve, bands, strict=True))


def test_a_perfect_forecast_lies_within_the_band_in_about_19_of_20_bins() -> None:
    """Counts are whole: the band can only hold more than its level, by up to a count on each side."""
    p = expit(np.random.default_rng(4).normal(0.3, 0.85, 1000))
    low, high = np.array(consistency_band(p, seed=5, draws=4000)).T
    inside = [
        [low[place] <= point.mean_y <= high[place] for place, point in enumerate(curve)]
        for y in draw_outcomes(p, seed=6, draws=200).T
        for curve in [scores.reliability_curve(p, y)]
    ]
    assert 0.94 < np.mean(inside) < 0.985


def test_an_overconfident_forecast_leaves_the_band_at_both_ends() -> None:
    rng = np.random.default_rng(7)
    stated = rng.normal(0, 1, 2000)
    y = (rng.random(2000) < expit(0.3 * stated)).astype(float)
    curve = scores.reliability_curve(expit(stated), y)
    bands = consistency_band(expit(stated), seed=8)
    assert curve[0].mean_y > bands[0][1]
    assert curve[-1].mean_y < bands[-1][0]


def test_the_same_seed_draws_the_same_games() -> None:
    p = np.linspace(0.1, 0.9, 50)
    assert consistency_band(p, seed=[1, 2]) == consistency_band(p[::-1].copy(), seed=[1, 2])
    assert consistency_band(p, seed=[1, 2]) != consistency_band(p, seed=[1, 3])


def test_drawn_outcomes_happen_as_often_as_stated() -> None:
    p = np.array([0.0, 0.2, 0.9, 1.0])
    share = draw_outcomes(p, seed=9, draws=10_000).mean(axis=1)
    assert share == pytest.approx(p, abs=0.015)


def test_no_probabilities_are_refused() -> None:
    with pytest.raises(ValueError, match="expected numbers in"):
        consistency_band(np.array([0.5, 1.2]), seed=0)
