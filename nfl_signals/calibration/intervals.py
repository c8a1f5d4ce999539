"""How certain a calibrator's curve is: whole weeks are redrawn and it is fitted again.

What the games show about one forecast without any curve is `venn_abers.py`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nfl_signals.calibration.protocol import Fit
from nfl_signals.calibration.rows import check_rows
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.bootstrap import week_draws


@dataclass(frozen=True, kw_only=True)
class CalibratorInterval:
    """Percentile intervals of a calibrator's curve, m each, and of each fitted number (low, high).

    Fitted on `n_games`, whose `n_blocks` weeks were redrawn.
    """

    low: Floats
    high: Floats
    parameters: dict[str, tuple[float, float]]
    n_games: int
    n_blocks: int


def bootstrap_calibrator(
    p_raw: Floats,
    y: Floats,
    block: ArrayLike,
    *,
    fit: Fit,
    at: Floats,
    seed: int,
    draws: int = 200,
    level: float = 0.95,
) -> CalibratorInterval:
    """Fit again on as many weeks as there are, drawn with replacement.

    Nonparametric bootstrap of clusters (Davison, Hinkley 1997, section 3.8), of the estimate as it
    is: a fit that is shrunk towards the identity varies less than one that is not.

    Args:
        p_raw: n forecasts made out of sample, of YES given no push.
        y: n outcomes, 1 for YES and 0 for NO; pushes left out.
        block: label of each game's week, n, distinct over seasons (season * 100 + week).
        fit: how the calibrator is fitted; one of `REFITS`.
        at: m forecasts at which the curve is evaluated.
        seed: the same seed gives the same interval.
        draws: bootstrap draws.
        level: coverage aimed at, in (0, 1).

    Raises:
        ValueError: fewer than two weeks, unequal lengths, or what `fit` refuses.
    """
    check_rows(p_raw, y)
    position, drawn = week_draws(block, seed=seed, draws=draws)
    if position.shape != y.shape:
        raise ValueError(f"block: expected {len(y)} labels of weeks, got {len(position)}")
    games = np.split(np.argsort(position, kind="stable"), np.cumsum(np.bincount(position))[:-1])
    fits = []
    for weeks in drawn:
        rows = np.concatenate([games[week] for week in weeks])
        fits.append(fit(p_raw[rows], y[rows]))
    ends = ((1 - level) / 2, (1 + level) / 2)
    low, high = np.quantile([fitted.predict(at) for fitted in fits], ends, axis=0)
    numbers = [fitted.to_json() for fitted in fits]
    names = [name for name, value in numbers[0].items() if isinstance(value, float)]
    parameters = {
        name: tuple(np.quantile([each[name] for each in numbers], ends).tolist()) for name in names
    }
    return CalibratorInterval(
        low=low, high=high, parameters=parameters, n_games=len(y), n_blocks=drawn.shape[1]
    )
