"""Isotonic calibration: the best rising step function, once there are games enough for one.

Method: Zadrozny, Elkan (2002), "Transforming classifier scores into accurate multiclass probability
estimates", by pool adjacent violators. It assumes no shape, so it needs many games: with few its
outer steps are short, and a step of a few games lies at 0 or 1.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.optimize import isotonic_regression

from nfl_signals.calibration.protocol import Calibrator, inside
from nfl_signals.calibration.rows import check_rows, pooled
from nfl_signals.stats.arrays import Floats

MIN_GAMES = 10_000
"""Games below which Platt's two numbers serve better (about 35 NFL seasons)."""


@dataclass(frozen=True, kw_only=True)
class IsotonicCalibrator(Calibrator):
    """A step function: level i holds from edge i - 1 up to, but without, edge i.

    Attributes:
        edges: k - 1 forecasts at which the level rises, ascending.
        levels: k calibrated probabilities, ascending.
    """

    method: ClassVar[str] = "isotonic"

    edges: tuple[float, ...]
    levels: tuple[float, ...]

    def predict(self, p_raw: Floats) -> Floats:
        """See `Calibrator.predict`."""
        step = np.searchsorted(np.asarray(self.edges), p_raw, side="right")
        return inside(np.asarray(self.levels)[step])


def fit_isotonic(p_raw: Floats, y: Floats, *, min_games: int = MIN_GAMES) -> IsotonicCalibrator:
    """Fit as `fit_platt`; one imagined upset at either end keeps it from certainty.

    Raises:
        ValueError: fewer games than `min_games`, or none; see also `check_rows`.
    """
    check_rows(p_raw, y)
    if len(y) < max(min_games, 1):
        raise ValueError(f"isotonic calibration needs {min_games} games or more, got {len(y)}")
    ends = [p_raw.min(), p_raw.max()]
    groups = pooled(np.append(p_raw, ends), np.append(y, [1.0, 0.0]))
    fitted = isotonic_regression(groups.yes / groups.games, weights=groups.games)
    first = fitted.blocks[:-1]
    edges = (groups.p_raw[first[1:] - 1] + groups.p_raw[first[1:]]) / 2
    return IsotonicCalibrator(
        edges=tuple(edges.tolist()), levels=tuple(fitted.x[first].tolist()), n_games=len(y)
    )
