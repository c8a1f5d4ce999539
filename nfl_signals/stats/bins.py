"""Equal-mass bins of forecasts, and the refusal of rows that are no forecasts.

Where the bins lie depends on the forecasts alone, so `scores.py`, `fixed_time_tests.py` and
`consistency_band.py` measure in the same bins.
"""

import numpy as np
from numpy.typing import NDArray

from nfl_signals.stats.arrays import Floats

GAMES_PER_BIN = 10  # fewer leave a bin's own sampling error larger than any error it could show


def check_probabilities(p: Floats) -> None:
    """ValueError unless `p` is a non-empty array of shape (n,) of numbers in [0, 1]."""
    if p.ndim != 1 or len(p) == 0:
        raise ValueError(f"probabilities: expected a non-empty 1-d array, got shape {p.shape}")
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError("probabilities: expected numbers in [0, 1], found NaN or values outside")


def check_forecasts(p: Floats, y: Floats) -> None:
    """ValueError unless `p` are probabilities and `y` as many outcomes 0 or 1."""
    check_probabilities(p)
    if p.shape != y.shape:
        raise ValueError(f"outcomes: expected shape {p.shape}, got {y.shape}")
    if not np.all((y == 0) | (y == 1)):
        raise ValueError("outcomes: expected 0 or 1 only; leave pushes and unplayed games out")


def bin_starts(p_sorted: Floats, n_bins: int | None) -> NDArray[np.intp]:
    """First row of each equal-mass bin; ties stay together, every bin holds two rows or more.

    For forecasts in rising order, shape (n,), n >= 2; None means 10 bins, or fewer where that leaves
    under 10 games a bin.

    Example:
        >>> bin_starts(np.array([0.1, 0.2, 0.2, 0.2, 0.3, 0.4]), 3).tolist()
        [0, 4]
    """
    n = len(p_sorted)
    wanted = max(1, min(10, n // GAMES_PER_BIN)) if n_bins is None else n_bins
    if n < 2 or wanted < 1:
        raise ValueError(f"bins: expected two rows or more and n_bins >= 1, got {n} and {wanted}")
    even = (np.arange(1, wanted) * n) // wanted
    starts = [0]
    for cut in np.searchsorted(p_sorted, p_sorted[even], side="left"):
        if cut - starts[-1] >= 2 and n - cut >= 2:
            starts.append(int(cut))
    return np.array(starts)


def bin_means(p: Floats, y: Floats, starts: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
    """Sizes (b,), mean sorted p (b,), mean outcomes (..., b) for outcomes of shape (..., n)."""
    n = np.diff(np.append(starts, len(p))).astype(np.float64)
    return n, np.add.reduceat(p, starts) / n, np.add.reduceat(y, starts, axis=-1) / n


def binned(p: Floats, y: Floats, n_bins: int | None) -> tuple[Floats, Floats, Floats]:
    """Size, mean forecast and mean outcome of each equal-mass bin, each of shape (b,)."""
    check_forecasts(p, y)
    order = np.argsort(p, kind="stable")
    return bin_means(p[order], y[order], bin_starts(p[order], n_bins))
