"""Intervals that respect the season's rhythm: whole weeks are redrawn, never single games.

Games of one week share weather, injury news and the mood of the market, so single games are not
independent draws.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from nfl_signals.stats.arrays import Floats, Ints


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate over `n` games with the ends of its interval; `n_blocks` weeks were redrawn."""

    estimate: float
    low: float
    high: float
    n: int
    n_blocks: int


def week_block_interval(
    values: Floats, weeks: ArrayLike, *, seed: int, draws: int = 1000, level: float = 0.95
) -> Interval:
    """Percentile interval of a mean per game, or of a mean paired difference.

    Nonparametric bootstrap of clusters (Davison, Hinkley 1997, section 3.8): as many weeks as there
    are, drawn with replacement; each draw is its sum of values over its number of games.

    Args:
        values: one score, or one difference of scores, per game, shape (n,).
        weeks: label of each game's week, shape (n,), distinct over seasons (season * 100 + week).
        seed: the same seed gives the same interval.
        draws: bootstrap draws.
        level: coverage aimed at, in (0, 1).

    Raises:
        ValueError: empty or non-finite values, unequal lengths, fewer than two weeks.

    Example:
        >>> week_block_interval(np.array([0.25, 0.75, 0.5]), [1, 1, 2], seed=0)
        Interval(estimate=0.5, low=0.5, high=0.5, n=3, n_blocks=2)
    """
    ones = np.ones_like(values)
    return week_block_ratio(values, ones, weeks, seed=seed, draws=draws, level=level)


def week_block_ratio(
    numerator: Floats,
    denominator: Floats,
    weeks: ArrayLike,
    *,
    seed: int,
    draws: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Percentile interval of a ratio of two sums over the same games, as `week_block_interval`.

    Both sums of a draw are over the same redrawn weeks; no denominator may sum to zero.

    Example:
        >>> week_block_ratio(np.array([1.0, 2.0]), np.array([2.0, 4.0]), [1, 2], seed=0)
        Interval(estimate=0.5, low=0.5, high=0.5, n=2, n_blocks=2)
    """
    for values in (numerator, denominator):
        if values.ndim != 1 or values.shape != np.shape(weeks) or not np.isfinite(values).all():
            raise ValueError(f"values and weeks: expected finite, same length; got {values.shape}")
    position, drawn = week_draws(weeks, seed=seed, draws=draws)
    above, below = (
        np.bincount(position, weights=side)[drawn].sum(axis=1) for side in (numerator, denominator)
    )
    low, high = percentiles(above / below, level=level)
    return Interval(
        estimate=float(numerator.sum() / denominator.sum()),
        low=low,
        high=high,
        n=len(numerator),
        n_blocks=drawn.shape[1],
    )


def week_draws(weeks: ArrayLike, *, seed: int, draws: int) -> tuple[NDArray[np.intp], Ints]:
    """Which week each game is of, and which weeks each draw took.

    Returns positions of the n games' weeks among the b sorted weeks, and draws x b such positions.

    Raises:
        ValueError: fewer than two weeks.
    """
    blocks, position = np.unique(np.asarray(weeks), return_inverse=True)
    if len(blocks) < 2:
        raise ValueError(f"weeks: expected two or more to redraw, got {len(blocks)}")
    return position, np.random.default_rng(seed).integers(len(blocks), size=(draws, len(blocks)))


def percentiles(drawn: Floats, *, level: float) -> tuple[float, float]:
    """The ends between which the middle share `level` of the draws lies."""
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return low, high


def minimum_detectable_effect(diff_sd: float, n: int, *, alpha: float, power: float = 0.8) -> float:
    """Smallest true mean difference that a one-sided z-test at `alpha` finds with `power`.

    (z_{1 - alpha} + z_power) * diff_sd / sqrt(n) over n games, where `diff_sd` is the deviation of
    the paired difference per game. A verdict that asks a whole interval of coverage c to lie on one
    side is such a test at (1 - c) / 2.

    Raises:
        ValueError: `n` below 1 or a negative `diff_sd`.

    Example:
        >>> round(minimum_detectable_effect(0.052, 935, alpha=0.05), 4)
        0.0042
    """
    if n < 1 or diff_sd < 0:
        raise ValueError(f"expected n >= 1 and diff_sd >= 0, got {n} and {diff_sd}")
    return float((norm.ppf(1 - alpha) + norm.ppf(power)) * diff_sd / np.sqrt(n))
