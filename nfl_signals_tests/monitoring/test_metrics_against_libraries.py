"""Every measure of calibration equals an independent library's, or an equation solved by other means."""

import numpy as np
import pytest
from mapie.metrics.calibration import (
    expected_calibration_error,
    spiegelhalter_p_value,
    spiegelhalter_statistic,
    top_label_ece,
)
from model_diagnostics.scoring import SquaredError, decompose
from scipy.special import expit, logit, logsumexp
from scipy.stats import chisquare
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss

from nfl_signals.stats import scores
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.binned_ece import binned_error, weekly_bin_sums
from nfl_signals.stats.bins import bin_starts, binned
from nfl_signals.stats.confidence_sequence import DOUBLINGS, brier_difference
from nfl_signals.stats.fixed_time_tests import hosmer_lemeshow_p, spiegelhalter_p
from nfl_signals.stats.recalibration_error import calibration_gap, weekly_sums

SEEDS = pytest.mark.parametrize("seed", range(4))


def season(seed: int, *, n: int = 280, slope: float = 0.6) -> tuple[Floats, Floats]:
    """Stated probabilities of `n` games, rising, and outcomes; logits are 1 / slope too large."""
    rng = np.random.default_rng(seed)
    stated = np.sort(rng.normal(0.3, 0.85, n))
    return expit(stated), (rng.random(n) < expit(slope * stated)).astype(float)


@SEEDS
def test_spiegelhalters_z_is_mapies(seed: int) -> None:
    p, y = season(seed)
    upper = spiegelhalter_p_value(y, p)  # the tail of too sure alone; both tails are reported here
    assert scores.spiegelhalter_z(p, y) == pytest.approx(spiegelhalter_statistic(y, p))
    assert spiegelhalter_p(p, y) == pytest.approx(2 * min(upper, 1 - upper))


@SEEDS
@pytest.mark.parametrize("n_bins", [1, 7, 10])
def test_the_plain_error_over_equal_mass_bins_is_mapies(seed: int, n_bins: int) -> None:
    """MAPIE cuts rows as they come: they must rise, and divide evenly for both to cut alike."""
    p, y = season(seed)
    n, mean_p, mean_y = binned(p, y, n_bins)
    mine = np.sum(n / n.sum() * np.abs(mean_p - mean_y))
    theirs = expected_calibration_error(y, p, num_bins=n_bins, split_strategy="array split")
    assert mine == pytest.approx(theirs)


@SEEDS
def test_the_plain_error_over_equal_widths_is_mapies(seed: int) -> None:
    """MAPIE counts edges: eleven make ten bins."""
    p, y = season(seed)
    mine = binned_error(weekly_bin_sums(p, y, np.zeros(len(p), dtype=int)))[0]
    theirs = expected_calibration_error(y, p, num_bins=11, split_strategy="uniform")
    assert mine == pytest.approx(theirs)


@SEEDS
def test_the_error_of_the_side_leant_to_is_mapies(seed: int) -> None:
    """The mean over home picks and away picks of the error of the side that was called."""
    rng = np.random.default_rng(seed)
    forecast = np.sort(rng.uniform(0.5, 1, (2, 100)), axis=1)
    won = (rng.random((2, 100)) < forecast - 0.1).astype(float)
    bins = [binned(stated, outcome, 10) for stated, outcome in zip(forecast, won, strict=True)]
    mine = np.mean([np.mean(np.abs(stated - share)) for _, stated, share in bins])
    called = np.repeat([0, 1], 100)
    happened = np.where(won.ravel() == 1, called, 1 - called)
    theirs = top_label_ece(
        happened, forecast.ravel(), called, num_bins=10, split_strategy="array split"
    )
    assert mine == pytest.approx(theirs)


@SEEDS
def test_the_reliability_curve_is_scikit_learns(seed: int) -> None:
    p, y = season(seed)
    curve = scores.reliability_curve(p, y, n_bins=10)
    shares, means = calibration_curve(y, p, n_bins=10, strategy="quantile")
    assert [point.mean_y for point in curve] == pytest.approx(shares)
    assert [point.mean_p for point in curve] == pytest.approx(means)


@pytest.mark.parametrize(("n", "n_bins"), [(280, 10), (285, 10), (41, 4)])
def test_bins_of_different_forecasts_are_as_even_as_numpys_split(n: int, n_bins: int) -> None:
    p = np.sort(season(1, n=n)[0])
    sizes = np.diff(np.append(bin_starts(p, n_bins), n))
    assert sorted(sizes) == sorted(len(part) for part in np.array_split(p, n_bins))


@SEEDS
def test_hosmer_lemeshow_is_scipys_chi_square_over_yes_and_no_cells(seed: int) -> None:
    p, y = season(seed)
    n, mean_p, mean_y = binned(p, y, 10)
    observed = np.concatenate([n * mean_y, n * (1 - mean_y)])
    expected = np.concatenate([n * mean_p, n * (1 - mean_p)])
    theirs = chisquare(observed, expected, ddof=9)  # 20 cells less 1 less 9: ten degrees of freedom
    assert hosmer_lemeshow_p(p, y, n_bins=10) == pytest.approx(theirs.pvalue)


@SEEDS
def test_two_and_three_way_scores_are_scikit_learns(seed: int) -> None:
    p, y = season(seed)
    push = np.random.default_rng(seed).uniform(0.01, 0.1, len(p))
    outcome = np.where(np.random.default_rng(seed).random(len(p)) < push, "push", "no")
    outcome[(outcome == "no") & (y == 1)] = "yes"
    stated = scores.three_way_probabilities(p, push)[:, [1, 2, 0]]  # in the order of the alphabet
    names = ["no", "push", "yes"]
    assert scores.three_way_log_loss(p, push, outcome) == pytest.approx(
        log_loss(outcome, stated, labels=names)
    )
    assert scores.three_way_brier(p, push, outcome) == pytest.approx(
        brier_score_loss(outcome, stated, labels=names, scale_by_half=False)
    )
    assert scores.accuracy(p, y) == pytest.approx(accuracy_score(y, p > 0.5))


def test_murphys_reliability_is_model_diagnostics_miscalibration_of_forecasts_in_steps() -> None:
    """Where shares rise with the forecast, isotonic pooling keeps the groups as they are.

    Then the two differ by the bias that Ferro and Fricker take off, and nothing lies within a bin.
    """
    p = np.repeat([0.2, 0.4, 0.6, 0.8], 50)
    y = np.concatenate([np.repeat([1.0, 0.0], [hits, 50 - hits]) for hits in (18, 22, 26, 31)])
    theirs = decompose(y, p, scoring_function=SquaredError()).row(0, named=True)
    share = np.array([18, 22, 26, 31]) / 50
    bias, base = np.mean(share * (1 - share)) / 49, y.mean() * (1 - y.mean()) / 199
    mine = scores.murphy(p, y, n_bins=4)
    assert mine.reliability == pytest.approx(theirs["miscalibration"] - bias)
    assert mine.resolution == pytest.approx(theirs["discrimination"] - bias + base)
    assert mine.uncertainty == pytest.approx(theirs["uncertainty"] + base)
    assert scores.debiased_calibration_error(p, y, n_bins=4) ** 2 == pytest.approx(mine.reliability)


def test_the_recalibration_error_is_the_distance_to_a_regressions_forecast() -> None:
    """One Newton step from perfect calibration lands within a tenth of where all of them do."""
    p, y = season(5, n=20_000, slope=0.75)
    fitted = LogisticRegression(C=np.inf, tol=1e-8).fit(logit(p)[:, None], y)
    theirs = np.sqrt(np.mean((p - fitted.predict_proba(logit(p)[:, None])[:, 1]) ** 2))
    mine = calibration_gap(weekly_sums(p, y, np.zeros(len(p), dtype=int)))[0]
    assert mine == pytest.approx(theirs, rel=0.1)


def test_bounds_of_a_brier_difference_solve_the_equation_of_the_mixture() -> None:
    """Howard et al. 2021, method of mixtures: mean of exp(rate s - rate^2 V / 2) = 2 / alpha."""
    p, y = season(6)
    q, week = expit(0.7 * logit(p)), np.repeat(np.arange(20), 14)
    found = brier_difference(p, q, y, week, alpha=0.05)
    variance = np.cumsum(np.bincount(week, weights=(p - q) ** 2))
    total = (found.high - found.estimate) * 14 * np.arange(1, 21)
    rates = np.sqrt(2 * np.log(40) / (variance[0] * DOUBLINGS))
    wealth = total[:, None] * rates - np.outer(variance, rates**2 / 2)
    assert logsumexp(wealth, axis=1) - np.log(16) == pytest.approx(np.full(20, np.log(40)))
