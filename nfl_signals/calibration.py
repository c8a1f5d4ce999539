"""Platt calibration: a straight line on the logit scale, fitted on forecasts made out of sample.

Method: Platt (1999), "Probabilistic outputs for support vector machines", with the line shrunk
towards the identity: without evidence a forecast is left as it is.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nfl_signals.logit import expit, fit_towards_prior, logit
from nfl_signals.storage import read_json, write_json

Floats = NDArray[np.float64]

PRIOR_DEVIATION = (0.05, 0.2)  # of intercept (logits) and slope, around 0 and 1
FILE = "calibrator.json"


@dataclass(frozen=True, kw_only=True)
class PlattCalibrator:
    """logit(p_hat) = intercept + slope * logit(p_raw).

    Attributes:
        intercept: logits; above 0 raises every forecast.
        slope: below 1 pulls forecasts towards one half.
        n_games: games it was fitted on.
    """

    intercept: float
    slope: float
    n_games: int

    def predict(self, p_raw: Floats) -> Floats:
        """Calibrated probabilities, same shape."""
        return expit(self.intercept + self.slope * logit(p_raw))

    def save(self, folder: Path) -> None:
        """Write the numbers as JSON."""
        write_json(folder / FILE, {"method": "platt", **asdict(self)})

    @classmethod
    def load(cls, folder: Path) -> "PlattCalibrator":
        """Read what `save` wrote."""
        content = read_json(folder / FILE)
        return cls(
            intercept=float(content["intercept"]),
            slope=float(content["slope"]),
            n_games=int(content["n_games"]),
        )


def fit_platt(p_raw: Floats, y: Floats) -> PlattCalibrator:
    """Fit on out-of-sample forecasts.

    Args:
        p_raw: n forecasts of YES given no push.
        y: n outcomes, 1 for YES and 0 for NO; pushes left out.
    """
    design = np.column_stack([np.ones(len(y)), logit(p_raw)])
    intercept, slope = fit_towards_prior(
        design, y, prior_mean=np.array([0.0, 1.0]), prior_deviation=np.array(PRIOR_DEVIATION)
    )
    return PlattCalibrator(intercept=float(intercept), slope=float(slope), n_games=len(y))
