"""No calibration: the blend is left as it is."""

from dataclasses import dataclass
from typing import ClassVar

from nfl_signals.calibration.protocol import Calibrator, inside
from nfl_signals.calibration.rows import check_rows
from nfl_signals.stats.arrays import Floats


@dataclass(frozen=True, kw_only=True)
class IdentityCalibrator(Calibrator):
    """p_hat = p_raw, held inside (0, 1)."""

    method: ClassVar[str] = "identity"

    def predict(self, p_raw: Floats) -> Floats:
        """See `Calibrator.predict`."""
        return inside(p_raw)


def fit_identity(p_raw: Floats, y: Floats) -> IdentityCalibrator:
    """Take only the number of games from n forecasts and n outcomes; errors as `check_rows`."""
    check_rows(p_raw, y)
    return IdentityCalibrator(n_games=len(y))
