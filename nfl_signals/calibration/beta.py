"""Beta calibration: a line on the logit scale that may bend differently on the two sides of one half.

Method: Kull, Silva Filho, Flach (2017), "Beta calibration", AISTATS, the family with all three
parameters. Shrunk towards the identity (a = b = 1, c = 0) by a prior that at one half is Platt's: of
the slope, which is (a + b) / 2, and of the shift. New is the asymmetry (a - b) / 2, held to 0 as
firmly as the slope is held to 1.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nfl_signals.calibration.platt import INTERCEPT_DEVIATION, SLOPE_DEVIATION
from nfl_signals.calibration.protocol import Calibrator, inside
from nfl_signals.calibration.rising import fit_rising
from nfl_signals.calibration.rows import check_rows
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import expit

SIDE_DEVIATION = SLOPE_DEVIATION * np.sqrt(2)  # of a and of b: their mean has the slope's


@dataclass(frozen=True, kw_only=True)
class BetaCalibrator(Calibrator):
    """logit(p_hat) = c + a * ln(p_raw) - b * ln(1 - p_raw).

    Attributes:
        a: slope where NO is likely; never below 0.
        b: slope where YES is likely; never below 0.
        c: logits; the shift at one half is c - (a - b) * ln 2.
    """

    method: ClassVar[str] = "beta"

    a: float
    b: float
    c: float

    def predict(self, p_raw: Floats) -> Floats:
        """See `Calibrator.predict`."""
        p = inside(p_raw)
        return inside(expit(self.c + self.a * np.log(p) - self.b * np.log1p(-p)))


def fit_beta(p_raw: Floats, y: Floats) -> BetaCalibrator:
    """Fit on out-of-sample forecasts; arguments and errors as in `fit_platt`."""
    check_rows(p_raw, y)
    p = inside(p_raw)
    # Both columns are 0 at one half: there the intercept alone is the shift, as in Platt's prior.
    shift, a, b = fit_rising(
        np.column_stack([np.ones(len(y)), np.log(2 * p), -np.log(2 * (1 - p))]),
        y,
        prior_mean=np.array([0.0, 1.0, 1.0]),
        prior_deviation=np.array([INTERCEPT_DEVIATION, SIDE_DEVIATION, SIDE_DEVIATION]),
        slopes=[1, 2],
    )
    c = shift + (a - b) * np.log(2)
    return BetaCalibrator(a=float(a), b=float(b), c=float(c), n_games=len(y))
