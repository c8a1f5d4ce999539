"""In a league with known probabilities every measure of calibration finds what is there."""

import numpy as np
import pytest
from scipy.special import rel_entr
from scipy.stats import binom

from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.stats import scores
from nfl_signals.stats.bins import bin_starts
from nfl_signals.stats.consistency_band import consistency_band, draw_outcomes
from nfl_signals.stats.fixed_time_tests import hosmer_lemeshow_p, spiegelhalter_p
from nfl_signals.stats.recalibration_error import calibration_gap, weekly_sums
from nfl_signals.stats.smooth_ece import smooth_calibration_error, smooth_error_quantile
from nfl_signals_tests.support.known_truth import BIAS, SLOPE, Games, games

EVERY_MARKET = pytest.mark.parametrize("market", list(MARKETS))
COPIES = 60  # of every game: about 125,000 games, where chance is a tenth of what is measured


def seasons(market: MarketName) -> list[Games]:
    """One season each."""
    whole = games(market)
    return [
        Games(**{name: part[whole.season == one] for name, part in vars(whole).items()})
        for one in np.unique(whole.season)
    ]


@pytest.mark.slow
def test_the_truth_is_outside_its_null_in_no_more_seasons_than_chance_explains() -> None:
    """Three markets, eight seasons; four tests, each at 5 %."""
    beyond = np.zeros(4)
    for place, one in enumerate(season for market in MARKETS for season in seasons(market)):
        drawn = draw_outcomes(one.true, seed=place, draws=400)
        error = scores.debiased_calibration_error(one.true, one.y)
        smooth = smooth_calibration_error(one.true, one.y)
        beyond += [
            error > scores.calibration_error_quantile(one.true, drawn),
            smooth > smooth_error_quantile(one.true, drawn),
            spiegelhalter_p(one.true, one.y) < 0.05,
            hosmer_lemeshow_p(one.true, one.y) < 0.05,
        ]
    assert beyond.max() <= binom.ppf(0.999, 24, 0.05)


@EVERY_MARKET
def test_over_all_seasons_the_truth_is_inside_its_null_and_the_drifted_forecast_outside(
    market: MarketName,
) -> None:
    whole = games(market)
    for p, inside in ((whole.true, True), (whole.stated, False)):
        drawn = draw_outcomes(p, seed=3, draws=200)
        limit = scores.calibration_error_quantile(p, drawn, level=0.99)
        smooth_limit = smooth_error_quantile(p, drawn, level=0.99)
        assert (scores.debiased_calibration_error(p, whole.y) <= limit) == inside
        assert (smooth_calibration_error(p, whole.y) <= smooth_limit) == inside
        assert (hosmer_lemeshow_p(p, whole.y) > 0.01) == inside


@EVERY_MARKET
def test_every_error_approaches_the_distance_to_the_truth(market: MarketName) -> None:
    whole = games(market)
    y = whole.redrawn(seed=1, times=COPIES).ravel()
    p, true = np.repeat(whole.stated, COPIES), np.repeat(whole.true, COPIES)
    binned = scores.debiased_calibration_error(p, y, n_bins=40)
    assert binned == pytest.approx(whole.error, rel=0.04)
    assert scores.corp(p, y).miscalibration == pytest.approx(whole.error**2, rel=0.08)
    assert scores.murphy(p, y, n_bins=40).reliability == pytest.approx(whole.error**2, rel=0.08)
    worse = scores.brier(p, y) - scores.brier(true, y)
    assert worse == pytest.approx(whole.error**2, rel=0.08)


@EVERY_MARKET
def test_the_way_it_errs_is_found_as_slope_and_intercept(market: MarketName) -> None:
    whole = games(market)
    y = whole.redrawn(seed=2, times=COPIES).ravel()
    found = scores.calibration_slope_intercept(np.repeat(whole.stated, COPIES), y)
    assert found.slope == pytest.approx(SLOPE, abs=3.5 * found.slope_se)
    assert found.intercept == pytest.approx(BIAS, abs=3.5 * found.intercept_se)


@EVERY_MARKET
def test_one_step_of_recalibration_finds_the_error_within_a_tenth(market: MarketName) -> None:
    whole = games(market)
    y = whole.redrawn(seed=3, times=COPIES).ravel()
    p = np.repeat(whole.stated, COPIES)
    found = calibration_gap(weekly_sums(p, y, np.zeros(len(p), dtype=int)))[0]
    assert found == pytest.approx(whole.error, rel=0.1)


@EVERY_MARKET
def test_smooth_ece_lies_between_the_bias_and_the_mean_distance(market: MarketName) -> None:
    whole = games(market)
    y = whole.redrawn(seed=4, times=COPIES).ravel()
    found = smooth_calibration_error(np.repeat(whole.stated, COPIES), y)
    distance = whole.stated - whole.true
    assert abs(distance.mean()) - 0.005 < found < np.abs(distance).mean() + 0.005
    assert found > 0.4 * np.abs(distance).mean()


@pytest.mark.parametrize("forecast", ["true", "stated"])
def test_the_squared_error_is_unbiased_over_many_seasons(forecast: str) -> None:
    """But for the spread of true probabilities within a bin, a known 0.0002 at most.

    Mean and variance of a bin's share give E = (p - true)^2 - var(true) / (n - 1), averaged by size.
    """
    one = seasons("moneyline")[0]
    p = getattr(one, forecast)
    order, starts = np.argsort(p), bin_starts(np.sort(p), None)
    parts = zip(np.split(p[order], starts[1:]), np.split(one.true[order], starts[1:]), strict=True)
    known = [
        (len(stated), (stated.mean() - true.mean()) ** 2, true.var() / (len(stated) - 1))
        for stated, true in parts
    ]
    n, squared, spread = np.array(known).T
    weight = n / n.sum()
    found = np.array([scores.murphy(p, y).reliability for y in one.redrawn(seed=5, times=3000).T])
    chance = found.std() / np.sqrt(len(found))
    assert found.mean() == pytest.approx(weight @ (squared - spread), abs=4 * chance)
    assert weight @ spread < 2e-4


def test_a_three_way_log_loss_grows_by_the_divergence_from_the_truth() -> None:
    whole = games("ats")
    push = np.full(len(whole.true), 0.027)
    rng, outcomes = np.random.default_rng(6), np.array(["yes", "no", "push"])
    true = scores.three_way_probabilities(whole.true, push)
    stated = scores.three_way_probabilities(whole.stated, push)
    worse = []
    for _ in range(100):
        place = (rng.random((len(true), 1)) > true.cumsum(axis=1)).sum(axis=1)
        worse.append(
            scores.three_way_log_loss(whole.stated, push, outcomes[place])
            - scores.three_way_log_loss(whole.true, push, outcomes[place])
        )
    divergence = rel_entr(true, stated).sum(axis=1).mean()
    assert np.mean(worse) == pytest.approx(divergence, abs=4 * np.std(worse) / 10)


def test_reliability_curves_of_the_truth_lie_in_their_bands_and_others_do_not() -> None:
    whole = games("moneyline")

    def inside(p: np.ndarray) -> float:
        bands = consistency_band(p, seed=7)
        curve = scores.reliability_curve(p, whole.y)
        return float(
            np.mean([a <= point.mean_y <= b for point, (a, b) in zip(curve, bands, strict=True)])
        )

    assert inside(whole.true) >= 0.8
    assert inside(whole.stated) <= 0.4
