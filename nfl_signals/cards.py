"""The artifact card: what a model folder is, what it was fitted on, and the hash that pins it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nfl_signals.feature_version import feature_version
from nfl_signals.markets import Market
from nfl_signals.storage import read_json, write_json

CARD = "card.json"


@dataclass(frozen=True, kw_only=True)
class TrainingWindow:
    """Which games taught a model.

    Attributes:
        first: season and week of the first game, e.g. '1999-w01'.
        last: season and week of the last game.
        n_games: how many.
    """

    first: str
    last: str
    n_games: int


def model_hash(folder: Path) -> str:
    """SHA-256 over names and contents of all files below a model folder, its own card left out."""
    digest = hashlib.sha256()
    names = sorted(
        file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()
    )
    for name in names:
        if name != CARD:
            # Contents enter by their own hash: no byte of one file can pass for another file's name.
            content = hashlib.sha256((folder / name).read_bytes()).digest()
            digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()


def write_card(
    folder: Path,
    *,
    markets: Sequence[Market],
    version: str,
    window: TrainingWindow,
    seed: int,
    extra: dict[str, Any],
) -> dict[str, Any]:
    """Describe a finished model folder.

    Args:
        folder: model files, complete.
        markets: the questions it answers, whose labels and horizons are stored with the model.
        version: name under which consumers ask for it.
        window: games that taught it.
        seed: of every random choice.
        extra: what only this kind of model has (learner, calibration, held-out metrics).

    Returns:
        The card.
    """
    card = {
        **_questions(markets),
        "model_version": version,
        "model_hash": model_hash(folder),
        "feature_version": feature_version(),
        "training_window": {
            "first": window.first,
            "last": window.last,
            "n_games": window.n_games,
        },
        "seed": seed,
        **extra,
    }
    write_json(folder / CARD, card)
    return card


def read_card(folder: Path) -> dict[str, Any]:
    """The card of a model folder.

    Raises:
        InputError: there is none, or it is malformed.
    """
    card: dict[str, Any] = read_json(folder / CARD)
    return card


def _questions(markets: Sequence[Market]) -> dict[str, Any]:
    """Market, label and horizon: plain for one market, by market's name for several."""
    if len(markets) == 1:
        return {
            "market": markets[0].name,
            "label": markets[0].label,
            "horizon": markets[0].horizon,
        }
    return {
        "market": [market.name for market in markets],
        "label": {market.name: market.label for market in markets},
        "horizon": {market.name: market.horizon for market in markets},
    }
