"""Venn-Abers: two probabilities for each game, one of which is calibrated.

Method: Vovk, Petej (2012), arXiv 1211.0025, section 3; inductive form of Vovk, Petej, Fedorova
(2015), arXiv 1511.00213, section 2. The game joins the calibration games once as NO and once as
YES; isotonic regression over all of them gives p0 and p1. Whatever the forecasts are worth, the one
that belongs to the true outcome is perfectly calibrated (arXiv 1211.0025, theorem 1), provided the
games are exchangeable; over seasons that holds as far as league and blend stay what they were.

How far p0 and p1 are apart shows how little the calibration games know about such a forecast. It is
no confidence interval: isotonic regression goes where its few games lead it, so p0 and p1 may both
lie on one side of the truth, or of a smooth calibrator's curve. For that: `intervals.py`.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.optimize import isotonic_regression

from nfl_signals.calibration.protocol import FittedNumbers
from nfl_signals.calibration.rows import Pooled, check_rows, pooled
from nfl_signals.stats.arrays import Floats


@dataclass(frozen=True, kw_only=True)
class VennAbers(FittedNumbers):
    """The calibration games, pooled where forecasts are equal.

    Attributes:
        p_raw: k distinct forecasts, ascending.
        yes: k numbers of YES games.
        games: k numbers of games.
    """

    method: ClassVar[str] = "venn_abers"

    p_raw: tuple[float, ...]
    yes: tuple[float, ...]
    games: tuple[float, ...]

    def interval(self, p_raw: Floats) -> tuple[Floats, Floats]:
        """p0 <= p1 of n forecasts in [0, 1], n each; (0, 1) without calibration games."""
        known = self._pooled.p_raw
        # Only the order counts: forecasts with the same neighbours share an interval.
        place = np.searchsorted(known, p_raw) + np.searchsorted(known, p_raw, side="right")
        places, position = np.unique(place, return_inverse=True)
        ends = np.array([self._ends(*divmod(int(item), 2)) for item in places]).reshape(-1, 2)
        return ends[position, 0], ends[position, 1]

    @cached_property
    def _pooled(self) -> Pooled:
        return Pooled(
            p_raw=np.asarray(self.p_raw), yes=np.asarray(self.yes), games=np.asarray(self.games)
        )

    def _ends(self, before: int, tied: int) -> tuple[float, float]:
        """p0 and p1 of a game with `before` lower forecasts, joining the next one if `tied`."""
        yes, games = self._pooled.yes, self._pooled.games
        if tied:
            games = games.copy()
            games[before] += 1
        else:
            yes, games = np.insert(yes, before, 0.0), np.insert(games, before, 1.0)
        one_more = yes.copy()
        one_more[before] += 1
        low = isotonic_regression(yes / games, weights=games).x[before]
        high = isotonic_regression(one_more / games, weights=games).x[before]
        return float(low), float(high)


def fit_venn_abers(p_raw: Floats, y: Floats) -> VennAbers:
    """Keep the calibration games; arguments and errors as in `fit_platt`.

    Example:
        >>> fitted = fit_venn_abers(np.array([0.4, 0.6]), np.array([0.0, 1.0]))
        >>> [end.tolist() for end in fitted.interval(np.array([0.5]))]
        [[0.0], [1.0]]
    """
    check_rows(p_raw, y)
    groups = pooled(p_raw, y)
    return VennAbers(
        p_raw=tuple(groups.p_raw.tolist()),
        yes=tuple(groups.yes.tolist()),
        games=tuple(groups.games.tolist()),
    )
