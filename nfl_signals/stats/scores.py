"""How good forecasts of a yes/no event are, and how well calibrated, in numbers.

Every function takes `p`, the stated probabilities of YES, and `y`, the outcomes 0.0 / 1.0, as numpy
arrays of shape (n,); pushes are left out before (two-way scores are conditional on no push) except
in the three-way scores. ValueError rises on empty, NaN, unequal or out-of-range input. Intervals
over weeks are `bootstrap.py`; evidence under weekly reading is `e_process.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from scipy.special import expit, logit
from scipy.stats import norm

from nfl_signals.stats.arrays import Bools, Floats
from nfl_signals.stats.bins import (
    bin_means,
    bin_starts,
    binned,
    check_forecasts,
    check_probabilities,
)

CLIP = 1e-12  # probabilities are held this far from 0 and 1 wherever a logarithm is taken
MIN_OVERLAP = 1e-3  # logits; forecasts closer than this are one forecast


class NotEstimableError(ValueError):
    """The rows cannot determine the quantity (one class, one forecast, separated outcomes)."""


@dataclass(frozen=True, kw_only=True)
class Recalibration:
    """logit P(y = 1) = intercept + slope * logit(p), with standard errors; (0, 1) is perfect.

    A slope below 1 means overconfident; a positive intercept means YES happens more than stated.
    """

    slope: float
    slope_se: float
    intercept: float
    intercept_se: float


@dataclass(frozen=True, kw_only=True)
class ReliabilityBin:
    """One point of a reliability curve; `low`, `high`: Wilson interval of `mean_y`."""

    n: int
    mean_p: float
    mean_y: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Murphy:
    """Brier = reliability - resolution + uncertainty + within_bin, exactly.

    `within_bin` is what binning leaves out: the spread of forecasts inside bins.
    """

    reliability: float
    resolution: float
    uncertainty: float
    within_bin: float


@dataclass(frozen=True, kw_only=True)
class Corp:
    """Brier = miscalibration - discrimination + uncertainty, exactly."""

    miscalibration: float
    discrimination: float
    uncertainty: float


def brier(p: Floats, y: Floats) -> float:
    """Mean squared error of the probabilities of YES (Brier 1950, halved: 0 best, 1 worst).

    Example:
        >>> round(brier(np.array([0.8, 0.4]), np.array([1.0, 0.0])), 4)
        0.1
    """
    check_forecasts(p, y)
    return float(np.mean((p - y) ** 2))


def log_loss(p: Floats, y: Floats) -> float:
    """Mean negative log likelihood, in nats, with p held within [1e-12, 1 - 1e-12]."""
    check_forecasts(p, y)
    held = _held(p)
    return float(-np.mean(y * np.log(held) + (1 - y) * np.log1p(-held)))


def accuracy(p: Floats, y: Floats) -> float:
    """Share of games where the side above one half happened; exactly one half counts as half."""
    check_forecasts(p, y)
    return float(np.mean(np.where(p == 0.5, 0.5, (p > 0.5) == (y == 1.0))))


def three_way_probabilities(p_hat: Floats, p_push: Floats) -> Floats:
    """Probabilities of (yes, no, push), shape (n, 3), from p_hat (given no push) and p_push.

    Example:
        >>> three_way_probabilities(np.array([0.6]), np.array([0.1])).round(2).tolist()
        [[0.54, 0.36, 0.1]]
    """
    check_probabilities(p_hat)
    check_probabilities(p_push)
    return np.column_stack([p_hat * (1 - p_push), (1 - p_hat) * (1 - p_push), p_push])


def three_way_brier(
    p_hat: Floats, p_push: Floats, outcome: Sequence[str] | NDArray[np.str_]
) -> float:
    """Mean squared error summed over yes, no and push (Brier 1950: 0 best, 2 worst).

    Probabilities as in `three_way_probabilities`; `outcome` holds 'yes', 'no' or 'push', length n.
    """
    stated = three_way_probabilities(p_hat, p_push)
    return float(np.mean(np.sum((stated - _indicators(outcome, len(stated))) ** 2, axis=1)))


def three_way_log_loss(
    p_hat: Floats, p_push: Floats, outcome: Sequence[str] | NDArray[np.str_]
) -> float:
    """Mean negative log of the probability stated for what happened, in nats."""
    stated = three_way_probabilities(p_hat, p_push)
    return float(-np.mean(np.log(_held(stated[_indicators(outcome, len(stated)) == 1.0]))))


def calibration_slope_intercept(p: Floats, y: Floats) -> Recalibration:
    """Logistic recalibration (Cox 1958, Biometrika 45, eq. 1) by Newton's method; errors by Fisher.

    Raises:
        NotEstimableError: one class only, one distinct forecast, or separated outcomes.
    """
    check_forecasts(p, y)
    x = logit(_held(p))
    yes, no = x[y == 1.0], x[y == 0.0]
    # The maximum is finite exactly where each class reaches into the range of the other.
    if not len(yes) or not len(no) or min(no.max() - yes.min(), yes.max() - no.min()) < MIN_OVERLAP:
        raise NotEstimableError("slope: the forecasts of YES games and NO games do not overlap")
    design, beta = np.column_stack([np.ones_like(x), x]), np.array([logit(y.mean()), 0.0])
    change = 1.0
    while change > 1e-6:
        fitted = expit(design @ beta)
        covariance = np.linalg.inv(design.T @ (design * (fitted * (1 - fitted))[:, None]))
        step = covariance @ design.T @ (y - fitted)
        change = np.abs(design @ step).max()
        # Curvature changes at most e-fold per unit of logit: steps within one unit cannot diverge.
        beta = beta + step / max(1.0, change)
    (intercept, slope), se = beta.tolist(), np.sqrt(np.diag(covariance)).tolist()
    return Recalibration(slope=slope, slope_se=se[1], intercept=intercept, intercept_se=se[0])


def debiased_calibration_error(p: Floats, y: Floats, *, n_bins: int | None = None) -> float:
    """Root mean squared calibration error over equal-mass bins, bias removed.

    Kumar, Liang, Ma 2019 (arXiv 1909.10155), section 4: sum over bins of n_b / n times
    (mean p - mean y)^2 - mean y (1 - mean y) / (n_b - 1), held at zero, square root. Bins as in
    `bins.bin_starts`.
    """
    return float(_debiased(*binned(p, y, n_bins)))


def calibration_error_null(
    p: Floats,
    *,
    seed: int | Sequence[int],
    draws: int = 1000,
    level: float = 0.95,
    n_bins: int | None = None,
) -> float:
    """Quantile of the debiased error that a perfectly calibrated forecast shows by chance.

    Parametric bootstrap: outcomes are drawn from `p` itself (Broecker, Smith 2007, section 3).
    """
    check_probabilities(p)
    stated = np.sort(p)
    drawn = (np.random.default_rng(seed).random((draws, len(p))) < stated).astype(np.float64)
    return calibration_error_quantile(stated, drawn.T, level=level, n_bins=n_bins)


def calibration_error_quantile(
    p: Floats, drawn: Floats, *, level: float = 0.95, n_bins: int | None = None
) -> float:
    """Quantile of the debiased error over outcomes already drawn from `p`, shape (n, draws)."""
    order = np.argsort(p, kind="stable")
    starts = bin_starts(p[order], n_bins)
    n, mean_p, _ = bin_means(p[order], p[order], starts)
    errors = _debiased(n, mean_p, np.add.reduceat(drawn[order], starts, axis=0).T / n)
    return float(np.quantile(errors, level))


def reliability_curve(
    p: Floats, y: Floats, *, n_bins: int | None = None, level: float = 0.95
) -> tuple[ReliabilityBin, ...]:
    """Mean forecast against observed share in equal-mass bins, with Wilson (1927) intervals."""
    n, mean_p, mean_y = binned(p, y, n_bins)
    z = norm.ppf((1 + level) / 2)
    middle = (mean_y + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(mean_y * (1 - mean_y) / n + z**2 / (4 * n**2))
    columns = np.column_stack([mean_p, mean_y, middle - half, middle + half]).clip(0, 1).tolist()
    return tuple(
        ReliabilityBin(n=int(size), mean_p=bin_p, mean_y=bin_y, low=low, high=high)
        for size, (bin_p, bin_y, low, high) in zip(n, columns, strict=True)
    )


def murphy(p: Floats, y: Floats, *, n_bins: int | None = None) -> Murphy:
    """Murphy's decomposition over equal-mass bins, without its small-sample bias.

    Ferro, Fricker 2012 (doi 10.1002/qj.1924), section 3; `within_bin` after Stephenson et al. 2008
    (doi 10.1175/2007WAF2006116.1). An unbiased term may be slightly negative.
    """
    n, mean_p, mean_y = binned(p, y, n_bins)
    base, weight = y.mean(), n / len(p)
    order, sizes = np.argsort(p, kind="stable"), n.astype(int)
    from_p, from_y = p[order] - np.repeat(mean_p, sizes), y[order] - np.repeat(mean_y, sizes)
    too_much = np.sum(weight * mean_y * (1 - mean_y) / (n - 1))
    too_little = base * (1 - base) / (len(p) - 1)
    return Murphy(
        reliability=float(np.sum(weight * (mean_p - mean_y) ** 2) - too_much),
        resolution=float(np.sum(weight * (mean_y - base) ** 2) - too_much + too_little),
        uncertainty=float(base * (1 - base) + too_little),
        within_bin=float(np.mean(from_p**2 - 2 * from_p * from_y)),
    )


def corp(p: Floats, y: Floats) -> Corp:
    """CORP decomposition (Dimitriadis, Gneiting, Jordan 2021, doi 10.1073/pnas.2016191118, eq. 3).

    The reference is the isotonic (pool-adjacent-violators) recalibration of `p`: no bins to choose.
    """
    check_forecasts(p, y)
    _, place, games = np.unique(p, return_inverse=True, return_counts=True)
    share = np.bincount(place, weights=y) / games
    recalibrated = isotonic_regression(share, weights=games).x[place].clip(0, 1)
    best, base = brier(recalibrated, y), float(y.mean() * (1 - y.mean()))
    return Corp(miscalibration=brier(p, y) - best, discrimination=base - best, uncertainty=base)


def spiegelhalter_z(p: Floats, y: Floats) -> float:
    """Spiegelhalter's Z (1986, doi 10.1002/sim.4780050506): N(0, 1) under perfect calibration.

    Positive: the Brier score is worse than the forecast itself expects (overconfident).

    Undefined, 0 / 0, where every forecast is 0, 1/2 or 1: NotEstimableError.
    """
    check_forecasts(p, y)
    variance = np.sum((1 - 2 * p) ** 2 * p * (1 - p))
    if variance == 0:
        raise NotEstimableError("Spiegelhalter's Z needs a forecast other than 0, 1/2 and 1")
    return float(np.sum((y - p) * (1 - 2 * p)) / np.sqrt(variance))


def _held(p: Floats) -> Floats:
    held: Floats = np.clip(p, CLIP, 1 - CLIP)
    return held


def _indicators(outcome: Sequence[str] | NDArray[np.str_], n: int) -> Floats:
    happened: Bools = np.asarray(outcome)[:, None] == np.array(["yes", "no", "push"])
    if len(outcome) != n or not happened.any(axis=1).all():
        raise ValueError(f"outcome: expected {n} of 'yes', 'no', 'push'")
    return happened.astype(np.float64)


def _debiased(n: Floats, mean_p: Floats, mean_y: Floats) -> Floats:
    squared = (mean_p - mean_y) ** 2 - mean_y * (1 - mean_y) / (n - 1)
    error: Floats = np.sqrt(np.maximum(squared @ (n / n.sum()), 0.0))
    return error
