"""SmoothECE equals the integral it is defined by, and a perfect forecast stays within its null."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import trapezoid
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import norm

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.consistency_band import draw_outcomes
from nfl_signals.stats.smooth_ece import CELLS, smooth_calibration_error, smooth_error_quantile


def season(seed: int, *, n: int = 272, slope: float = 1.0) -> tuple[Floats, Floats]:
    """Stated probabilities of `n` games and outcomes; logits are 1 / slope times too large."""
    rng = np.random.default_rng(seed)
    stated = rng.normal(0.3, 0.85, n)
    return expit(stated), (rng.random(n) < expit(slope * stated)).astype(float)


def error_by_integration(p: Floats, y: Floats, sigma: float) -> float:
    """The definition: every reflection of a forecast at 0 and 1, and 1,000 points of t."""
    t = np.linspace(0, 1, 1001)
    images = np.concatenate([2 * k + sign * p for k in range(-2, 3) for sign in (1, -1)])
    residual = np.tile(y - p, len(images) // len(p))
    smoothed = np.array([np.sum(residual * norm.pdf(at, images, sigma)) for at in t]) / len(p)
    return float(trapezoid(np.abs(smoothed), t))


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "slope", "n"), [(1, 1.0, 120), (2, 0.3, 120), (3, 2.0, 60)])
def test_it_is_the_fixed_point_of_the_integral(seed: int, slope: float, n: int) -> None:
    p, y = season(seed, slope=slope, n=n)
    exact = brentq(lambda s: error_by_integration(p, y, s) - s, 0.005, 1.0, xtol=1e-5)
    assert smooth_calibration_error(p, y) == pytest.approx(exact, abs=5e-4)


@pytest.mark.parametrize("stated", [0.0, 0.003, 0.4, 0.5, 1.0])
def test_one_forecast_for_all_games_is_off_by_the_share_it_misses(stated: float) -> None:
    """A kernel that loses nothing at the edges keeps the mean residual whatever its width."""
    y = np.repeat([1.0, 0.0], [6, 14])
    found = smooth_calibration_error(np.full(20, stated), y)
    assert found == pytest.approx(abs(stated - 0.3), abs=1e-5)


def test_certainty_that_comes_true_is_perfect() -> None:
    y = np.array([0.0, 1.0, 1.0])
    assert smooth_calibration_error(y, y) == 0.0


def test_errors_that_cancel_nearby_count_less_than_errors_far_apart() -> None:
    """0.49 too low and 0.51 too high is nearly one coin; 0.2 and 0.8 are two wrong forecasts."""
    y = np.repeat([1.0, 0.0], 50)
    near = smooth_calibration_error(np.repeat([0.49, 0.51], 50), y)
    far = smooth_calibration_error(np.repeat([0.2, 0.8], 50), y)
    assert near < 0.1
    assert far > 0.3


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 80))
def test_it_lies_between_the_mean_residual_and_the_mean_absolute_residual(
    seed: int, n: int
) -> None:
    p, y = season(seed, n=n)
    found = smooth_calibration_error(p, y)
    assert abs(np.mean(y - p)) - 2e-6 <= found <= np.mean(np.abs(y - p)) + 2e-6
    assert found == pytest.approx(smooth_calibration_error(1 - p, 1 - y), abs=1e-5)
    assert found == pytest.approx(smooth_calibration_error(p[::-1], y[::-1]), abs=1e-5)


@pytest.mark.parametrize("level", [0.5, 0.95, 1.0])
def test_the_quantile_is_that_of_the_errors_one_by_one(level: float) -> None:
    p, _ = season(4, n=90)
    drawn = draw_outcomes(p, seed=1, draws=60)
    single = [smooth_calibration_error(p, drawn[:, draw]) for draw in range(60)]
    exact = np.quantile(single, level, method="inverted_cdf")
    assert smooth_error_quantile(p, drawn, level=level) == pytest.approx(exact, abs=3e-6)


def test_a_perfect_forecast_exceeds_its_null_in_about_one_case_of_twenty() -> None:
    p, _ = season(5, n=200)
    limit = smooth_error_quantile(p, draw_outcomes(p, seed=0, draws=2000))
    outcomes = draw_outcomes(p, seed=1, draws=1000)
    above = np.mean([smooth_calibration_error(p, y) > limit for y in outcomes.T])
    assert 0.03 < above < 0.07


def test_an_overconfident_forecast_exceeds_its_null() -> None:
    p, y = season(6, n=2000, slope=0.4)
    assert smooth_calibration_error(p, y) > 2 * smooth_error_quantile(
        p, draw_outcomes(p, seed=0, draws=100)
    )


@pytest.mark.slow
def test_forecasts_at_the_edges_of_cells_are_not_lost() -> None:
    p = np.arange(CELLS + 1) / CELLS
    drawn = draw_outcomes(p, seed=2, draws=2)
    for y in drawn.T:
        exact = brentq(lambda s, y=y: error_by_integration(p, y, s) - s, 0.01, 1.0, xtol=1e-5)
        assert smooth_calibration_error(p, y) == pytest.approx(exact, abs=5e-4)


@pytest.mark.parametrize(
    ("p", "y"),
    [([], []), ([0.5], [0.5]), ([1.5], [1.0]), ([0.5, 0.5], [1.0]), ([float("nan")], [1.0])],
)
def test_unusable_rows_are_refused(p: list[float], y: list[float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        smooth_calibration_error(np.array(p), np.array(y))


@given(
    n=st.integers(1, 400),
    middle=st.floats(0.05, 0.95),
    spread=st.sampled_from([0.0, 1e-4, 1e-3, 0.01, 0.04]),
    seed=st.integers(0, 10_000),
)
def test_forecasts_that_hardly_differ_have_an_error_between_its_bounds(
    n: int, middle: float, spread: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    p = np.clip(middle + spread * random.standard_normal(n), 0, 1)
    y = (random.random(n) < p).astype(np.float64)
    bias = abs(float(np.mean(y - p)))
    found = smooth_calibration_error(p, y)
    assert bias - 1e-6 <= found <= float(np.mean(np.abs(y - p))) + 1e-6
