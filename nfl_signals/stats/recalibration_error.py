"""How far stated probabilities are from the recalibrated ones, with the sampling bias taken out.

Bins need games: over a season to date the binned error (`scores.debiased_calibration_error`) is
mostly noise. Here the recalibration map is logit P(y = 1) = logit(p) + b0 + b1 * logit(p), fitted by
one Newton step from perfect calibration (Rao's score; Cox 1958, Biometrika 45), and the error is the
root mean square of p - c(p). Every part is a sum over games, so weeks add up. Under perfect
calibration the squared estimate is unbiased before it is held at zero: its expectation under sampling
alone, trace(Q A I A), is subtracted (as Kumar, Liang, Ma 2019, arXiv 1909.10155, do for bins).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.e_process import MEMORY_SEASONS, at_week_ends, check_games

PRIOR_PRECISION = 0.25  # per squared logit: b0 and b1 beyond 2 are not believed without games


def weekly_sums(p: Floats, y: Floats, week_index: NDArray[np.integer]) -> Floats:
    """What `calibration_gap` needs of each week; arguments and errors as `e_process.weekly_log_bets`.

    Returns shape (9, distinct weeks), weeks ascending; sums of several weeks add.
    """
    check_games(p, y, week_index)
    weeks, position = np.unique(week_index, return_inverse=True)
    x, spread, surprise = logit(p), p * (1 - p), y - p
    terms = [np.ones_like(p), surprise, surprise * x]
    terms += [weight * power for weight in (spread, spread**2) for power in (1, x, x**2)]
    return np.array([np.bincount(position, weights=t, minlength=len(weeks)) for t in terms])


def calibration_gap(sums: Floats) -> Floats:
    """Root mean squared calibration error, bias removed and held at zero, in probability.

    From `weekly_sums` added over the weeks, shape (9, ...), to shape (...); 0 without games.
    """
    n, score = sums[0], np.moveaxis(sums[1:3], 0, -1)
    information, change = _matrices(sums[3:6]), _matrices(sums[6:9])
    inverse = np.linalg.inv(information + PRIOR_PRECISION * np.eye(2))
    step = np.einsum("...ij,...j->...i", inverse, score)
    squared = np.einsum("...i,...ij,...j->...", step, change, step)
    chance = np.einsum("...ij,...ji->...", change, inverse @ information @ inverse)
    gap: Floats = np.sqrt(np.maximum(squared - chance, 0) / np.maximum(n, 1))
    return gap


def gap_to_date(sums: Floats, season: NDArray[np.integer]) -> Floats:
    """After each week, the larger gap of the season so far and of that with two seasons before it.

    These are the games that the evidence is about: a season may be too short to show what three
    show, and three too long to show what began this season.

    From `weekly_sums`, shape (9, ..., weeks), to shape (..., weeks), in probability; seasons ascend.
    """
    found = np.empty(sums.shape[1:])
    for one in np.unique(season):
        spans = [(season >= since) & (season <= one) for since in (one, one - MEMORY_SEASONS + 1)]
        gaps = [
            calibration_gap(np.cumsum(sums[..., span], axis=-1)[..., season[span] == one])
            for span in spans
        ]
        found[..., season == one] = np.maximum(*gaps)
    return found


def gap_per_row(
    p: Floats, y: Floats, season: NDArray[np.integer], week: NDArray[np.integer]
) -> Floats:
    """Per row, `gap_to_date` at the end of the row's week; arguments as `e_process.with_memory`.

    Example:
        >>> p, y, week = np.full(6, 0.9), np.array([1.0, 0, 0, 0, 1, np.nan]), np.repeat([1, 2], 3)
        >>> gap_per_row(p, y, np.full(6, 2024), week).round(2).tolist()
        [0.47, 0.47, 0.47, 0.44, 0.44, 0.44]
    """
    return at_week_ends(weekly_sums, gap_to_date, p, y, season, week)


def _matrices(entries: Floats) -> Floats:
    """Symmetric 2 x 2 matrices, shape (..., 2, 2), of their entries 00, 01, 11."""
    rows = np.stack([entries[0], entries[1], entries[1], entries[2]], axis=-1)
    return rows.reshape(*rows.shape[:-1], 2, 2)
