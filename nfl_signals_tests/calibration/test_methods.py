"""Claims that hold for every calibrator: `calibration.methods` and what stands in it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.calibration.methods import FITS, MIN_GAMES, READERS, REFITS
from nfl_signals.calibration.rows import pooled
from nfl_signals.stats.arrays import Floats
from nfl_signals_tests.support.calibration_games import distorted, season_games

METHODS = sorted(FITS)
EXTREMES = np.array([0.0, 1e-300, 1e-9, 0.5, 1 - 1e-9, 1.0])


def crooked(n: int, *, seed: int) -> tuple[Floats, Floats]:
    """Overconfident and biased forecasts, and outcomes."""
    truth, y = season_games(n, seed=seed)
    return distorted(truth, slope=1.6, shift=0.3), y


def test_every_method_can_be_fitted_fitted_again_and_read_back() -> None:
    assert METHODS == sorted(READERS) == sorted(REFITS)
    assert set(MIN_GAMES) <= set(METHODS)


@pytest.mark.parametrize("name", METHODS)
@given(st.integers(0, 50), st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_a_higher_forecast_stays_higher_and_none_is_certain(
    name: str, seed: int, p: list[float]
) -> None:
    calibrated = REFITS[name](*crooked(300, seed=seed)).predict(np.sort(p))
    assert np.diff(calibrated).min() >= 0
    assert 0 < calibrated.min() <= calibrated.max() < 1


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("upside_down", [False, True])
def test_certain_forecasts_are_fitted_and_answered_without_certainty(
    name: str, upside_down: bool
) -> None:
    y = np.repeat([0.0, 1.0], 200)
    p = 1 - y if upside_down else y
    found = REFITS[name](p, y).predict(EXTREMES)
    assert np.all(np.isfinite(found) & (found > 0) & (found < 1))
    assert np.diff(found).min() >= 0


@pytest.mark.parametrize("name", METHODS)
@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1.0])), min_size=1, max_size=30))
def test_no_handful_of_games_breaks_a_fit(name: str, games: list[tuple[float, float]]) -> None:
    p, y = np.array(games).T
    found = REFITS[name](p, y).predict(EXTREMES)
    assert np.all((found > 0) & (found < 1))


@pytest.mark.parametrize("name", METHODS)
def test_the_order_of_games_does_not_matter(name: str) -> None:
    p, y = crooked(500, seed=3)
    order = np.random.default_rng(0).permutation(500)
    one, other = REFITS[name](p, y), REFITS[name](p[order], y[order])
    assert one.predict(p) == pytest.approx(other.predict(p), rel=1e-9)


@pytest.mark.parametrize("name", sorted(set(METHODS) - {"identity"}))
def test_with_many_games_a_distorted_forecast_is_calibrated(name: str) -> None:
    truth, _ = season_games(40_000, seed=4)
    p, y = crooked(40_000, seed=4)
    before, after = (np.abs(found - truth).mean() for found in (p, FITS[name](p, y).predict(p)))
    assert after < before / 2 if name == "temperature" else after < before / 6


@pytest.mark.parametrize("name", METHODS)
def test_it_states_its_name_and_how_many_games_it_saw(name: str) -> None:
    fitted = REFITS[name](*crooked(60, seed=5))
    assert (fitted.method, fitted.n_games) == (name, 60)
    assert fitted.to_json()["method"] == name


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(
    ("p", "y", "message"),
    [
        ([0.5, 0.6], [1.0], "n forecasts and n outcomes"),
        ([[0.5]], [[1.0]], "n forecasts and n outcomes"),
        ([0.5, 1.2], [1.0, 0.0], "forecasts: expected numbers in"),
        ([0.5, np.nan], [1.0, 0.0], "forecasts: expected numbers in"),
        ([0.5, 0.6], [1.0, 0.5], "outcomes: expected 0 or 1"),
        ([0.5, 0.6], [1.0, np.nan], "outcomes: expected 0 or 1"),
    ],
)
def test_rows_that_nothing_can_be_fitted_on_are_refused(
    name: str, p: list[float], y: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        REFITS[name](np.array(p), np.array(y))


def test_no_calibration_leaves_forecasts_as_they_are() -> None:
    p, y = crooked(100, seed=6)
    assert FITS["identity"](p, y).predict(p).tolist() == p.tolist()


@pytest.mark.parametrize("name", sorted(set(METHODS) - {"isotonic"}))
def test_without_games_a_forecast_is_left_as_it_is(name: str) -> None:
    found = FITS[name](np.empty(0), np.empty(0)).predict(np.array([0.1, 0.7]))
    assert found.tolist() == pytest.approx([0.1, 0.7], rel=1e-12)


def test_pooled_games_by_hand() -> None:
    found = pooled(np.array([0.6, 0.4, 0.6, 0.6]), np.array([1.0, 1.0, 0.0, 1.0]))
    assert found.p_raw.tolist() == [0.4, 0.6]
    assert found.yes.tolist() == [1.0, 2.0]
    assert found.games.tolist() == [1.0, 3.0]


def test_no_games_pool_to_nothing() -> None:
    assert len(pooled(np.empty(0), np.empty(0)).games) == 0
