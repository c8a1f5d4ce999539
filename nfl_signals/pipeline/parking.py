"""One home, several worlds: real games and simulated ones never meet in one table.

A home holds the data of one world at a time. When a run names another source (or another simulated
league), the present world is parked, whole, under `data/parked/<world>/`, and the other comes back
from there if it was parked before. Nothing is deleted; a ledger keeps every row.
"""

import hashlib
import json
from pathlib import Path

from filelock import FileLock

from nfl_signals.paths import Paths
from nfl_signals.settings import Settings
from nfl_signals.storage import read_json, write_json

STAMP = "data/world.json"
BELONGINGS = (
    "data/raw",
    "data/gold",
    "data/oof",
    "data/stacker",
    "data/upcoming",
    "data/ledger",
    "data/analysis",
    "models",
    "reports",
)


def world_name(settings: Settings) -> str:
    """'nflverse', or 'simulated-' and a hash of seed and league (weeks played do not count).

    Example:
        >>> world_name(Settings(source="nflverse"))
        'nflverse'
    """
    if settings.source == "nflverse":
        return "nflverse"
    league = settings.simulator.model_dump(exclude={"weeks_played"})
    text = json.dumps({"seed": settings.seed, **league}, sort_keys=True)
    return f"simulated-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def claim_home(paths: Paths, settings: Settings) -> None:
    """Make the home hold the world that the settings name; parks and restores where it changes."""
    stamp, wanted = paths.home / STAMP, world_name(settings)
    if _present(stamp) == wanted:
        return
    stamp.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(stamp.with_suffix(".lock")):
        present = _present(stamp)
        if present == wanted:
            return
        if present is not None:
            _move(paths.home, _parked(paths.home, present))
            _move(_parked(paths.home, wanted), paths.home)
        write_json(stamp, {"world": wanted})


def _present(stamp: Path) -> str | None:
    return str(read_json(stamp)["world"]) if stamp.exists() else None


def _parked(home: Path, world: str) -> Path:
    return home / "data" / "parked" / world


def _move(source: Path, destination: Path) -> None:
    for name in BELONGINGS:
        if (source / name).exists():
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).rename(destination / name)
