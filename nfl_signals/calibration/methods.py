"""The methods by name: how each is fitted and read back.

A new method is one more file and one more line in these tables.
"""

from functools import partial

from nfl_signals.calibration import isotonic
from nfl_signals.calibration.beta import BetaCalibrator, fit_beta
from nfl_signals.calibration.identity import IdentityCalibrator, fit_identity
from nfl_signals.calibration.isotonic import IsotonicCalibrator, fit_isotonic
from nfl_signals.calibration.platt import PlattCalibrator, fit_platt
from nfl_signals.calibration.protocol import Calibrator, Fit
from nfl_signals.calibration.temperature import TemperatureCalibrator, fit_temperature

FITS: dict[str, Fit] = {
    "platt": fit_platt,
    "temperature": fit_temperature,
    "beta": fit_beta,
    "isotonic": fit_isotonic,
    "identity": fit_identity,
}

REFITS: dict[str, Fit] = FITS | {"isotonic": partial(fit_isotonic, min_games=1)}
"""For redrawn weeks: a draw from 10,000 games may hold a few less."""

READERS: dict[str, type[Calibrator]] = {
    kind.method: kind
    for kind in (
        PlattCalibrator,
        TemperatureCalibrator,
        BetaCalibrator,
        IsotonicCalibrator,
        IdentityCalibrator,
    )
}

MIN_GAMES = {"isotonic": isotonic.MIN_GAMES}
"""Games a method needs; the others fall back on their prior."""
