"""What every calibrator does: probabilities in, probabilities out, never certain, order kept."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nfl_signals.stats.logit import TAIL

Floats = NDArray[np.float64]


class Calibrator(Protocol):
    """A fitted calibrator."""

    @property
    def method(self) -> str:
        """Name under which it is stored and chosen."""
        ...

    @property
    def n_games(self) -> int:
        """Games it was fitted on."""
        ...

    def predict(self, p_raw: Floats) -> Floats:
        """Calibrated probabilities of YES given no push.

        Args:
            p_raw: n forecasts in [0, 1].

        Returns:
            n probabilities inside (0, 1); a higher forecast never gets a lower one.
        """
        ...

    def to_json(self) -> dict[str, Any]:
        """Method and fitted numbers, enough to build it again."""
        ...


Fit = Callable[[Floats, Floats], Calibrator]
"""(n forecasts made out of sample, n outcomes) -> calibrator."""


def inside(p: Floats) -> Floats:
    """Probabilities held `TAIL` away from 0 and 1: no calibrator is ever certain.

    Example:
        >>> inside(np.array([0.0, 0.5])).tolist()
        [1e-06, 0.5]
    """
    return np.clip(p, TAIL, 1 - TAIL)
