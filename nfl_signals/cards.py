"""The artifact card: what a model folder is, what it was fitted on, and the hash that pins it."""

import hashlib
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
    """SHA-256 over names and contents of a model folder's files, its card left out."""
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        if file.name != CARD:
            # Contents enter by their own hash: no byte of one file can pass for another file's name.
            content = hashlib.sha256(file.read_bytes()).digest()
            digest.update(file.name.encode() + b"\0" + content)
    return digest.hexdigest()


def write_card(
    folder: Path,
    *,
    market: Market,
    version: str,
    window: TrainingWindow,
    seed: int,
    extra: dict[str, Any],
) -> dict[str, Any]:
    """Describe a finished model folder.

    Args:
        folder: model files, complete.
        market: the question, whose label and horizon are stored with the model.
        version: name under which consumers ask for it.
        window: games that taught it.
        seed: of every random choice.
        extra: what only this kind of model has (learner, calibration, held-out metrics).

    Returns:
        The card.
    """
    card = {
        "market": market.name,
        "model_version": version,
        "model_hash": model_hash(folder),
        "feature_version": feature_version(),
        "label": market.label,
        "horizon": market.horizon,
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
