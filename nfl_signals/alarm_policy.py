"""When a forecast's calibration raises the alarm: an error that lasts, and proof that it is one.

Two things must hold at the end of a week:

1. the calibration error without its sampling bias (`calibration_gap.gap_to_date`) has stood above the
   limit for more than `min_days` days without a break, and still does; and
2. the evidence (`evidence.py`) has reached `evidence` in this season. Ville's inequality bounds the
   largest value of an e-process, so what was once proved needs no second proof while the error lasts.

The off-season adds no days and proof does not outlast its season.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class AlarmPolicy:
    """Limits: error in probability, days that it must be exceeded for, e-value to be reached."""

    max_calibration_error: float = 0.05
    min_days: int = 7
    evidence: float = 20.0


def days_over(
    error: Floats, limit: float, *, day: NDArray[np.integer], season: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Days since the error first stood above the limit without a break since; 0 while it does not.

    Args:
        error: calibration error after each week, shape (..., weeks).
        limit: in probability.
        day: day number of each week's last game, ascending, shape (weeks,).
        season: season of each week, shape (weeks,).

    Returns:
        Shape (..., weeks).

    Example:
        >>> days = np.arange(4) * 7
        >>> days_over(np.array([0.1, 0.1, 0.0, 0.1]), 0.05, day=days, season=np.zeros(4, int)).tolist()
        [0, 7, 0, 0]
    """
    over = error > limit
    since = np.zeros(error.shape, dtype=np.int64)
    for week in range(error.shape[-1]):
        goes_on = over[..., week - 1] if week and season[week] == season[week - 1] else False
        since[..., week] = np.where(goes_on, since[..., week - 1], day[week])
    return np.where(over, day - since, 0)


def reached(evidence: Floats, limit: float, *, season: NDArray[np.integer]) -> Flags:
    """Whether the evidence, shape (..., weeks), has reached the limit in the season so far."""
    found = np.empty(evidence.shape, dtype=bool)
    for one in np.unique(season):
        weeks = season == one
        found[..., weeks] = np.maximum.accumulate(evidence[..., weeks], axis=-1) >= limit
    return found


def alarms(
    error: Floats,
    evidence: Floats,
    *,
    day: NDArray[np.integer],
    season: NDArray[np.integer],
    policy: AlarmPolicy,
) -> Flags:
    """Whether the alarm stands at the end of each week.

    Args:
        error: calibration error after each week, shape (..., weeks).
        evidence: e-value after each week, shape (..., weeks).
        day: day number of each week's last game, ascending, shape (weeks,).
        season: season of each week, ascending, shape (weeks,).
        policy: the limits.

    Returns:
        Shape (..., weeks).
    """
    lasting = days_over(error, policy.max_calibration_error, day=day, season=season)
    return (lasting > policy.min_days) & reached(evidence, policy.evidence, season=season)
