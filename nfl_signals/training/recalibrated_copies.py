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
    week_code,
    write_sealed,
)
from nfl_signals.registry.model_version import ModelVersion
from nfl_signals.registry.version_store import staging, store_version
from nfl_signals.training.baselines import only_retraining
from nfl_signals.workspace.run_context import RunContext


def recalibrated_copy(
    context: RunContext,
    version: str,
    maps: Mapping[str, RecalibrationMap],
    *,
    window: TrainingWindow,
) -> dict[str, Any]:
    """Store a copy of an ensemble that recalibrates its forecasts; it is not served by that alone.

    It is named `<version>r<season><week>` after the last week that the maps were fitted on,
    v202401r202510. A copy of a copy carries both corrections as one map and keeps the name of what was
    trained. The maps are by market and were fitted on forecasts of `version` for the games of
    `window`; a market without one stays as it is. The card is that of `version` with its own name and
    hash, `recalibrated_from`, and under `recalibration` the maps and the games that they were fitted on.

    Raises:
        InputError: there is no such version, no map, or no such market.
        IntegrityError: the version's files are not what its card describes.
    """
    folder = context.paths.ensemble(version)
    _check(context, version, maps)
    staged = folder.parent / f".{version}.staged"
    copy = ModelVersion.parse(version).recalibrated_on(week_code(window.last))
    with only_retraining(context), staging(staged):
        shutil.copytree(folder, staged)
        carried = read_maps(folder)
        for name, new in maps.items():
            carried[name] = new.after(carried[name]) if name in carried else new
        stored = {name: asdict(each) for name, each in carried.items()}
        write_json(staged / RECALIBRATION_FILE, stored)

        def describe(name: str) -> dict[str, Any]:
            card = {
                **read_card(folder),
                "model_version": name,
                "model_hash": model_hash(staged),
                "recalibrated_from": version,
                "recalibration": {"maps": stored, **asdict(window)},
            }
            return write_sealed(staged, card)

        return store_version(staged, folder.parent, copy.name, describe=describe)


def training_window(games: pl.DataFrame) -> TrainingWindow:
    """The window that graded forecasts `game_id, season, week, y` span, of which one or more count.

    A game with several markets is one game; y null, a push or unplayed, counts for nothing.
    """
    rows = games.drop_nulls("y")
    weeks = sorted(rows.select("season", "week").unique().rows())
    first, last = (f"{season}-w{week:02d}" for season, week in (weeks[0], weeks[-1]))
    return TrainingWindow(first=first, last=last, n_games=rows["game_id"].n_unique())


def _check(context: RunContext, version: str, maps: Mapping[str, RecalibrationMap]) -> None:
    folder = context.paths.ensemble(version)
    if not (folder / CARD).exists():
        raise InputError(f"{folder}: not there; only a stored ensemble can be recalibrated.")
    if not maps or (unknown := [name for name in maps if name not in MARKETS]):
        raise InputError(
            f"recalibration of {version}: expected maps of {', '.join(MARKETS)}, got "
            f"{', '.join(unknown) if maps else 'none'}."
        )
    if model_hash(folder) != read_card(folder)["model_hash"]:
        raise IntegrityError(f"{folder}: its files are not what its card describes.")
