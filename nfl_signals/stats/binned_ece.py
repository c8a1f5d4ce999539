"""The plain calibration error over ten bins of equal width: the error of the literal alarm rule.

ECE (Naeini, Cooper, Hauskrecht 2015) as most people compute it: the mean over games of the distance
between mean forecast and share of YES in the game's bin. It holds sampling bias and all, so it is
shown beside the shipped rule and never judged by it; the unbiased errors are `scores.py` and
`recalibration_error.py`.
"""

import numpy as np
from numpy.typing import NDArray

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.e_process import at_week_ends, check_games

N_BINS = 10


def weekly_bin_sums(p: Floats, y: Floats, week_index: NDArray[np.integer]) -> Floats:
    """What `binned_error` needs of each week; arguments and errors as `e_process.weekly_log_bets`.

    Returns shape (11, distinct weeks), weeks ascending: games, then p - y added up in each bin.
    """
    check_games(p, y, week_index)
    weeks, position = np.unique(week_index, return_inverse=True)
    sums = np.zeros((N_BINS + 1, len(weeks)))
    sums[0] = np.bincount(position, minlength=len(weeks))
    np.add.at(sums, (1 + np.minimum((p * N_BINS).astype(int), N_BINS - 1), position), p - y)
    return sums


def binned_error(sums: Floats) -> Floats:
    """ECE of the weeks whose `weekly_bin_sums` were added, shape (11, ...); 0 without games.

    Example:
        >>> sums = weekly_bin_sums(np.array([0.65, 0.65]), np.array([1.0, 0.0]), np.array([1, 1]))
        >>> binned_error(sums).round(2).tolist()
        [0.15]
    """
    error: Floats = np.abs(sums[1:]).sum(axis=0) / np.maximum(sums[0], 1)
    return error


def ece_per_row(
    p: Floats, y: Floats, season: NDArray[np.integer], week: NDArray[np.integer]
) -> Floats:
    """Per row, the ECE of the season so far at the end of the row's week.

    Arguments as `e_process.with_memory`.

    Example:
        >>> p, y, week = np.full(4, 0.65), np.array([1.0, 0, 0, np.nan]), np.array([1, 1, 2, 2])
        >>> ece_per_row(p, y, np.full(4, 2024), week).round(3).tolist()
        [0.15, 0.15, 0.317, 0.317]
    """

    def to_date(sums: Floats, season: NDArray[np.integer]) -> Floats:
        error = np.empty(sums.shape[1:])
        for one in np.unique(season):
            error[season == one] = binned_error(np.cumsum(sums[:, season == one], axis=1))
        return error

    return at_week_ends(weekly_bin_sums, to_date, p, y, season, week)
