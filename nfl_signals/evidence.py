"""Evidence against stated probabilities that stays valid however often it is read.

An e-process is a bet against the forecast that is fair when the forecast is right: it starts at 1,
its expectation never exceeds 1, and by Ville's inequality a perfectly calibrated forecast reaches
1 / alpha at any time with probability alpha at most. A fixed-time test read every week has no such
bound: a weekly |Z| > 1.96 fires in about a fifth of perfect seasons.

The bet is a likelihood ratio of a fixed alternative against the forecast, averaged over a few
alternatives (method of mixtures: Howard, Ramdas, McAuliffe, Sekhon 2021, doi 10.1214/20-AOS1991;
e-values for calibration: Arnold, Henzi, Ziegel 2023, doi 10.1214/22-AOAS1697). It is updated once a
week with all of that week's games as one block, because they are forecast before any of them is
known; an alternative may never look at the block that it bets on (Henzi, Ziegel 2022, doi
10.1093/biomet/asab047, on lags). Within a block the null is: outcomes independent given forecasts.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_expit, logit, logsumexp

Floats = NDArray[np.float64]

LARGEST_LOG = 700.0  # exp of more is no longer a finite number


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """A way of being wrong: logit P(y = 1) = bias + slope * logit(p)."""

    name: str
    slope: float = 1.0
    bias: float = 0.0


# Fixed before any outcome, so nothing is tuned. Slopes 0.7 and 1.4 are about the mildest errors that
# three seasons can show; at 0.5 and 2 logits are twice and half as large as warranted. A bias of
# 0.3 logits is 7 percentage points at even odds, just beyond what a calibration limit of 5 allows.
ALTERNATIVES = (
    Alternative(name="much too sure", slope=0.5),
    Alternative(name="too sure", slope=0.7),
    Alternative(name="not sure enough", slope=1.4),
    Alternative(name="much too unsure", slope=2.0),
    Alternative(name="YES stated too often", bias=-0.3),
    Alternative(name="YES stated too rarely", bias=0.3),
)


def log_e_process(p: Floats, y: Floats, week_index: NDArray[np.integer]) -> Floats:
    """Natural log of the e-process, one value per distinct week in ascending order.

    Args:
        p: stated probabilities of YES, in (0, 1) exclusive, shape (n,).
        y: outcomes 0 or 1, pushes left out, shape (n,).
        week_index: order of each game's week, shape (n,); rows may come in any order.

    Raises:
        ValueError: unequal shapes, p outside (0, 1), or y other than 0 and 1.

    Example:
        >>> p, y = np.array([0.5, 0.5]), np.array([1.0, 1.0])
        >>> log_e_process(p, y, np.array([1, 2])).round(4).tolist()
        [0.0, 0.0074]
    """
    if not (p.shape == y.shape == week_index.shape) or p.ndim != 1:
        raise ValueError(f"expected equal 1-d shapes, got {p.shape}, {y.shape}, {week_index.shape}")
    if not np.all((p > 0) & (p < 1)) or not np.all((y == 0) | (y == 1)):
        raise ValueError("expected p in (0, 1) exclusive and y of 0 or 1, pushes left out")
    weeks, position = np.unique(week_index, return_inverse=True)
    sign = 2 * y - 1
    stated = logit(p)
    paths = np.empty((len(ALTERNATIVES), len(weeks)))
    for row, other in zip(paths, ALTERNATIVES, strict=True):
        bet = log_expit(sign * (other.bias + other.slope * stated)) - log_expit(sign * stated)
        row[:] = np.cumsum(np.bincount(position, weights=bet, minlength=len(weeks)))
    mixture: Floats = logsumexp(paths, axis=0) - np.log(len(ALTERNATIVES))
    return mixture


def e_process(p: Floats, y: Floats, week_index: NDArray[np.integer]) -> Floats:
    """The e-process itself, arguments as `log_e_process`; held at exp(700) to stay finite.

    Example:
        >>> e_process(np.array([0.9] * 8), np.zeros(8), np.repeat([1, 2], 4)).round(0).tolist()
        [9.0, 272.0]
    """
    capped: Floats = np.exp(np.minimum(log_e_process(p, y, week_index), LARGEST_LOG))
    return capped


def season_to_date(
    p: Floats, y: Floats, season: NDArray[np.integer], week: NDArray[np.integer]
) -> Floats:
    """Per row, the e-process restarted each season, read at the end of the row's week.

    Args:
        p: stated probabilities of YES, in (0, 1) exclusive, shape (n,).
        y: outcomes 0 or 1, NaN where a push voids the row, shape (n,).
        season: season of each row, shape (n,).
        week: week of each row, shape (n,).

    Example:
        >>> p, y = np.full(3, 0.5), np.array([1.0, 1.0, np.nan])
        >>> season_to_date(p, y, np.full(3, 2024), np.array([1, 2, 3])).round(4).tolist()
        [1.0, 1.0074, 1.0074]
    """
    values = np.ones(len(p))
    for one in np.unique(season):
        rows = season == one
        used = rows & ~np.isnan(y)
        path = np.append(1.0, e_process(p[used], y[used], week[used]))
        values[rows] = path[np.searchsorted(np.unique(week[used]), week[rows], side="right")]
    return values
