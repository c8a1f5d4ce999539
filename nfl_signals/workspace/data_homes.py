"""One home, several worlds: real games and simulated ones never meet in one table.

A home holds the data of one world at a time. When a run names another source (or another simulated
league), the present world is parked, whole, under `data/parked/<world>/`, and the other comes back
from there if it was parked before. Nothing is deleted; a ledger keeps every row. A move that was
killed half way is finished by whoever opens the home next.
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
    """Make the home hold the world that the settings name; parks and restores where it changes.

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
                _move(paths.home, _parked(paths.home, present["data_home"]))
            # From here on, what lies in the home is the wanted world's, however far the move gets.
            write_json(stamp, wanted | MOVING)
            _move(_parked(paths.home, wanted["data_home"]), paths.home)
        write_json(stamp, wanted)


def _present(stamp: Path) -> dict[str, str] | None:
    """Whose belongings lie in the home; while they move, some of them lie in its parked folder."""
    content: dict[str, str] | None = read_json(stamp) if stamp.exists() else None
    return content


def _parked(home: Path, context: str) -> Path:
    return home / "data" / "parked" / context


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
