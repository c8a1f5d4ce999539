"""SmoothECE: calibration error without bins (Blasiok, Nakkiran 2023, arXiv 2309.12236).

The residuals y - p are smoothed over the forecasts with a Gaussian kernel reflected at 0 and 1:

    error(sigma) = integral over t in [0, 1] of | mean over games of (y - p) * K_sigma(t, p) |

The bandwidth is not chosen but found: error(sigma) never rises with sigma, and SmoothECE is its one
fixed point, error(sigma) = sigma. A bandwidth as wide as the error it finds.

Forecasts are split linearly between the centres of `CELLS` cells. A reflected Gaussian is diagonal
in the cosine basis of those cells (DCT-II), so smoothing any number of drawn outcomes is one
transform. Because error(sigma) falls, the k-th smallest of many fixed points is the fixed point of
the k-th smallest error: a null quantile costs one search, not one search a draw.
"""

import math

import numpy as np
from scipy.fft import dct, idct
from scipy.optimize import brentq
from scipy.sparse import csc_array

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.bins import check_forecasts, check_probabilities

CELLS = 128  # 0.008 wide; the narrowest bandwidth that a whole history of games gives is 0.01
_DECAY = (np.pi * np.arange(CELLS)) ** 2 / 2
_TOLERANCE = 1e-6  # of the fixed point, probability


def smooth_calibration_error(p: Floats, y: Floats) -> float:
    """SmoothECE in [0, 1] of n stated probabilities and n outcomes 0 or 1; 0 is perfect.

    Example:
        >>> round(smooth_calibration_error(np.full(10, 0.5), np.ones(10)), 4)
        0.5
    """
    check_forecasts(p, y)
    return smooth_error_quantile(p, y[:, None], level=1.0)


def smooth_error_quantile(p: Floats, drawn: Floats, *, level: float = 0.95) -> float:
    """Quantile of SmoothECE over sets of outcomes; drawn from `p`, what chance alone shows.

    For stated probabilities, shape (n,), and outcomes 0 or 1, shape (n, draws): the smallest of the
    draws' errors that a share `level`, in (0, 1], does not exceed.
    """
    check_probabilities(p)
    mass = _cell_residuals(p, drawn)
    rank = math.ceil(level * len(mass)) - 1

    def ranked(errors: Floats) -> float:
        return float(np.partition(errors, rank)[rank])

    spectrum = dct(mass, axis=1)

    def excess(sigma: float) -> float:
        smoothed = idct(spectrum * np.exp(-_DECAY * sigma**2), axis=1)
        return ranked(np.abs(smoothed).sum(axis=1)) - sigma

    # No smoothing bounds the error from above, smoothing everything away but the mean from below.
    least, most = ranked(np.abs(mass.sum(axis=1))), ranked(np.abs(mass).sum(axis=1))
    # A bandwidth well within a cell rings, and rounding blurs equal bounds: there the bound is it.
    if excess(most) >= 0:
        return most
    if excess(least) <= 0:
        return least
    return float(brentq(excess, least, most, xtol=_TOLERANCE))


def _cell_residuals(p: Floats, drawn: Floats) -> Floats:
    """Sum of residuals over n by cell, shape (draws, CELLS)."""
    n = len(p)
    place = np.clip(p * CELLS - 0.5, 0, CELLS - 1)
    left = np.minimum(place.astype(np.intp), CELLS - 2)
    right_share = place - left
    rows = np.column_stack([left, left + 1]).ravel()
    share = np.column_stack([1 - right_share, right_share]).ravel()
    spread = csc_array((share, rows, np.arange(0, 2 * n + 1, 2)), shape=(CELLS, n))
    residual = spread @ drawn - (spread @ p)[:, None]
    mass: Floats = np.ascontiguousarray(residual.T) / n
    return mass
