"""Calibrators as JSON files, written and read back whatever the method."""

from pathlib import Path

import numpy as np

from nfl_signals.calibration.methods import READERS
from nfl_signals.calibration.protocol import Calibrator
from nfl_signals.calibration.venn_abers import VennAbers
from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.files import read_json, write_json

PROBES = np.linspace(0, 1, 101)  # forecasts at which a loaded calibrator is tried


def save_calibrator(path: Path, calibrator: Calibrator | VennAbers) -> None:
    """Write the fitted numbers to the JSON file `path`."""
    write_json(path, calibrator.to_json())


def load_calibrator(path: Path) -> Calibrator:
    """The calibrator that `save_calibrator` wrote.

    Raises:
        InputError: there is no such file, or it is no JSON.
        IntegrityError: its method is unknown, a number is missing, or it is no rising function into
            (0, 1).
    """
    content = read_json(path)
    method = content.get("method") if isinstance(content, dict) else None
    if method not in READERS:
        raise IntegrityError(
            f"{path}: a calibrator of method {method!r}, which this version cannot read; retrain."
        )
    try:
        calibrator = READERS[method].from_json(content)
        tried = calibrator.predict(PROBES)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise _broken(path, method, repr(error)) from error
    if not np.all((tried > 0) & (tried < 1)) or np.diff(tried).min() < 0:
        raise _broken(path, method, "its forecasts do not rise inside (0, 1)")
    return calibrator


def load_venn_abers(path: Path) -> VennAbers:
    """The calibration games that `save_calibrator` wrote.

    Raises:
        InputError: there is no such file, or it is no JSON.
        IntegrityError: it holds something else, or games that cannot be.
    """
    content = read_json(path)
    if not isinstance(content, dict) or content.get("method") != VennAbers.method:
        raise _broken(path, VennAbers.method, "it holds something else")
    try:
        fitted = VennAbers.from_json(content)
    except (KeyError, TypeError, ValueError) as error:
        raise _broken(path, VennAbers.method, repr(error)) from error
    p_raw, yes, games = (np.asarray(part) for part in (fitted.p_raw, fitted.yes, fitted.games))
    if not len(p_raw) == len(yes) == len(games):
        raise _broken(path, VennAbers.method, "its lists differ in length")
    if not np.all((p_raw >= 0) & (p_raw <= 1)) or not np.all(np.diff(p_raw) > 0):
        raise _broken(path, VennAbers.method, "its forecasts do not ascend within [0, 1]")
    if not np.all((yes >= 0) & (yes <= games) & (games >= 1)):
        raise _broken(path, VennAbers.method, "more YES games than games, or a forecast without")
    return fitted


def _broken(path: Path, method: str, reason: str) -> IntegrityError:
    return IntegrityError(f"{path}: not a usable {method} calibrator ({reason}); retrain.")
