"""Claims about the choice among calibrators: `calibration.choice`."""

import json
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from nfl_signals.calibration.beta import fit_beta
from nfl_signals.calibration.choice import CANDIDATES, Choice, choose_calibrator
from nfl_signals.calibration.methods import FITS
from nfl_signals.calibration.platt import PlattCalibrator, fit_platt
from nfl_signals.stats import scores
from nfl_signals.stats.arrays import Floats
from nfl_signals_tests.support.calibration_games import distorted, season_games

Seasons = NDArray[np.int64]


def league(
    seasons: int, games: int, *, seed: int, forecast: Callable[[Floats], Floats] = distorted
) -> tuple[Floats, Floats, Seasons]:
    """Forecasts, outcomes and seasons from 2001 on."""
    truth, y = season_games(seasons * games, seed=seed)
    return forecast(truth), y, np.repeat(np.arange(2001, 2001 + seasons), games)


def bent(truth: Floats) -> Floats:
    """Right below one half, far too timid above it."""
    return np.where(truth < 0.5, truth, 0.5 + (truth - 0.5) / 4)


def choose(rows: tuple[Floats, Floats, Seasons], min_seasons: int = 2) -> Choice:
    return choose_calibrator(*rows, min_seasons=min_seasons)


def test_scores_are_those_of_calibrators_fitted_season_by_season_by_hand() -> None:
    p, y, season = league(4, 300, seed=1)
    expected = {}
    for name in ("platt", "beta"):
        third = FITS[name](p[:600], y[:600]).predict(p[600:900])
        fourth = FITS[name](p[:900], y[:900]).predict(p[900:])
        expected[name] = scores.log_loss(np.concatenate([third, fourth]), y[600:])
    found = choose_calibrator(p, y, season, candidates=["platt", "beta"], min_seasons=2)
    assert found.log_loss == pytest.approx(expected, rel=1e-12)
    assert (found.seasons, found.n_games) == ((2003, 2004), 600)
    assert found.method == min(expected, key=lambda name: expected[name])


def test_forecasts_bent_at_one_half_choose_beta() -> None:
    found = choose(league(6, 1500, seed=2, forecast=bent))
    assert found.method == "beta"
    assert found.log_loss["beta"] < found.log_loss["platt"] - 1e-4


def test_biased_forecasts_do_not_choose_temperature() -> None:
    found = choose(league(6, 1500, seed=3, forecast=lambda p: distorted(p, shift=0.5)))
    assert found.method != "temperature"
    assert found.log_loss["temperature"] > found.log_loss["platt"] + 1e-3


def test_a_shape_that_only_steps_can_follow_chooses_isotonic_given_the_games() -> None:
    def twisted(truth: Floats) -> Floats:
        return np.where(truth < 0.35, truth / 8, np.where(truth < 0.65, truth, 1 - (1 - truth) / 8))

    found = choose(league(4, 6000, seed=4, forecast=twisted))
    assert (found.method, found.calibrator.method) == ("isotonic", "isotonic")


def test_the_winner_is_fitted_again_on_all_games() -> None:
    p, y, season = league(6, 1500, seed=2, forecast=bent)
    found = choose_calibrator(p, y, season, min_seasons=2)
    assert found.calibrator == fit_beta(p, y)
    assert found.calibrator.n_games == 9000


def test_isotonic_is_no_candidate_below_ten_thousand_games_before_the_first_scored_season() -> None:
    assert set(choose(league(4, 5000, seed=5)).log_loss) == set(CANDIDATES)
    assert set(choose(league(4, 4999, seed=5)).log_loss) == set(CANDIDATES) - {"isotonic"}


@pytest.mark.parametrize("seasons", [1, 2])
def test_too_few_seasons_go_to_platt(seasons: int) -> None:
    p, y, season = league(seasons, 100, seed=6)
    found = choose_calibrator(p, y, season, min_seasons=2)
    assert found.calibrator == fit_platt(p, y)
    assert (found.method, found.log_loss, found.n_games, found.seasons) == ("platt", {}, 0, ())


def test_no_games_go_to_platt_as_well() -> None:
    found = choose((np.empty(0), np.empty(0), np.empty(0, dtype=np.int64)))
    assert found.calibrator == PlattCalibrator(intercept=0.0, slope=1.0, n_games=0)


def test_a_tie_goes_to_the_first_named() -> None:
    """All forecasts are 1/2 and half the games YES: every method stays at 1/2."""
    p, y = np.full(400, 0.5), np.tile([0.0, 1.0], 200)
    season = np.repeat(np.arange(2001, 2005), 100)
    found = choose_calibrator(p, y, season, min_seasons=1)
    assert found.log_loss["platt"] == found.log_loss["temperature"]
    assert found.method == "platt"
    turned = choose_calibrator(p, y, season, candidates=["temperature", "platt"], min_seasons=1)
    assert turned.method == "temperature"


def test_a_single_candidate_is_taken() -> None:
    p, y, season = league(4, 100, seed=7)
    found = choose_calibrator(p, y, season, candidates=["temperature"], min_seasons=2)
    assert found.method == "temperature"


def test_a_single_candidate_that_cannot_be_fitted_is_an_error() -> None:
    p, y, season = league(4, 100, seed=7)
    with pytest.raises(ValueError, match="none of isotonic can be fitted on 200 games"):
        choose_calibrator(p, y, season, candidates=["isotonic"], min_seasons=2)


def test_the_order_of_rows_does_not_matter() -> None:
    p, y, season = league(5, 200, seed=8)
    order = np.random.default_rng(0).permutation(1000)
    one, other = choose((p, y, season)), choose((p[order], y[order], season[order]))
    assert one.method == other.method
    assert one.log_loss == pytest.approx(other.log_loss, rel=1e-9)


def test_no_season_is_scored_by_a_calibrator_that_saw_it() -> None:
    """In the last season every favourite loses: that cannot lower its own score."""
    p, y, season = league(4, 400, seed=9)
    upset = np.where(season == 2004, (p < 0.5).astype(np.float64), y)
    found = choose_calibrator(p, upset, season, candidates=["platt"], min_seasons=3)
    honest = fit_platt(p[:1200], y[:1200]).predict(p[1200:])
    assert found.log_loss["platt"] == pytest.approx(scores.log_loss(honest, upset[1200:]))
    assert found.log_loss["platt"] > 0.9


def test_the_reasons_fit_on_a_card() -> None:
    found = choose(league(4, 100, seed=10))
    stored = json.loads(json.dumps(found.to_json()))
    assert stored["method"] == found.method
    assert stored["log_loss"] == dict(found.log_loss)
    assert (stored["n_games"], stored["seasons"]) == (200, [2003, 2004])
