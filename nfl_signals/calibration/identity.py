"""No calibration: the blend speaks for itself."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from nfl_signals.calibration.protocol import Floats, inside
from nfl_signals.calibration.rows import check_rows


@dataclass(frozen=True, kw_only=True)
class IdentityCalibrator:
    """p_hat = p_raw, held inside (0, 1).

    Attributes:
        n_games: games it was offered.
    """

    method: ClassVar[str] = "identity"

    n_games: int

    def predict(self, p_raw: Floats) -> Floats:
        """See `Calibrator.predict`."""
        return inside(p_raw)

    def to_json(self) -> dict[str, Any]:
        """See `Calibrator.to_json`."""
        return {"method": self.method, **asdict(self)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "IdentityCalibrator":
        """Inverse of `to_json`."""
        return cls(n_games=int(content["n_games"]))


def fit_identity(p_raw: Floats, y: Floats) -> IdentityCalibrator:
    """Learn nothing from n forecasts and n outcomes but their number.

    Raises:
        ValueError: see `check_rows`.
    """
    check_rows(p_raw, y)
    return IdentityCalibrator(n_games=len(y))
