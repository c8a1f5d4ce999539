"""A recalibrated copy of an ensemble: the same files, and two numbers a market that are applied last."""

import shutil
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import polars as pl

from nfl_signals.calibration.recalibration import RecalibrationMap
from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.core.files import write_json
from nfl_signals.ensemble.ensemble import RECALIBRATION_FILE, read_maps
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.registry.model_card import (
    CARD,
    TrainingWindow,
    model_hash,
    read_card,
    write_sealed,
)
from nfl_signals.registry.version_store import store_version
from nfl_signals.training.baselines import only_retraining
from nfl_signals.workspace.run_context import RunContext


def recalibrated_copy(
    context: RunContext,
    version: str,
    maps: Mapping[str, RecalibrationMap],
    *,
    window: TrainingWindow,
) -> dict[str, Any]:
    """Store a copy of an ensemble that recalibrates its answers; it does not speak by that alone.

    It is named `<version>r<season><week>` after the last week that taught the maps, v202401r202510. A
    copy of a copy carries both corrections as one map and keeps the name of what was trained.

    Args:
        context: whose models.
        version: trained or recalibrated.
        maps: by market, fitted on what `version` said; a market without one stays as it is.
        window: games that taught the maps; see `training_window`.

    Returns:
        The card: that of `version` with its own name and hash, `recalibrated_from`, and under
        `recalibration` the maps, how many games taught them and which.

    Raises:
        InputError: there is no such version, no map, or no such market.
        IntegrityError: the version's files are not what its card describes.
        StorageError: models are being written elsewhere.
    """
    folder = context.paths.ensemble(version)
    _check(context, version, maps)
    staged = folder.parent / f".{version}.staged"
    with only_retraining(context):
        shutil.rmtree(staged, ignore_errors=True)
        shutil.copytree(folder, staged)
        carried = read_maps(folder)
        for name, new in maps.items():
            carried[name] = new.after(carried[name]) if name in carried else new
        stored = {name: asdict(each) for name, each in carried.items()}
        write_json(staged / RECALIBRATION_FILE, stored)
        recalibration = {"maps": stored, **asdict(window)}

        def describe(name: str) -> dict[str, Any]:
            card = {
                **read_card(folder),
                "model_version": name,
                "model_hash": model_hash(staged),
                "recalibrated_from": version,
                "recalibration": recalibration,
            }
            return write_sealed(staged, card)

        return store_version(staged, folder.parent, copy_name(version, window), describe=describe)


def training_window(games: pl.DataFrame) -> TrainingWindow:
    """The window that graded forecasts span; a game that several markets ask about is one game.

    Args:
        games: `game_id, season, week, y` (null: a push or unplayed, which teaches nothing); one or
            more rows that count.
    """
    rows = games.drop_nulls("y")
    weeks = sorted(rows.select("season", "week").unique().rows())
    first, last = (f"{season}-w{week:02d}" for season, week in (weeks[0], weeks[-1]))
    return TrainingWindow(first=first, last=last, n_games=rows["game_id"].n_unique())


def copy_name(version: str, window: TrainingWindow) -> str:
    """Name of a copy whose maps were taught by the games of a window.

    Example:
        >>> taught = TrainingWindow(first="2025-w01", last="2025-w10", n_games=150)
        >>> copy_name("v202401", taught), copy_name("v202401r202505", taught)
        ('v202401r202510', 'v202401r202510')
    """
    return f"{version.split('r')[0]}r{window.last.replace('-w', '')}"


def _check(context: RunContext, version: str, maps: Mapping[str, RecalibrationMap]) -> None:
    folder = context.paths.ensemble(version)
    if not (folder / CARD).exists():
        raise InputError(f"{folder}: not there; only an ensemble on the shelf can be recalibrated.")
    if not maps or (strange := [name for name in maps if name not in MARKETS]):
        raise InputError(
            f"recalibration of {version}: expected maps of {', '.join(MARKETS)}, got "
            f"{', '.join(strange) if maps else 'none'}."
        )
    if model_hash(folder) != read_card(folder)["model_hash"]:
        raise IntegrityError(f"{folder}: its files are not what its card describes.")
