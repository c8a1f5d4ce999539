"""One folder, several data homes: real games and simulated ones never meet in one table.

A folder holds one data home at a time. When a run names another source (or another simulated league),
the present one is set aside, whole, under `data/homes/<name>/`, and the other comes back from there if
it was set aside before. Nothing is deleted; a ledger keeps every row. A move that was killed half way
is finished by the next run.
"""

import hashlib
import json
from pathlib import Path

from nfl_signals.core.errors import StorageError
from nfl_signals.core.files import read_json, write_json
from nfl_signals.core.locks import exclusive
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import Settings

STAMP = "data/data_home.json"
MOVING = {"state": "moving"}
CONTENTS = (
    "data/raw",
    "data/quarantine",
    "data/gold",
    "data/oof",
    "data/stacker",
    "data/llm",
    "data/upcoming",
    "data/ledger",
    "data/analysis",
    "models",
    "reports",
)


def data_home_name(settings: Settings) -> str:
    """'nflverse', or 'simulated-' and a hash of seed and league.

    How far a league has been played and published does not count.

    Example:
        >>> data_home_name(Settings(source="nflverse"))
        'nflverse'
    """
    if settings.source == "nflverse":
        return "nflverse"
    league = settings.simulator.model_dump(exclude={"weeks_played", "late_stats"})
    if league["drift_known"]:
        del league["drift_known"]  # homes of a time that had no choice keep their names
    text = json.dumps({"seed": settings.seed, **league}, sort_keys=True)
    return f"simulated-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def claim_home(paths: Paths, settings: Settings) -> None:
    """Make the folder hold the data home of the settings; sets aside and restores where it changes.

    Raises:
        StorageError: a folder cannot be moved; nothing is lost, the next call goes on from there.
    """
    stamp, wanted = paths.home / STAMP, {"data_home": data_home_name(settings)}
    if _present(stamp) == wanted:
        return
    busy = "another run is moving the data of this home; try again when it is done."
    with exclusive(stamp.with_suffix(".lock"), busy=busy):
        present = _present(stamp)
        if present == wanted:
            return
        if present is not None:
            if present["data_home"] != wanted["data_home"]:
                write_json(stamp, present | MOVING)
                _move(paths.home, _set_aside(paths.home, present["data_home"]))
            # From here on, what lies in the home is the wanted data home's, however far the move gets.
            write_json(stamp, wanted | MOVING)
            _move(_set_aside(paths.home, wanted["data_home"]), paths.home)
        write_json(stamp, wanted)


def _present(stamp: Path) -> dict[str, str] | None:
    # While a data home moves, some of it lies where it is set aside.
    content: dict[str, str] | None = read_json(stamp) if stamp.exists() else None
    return content


def _set_aside(home: Path, name: str) -> Path:
    return home / "data" / "homes" / name


def _move(source: Path, destination: Path) -> None:
    for name in CONTENTS:
        if (source / name).exists():
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            try:
                (source / name).rename(destination / name)
            except OSError as error:
                raise StorageError(
                    f"{source / name}: could not be moved to {destination / name} "
                    f"({error.strerror or error}); close what uses it, then run again."
                ) from error
