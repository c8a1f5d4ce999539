"""Temperature scaling: one slope on the logit scale, for forecasts that are too sure or too timid.

Method: Guo, Pleiss, Sun, Weinberger (2017), arXiv 1706.04599, section 4.2, where the temperature is
1 / slope; the slope is shrunk towards 1. One half stays one half.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nfl_signals.calibration.platt import SLOPE_DEVIATION
from nfl_signals.calibration.protocol import Calibrator, inside
from nfl_signals.calibration.rising import fit_rising
from nfl_signals.calibration.rows import check_rows
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import expit, logit


@dataclass(frozen=True, kw_only=True)
class TemperatureCalibrator(Calibrator):
    """logit(p_hat) = slope * logit(p_raw).

    Attributes:
        slope: below 1 pulls forecasts towards one half; never below 0.
    """

    method: ClassVar[str] = "temperature"

    slope: float

    def predict(self, p_raw: Floats) -> Floats:
        """See `Calibrator.predict`."""
        return inside(expit(self.slope * logit(p_raw)))


def fit_temperature(
    p_raw: Floats, y: Floats, *, deviation: float = SLOPE_DEVIATION
) -> TemperatureCalibrator:
    """Fit on out-of-sample forecasts; arguments and errors as in `fit_platt`.

    `deviation` is the prior's, of the slope around 1.
    """
    check_rows(p_raw, y)
    slope = fit_rising(
        logit(p_raw)[:, None],
        y,
        prior_mean=np.array([1.0]),
        prior_deviation=np.array([deviation]),
        slopes=[0],
    )
    return TemperatureCalibrator(slope=float(slope[0]), n_games=len(y))
