"""Claims about Venn-Abers probabilities: `calibration.venn_abers`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from nfl_signals.calibration.venn_abers import fit_venn_abers
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import expit
from nfl_signals_tests.support.calibration_games import distorted, season_games


def refitted(p: Floats, y: Floats, at: Floats) -> Floats:
    """The definition, word for word: 2 x m, each forecast joins as NO and as YES."""
    return np.array(
        [
            [
                IsotonicRegression().fit(np.append(p, one), np.append(y, label)).predict([one])[0]
                for one in at
            ]
            for label in (0.0, 1.0)
        ]
    )


def test_by_hand() -> None:
    """NO at 0.4, YES at 0.6. A game between is pooled with nobody; one at 0.7 as NO joins the YES."""
    fitted = fit_venn_abers(np.array([0.4, 0.6]), np.array([0.0, 1.0]))
    low, high = fitted.interval(np.array([0.5, 0.7, 0.3, 0.6]))
    assert low.tolist() == [0.0, 0.5, 0.0, 0.5]
    assert high.tolist() == [1.0, 1.0, 0.5, 1.0]


@pytest.mark.parametrize("digits", [1, 2, 12])
@pytest.mark.parametrize("seed", range(3))
def test_it_is_isotonic_regression_fitted_twice_for_each_forecast(seed: int, digits: int) -> None:
    """With few digits many forecasts are equal to one another and to those evaluated."""
    p, y = season_games(150, seed=seed)
    at = np.append(season_games(60, seed=seed + 9)[0], [0.0, 1.0]).round(digits)
    found = fit_venn_abers(p.round(digits), y).interval(at)
    assert np.array(found) == pytest.approx(refitted(p.round(digits), y, at), abs=1e-12)


@given(st.integers(0, 30), st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_low_is_below_high_and_both_rise_with_the_forecast(seed: int, at: list[float]) -> None:
    low, high = fit_venn_abers(*season_games(80, seed=seed)).interval(np.sort(at))
    assert np.all((low >= 0) & (low < high) & (high <= 1))
    assert np.diff(low).min() >= -1e-12
    assert np.diff(high).min() >= -1e-12


@pytest.mark.parametrize("n", [3, 15, 60])
def test_the_probability_that_belongs_to_the_outcome_is_perfectly_calibrated(n: int) -> None:
    """Theorem 1 of arXiv 1211.0025, for forecasts as bad as these and any number of games."""
    random, stated, happened = np.random.default_rng(n), [], []
    for _ in range(3000):
        truth = expit(random.normal(size=n + 1))
        y = (random.random(n + 1) < truth).astype(np.float64)
        p = distorted(truth, slope=3, shift=1)
        low, high = fit_venn_abers(p[:n], y[:n]).interval(p[n:])
        stated.append(high[0] if y[n] else low[0])
        happened.append(y[n])
    p_y, y = np.array(stated), np.array(happened)
    for part in np.array_split(np.argsort(p_y, kind="stable"), 3):
        error = np.sqrt(np.mean(p_y[part] * (1 - p_y[part])) / len(part))
        assert y[part].mean() == pytest.approx(p_y[part].mean(), abs=3.5 * error + 1e-12)


def test_more_games_bring_the_two_probabilities_together_around_the_truth() -> None:
    at = np.linspace(0.3, 0.7, 9)
    widths = []
    for n in (100, 1000, 30_000):
        low, high = fit_venn_abers(*season_games(n, seed=2)).interval(at)
        widths.append((high - low).mean())
    assert widths[0] > 2 * widths[1] > 4 * widths[2]
    assert (low + high) / 2 == pytest.approx(at, abs=0.04)


def test_forecasts_unlike_any_seen_before_are_less_certain() -> None:
    p, y = season_games(2000, seed=3)
    low, high = fit_venn_abers(p, y).interval(np.array([0.5, 0.999]))
    assert high[1] - low[1] > 3 * (high[0] - low[0])


def test_without_games_the_interval_is_all_there_is() -> None:
    low, high = fit_venn_abers(np.empty(0), np.empty(0)).interval(np.array([0.1, 0.9]))
    assert low.tolist() == [0, 0]
    assert high.tolist() == [1, 1]


def test_no_forecasts_have_no_intervals() -> None:
    low, high = fit_venn_abers(*season_games(10, seed=4)).interval(np.empty(0))
    assert len(low) == len(high) == 0


def test_the_interval_of_a_game_does_not_depend_on_the_other_games() -> None:
    fitted, at = fit_venn_abers(*season_games(300, seed=5)), season_games(40, seed=6)[0]
    together = np.array(fitted.interval(at))
    alone = np.column_stack([np.array(fitted.interval(at[[i]])) for i in range(40)])
    assert np.array_equal(together, alone)
