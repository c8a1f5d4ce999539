"""Platt calibration: a line on the logit scale, fitted on forecasts made out of sample.

Method: Platt (1999), "Probabilistic outputs for support vector machines", with the line shrunk
towards the identity: without evidence a forecast is left as it is.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nfl_signals.calibration.protocol import Calibrator, inside
from nfl_signals.calibration.rising import fit_rising
from nfl_signals.calibration.rows import check_rows
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import expit, logit

INTERCEPT_DEVIATION = 0.05  # prior sd of the intercept around 0, logits
SLOPE_DEVIATION = 0.2  # prior sd of the slope around 1


@dataclass(frozen=True, kw_only=True)
class PlattCalibrator(Calibrator):
    """logit(p_hat) = intercept + slope * logit(p_raw).

    Attributes:
        intercept: logits; above 0 raises every forecast.
        slope: below 1 pulls forecasts towards one half; never below 0.
    """

    method: ClassVar[str] = "platt"

    intercept: float
    slope: float

    def predict(self, p_raw: Floats) -> Floats:
        """See `Calibrator.predict`."""
        return inside(expit(self.intercept + self.slope * logit(p_raw)))


def fit_platt(p_raw: Floats, y: Floats) -> PlattCalibrator:
    """Fit on n out-of-sample forecasts of YES given no push and n outcomes, 1 or 0; see `check_rows`."""
    check_rows(p_raw, y)
    intercept, slope = fit_rising(
        np.column_stack([np.ones(len(y)), logit(p_raw)]),
        y,
        prior_mean=np.array([0.0, 1.0]),
        prior_deviation=np.array([INTERCEPT_DEVIATION, SLOPE_DEVIATION]),
        slopes=[1],
    )
    return PlattCalibrator(intercept=float(intercept), slope=float(slope), n_games=len(y))
