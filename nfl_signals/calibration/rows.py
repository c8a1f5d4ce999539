"""The rows that a calibrator is fitted on: checked, and pooled where forecasts are equal."""

from dataclasses import dataclass

import numpy as np

from nfl_signals.stats.arrays import Floats


@dataclass(frozen=True, kw_only=True)
class Pooled:
    """Games with the same forecast taken together.

    Attributes:
        p_raw: k distinct forecasts, ascending.
        yes: k numbers of YES games.
        games: k numbers of games.
    """

    p_raw: Floats
    yes: Floats
    games: Floats


def check_rows(p_raw: Floats, y: Floats) -> None:
    """Refuse what no calibrator can be fitted on.

    Raises:
        ValueError: unequal lengths, a forecast outside [0, 1], an outcome other than 0 and 1.
    """
    if p_raw.ndim != 1 or p_raw.shape != y.shape:
        raise ValueError(f"expected n forecasts and n outcomes, got {p_raw.shape} and {y.shape}")
    if not np.all((p_raw >= 0) & (p_raw <= 1)):
        raise ValueError("forecasts: expected numbers in [0, 1], found NaN or values outside")
    if not np.all((y == 0) | (y == 1)):
        raise ValueError("outcomes: expected 0 or 1 only; leave pushes and unplayed games out")


def pooled(p_raw: Floats, y: Floats) -> Pooled:
    """Pool the games of equal forecasts: order-based methods must not distinguish them.

    Example:
        >>> pooled(np.array([0.6, 0.4, 0.6]), np.array([1.0, 0.0, 0.0])).yes.tolist()
        [0.0, 1.0]
    """
    values, position = np.unique(p_raw, return_inverse=True)
    return Pooled(
        p_raw=values,
        yes=np.bincount(position, weights=y, minlength=len(values)).astype(np.float64),
        games=np.bincount(position, minlength=len(values)).astype(np.float64),
    )
