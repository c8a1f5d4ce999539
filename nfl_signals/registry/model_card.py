"""The model card: what a model folder is, what it was fitted on, and the hash that pins it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import polars as pl

from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.core.files import read_object, write_json
from nfl_signals.features.version import feature_version
from nfl_signals.markets.decision_time import MADE, Horizon, meaning
from nfl_signals.markets.definitions import Market

CARD = "card.json"
ALWAYS: dict[str, type] = dict.fromkeys(("model_version", "model_hash", "feature_version"), str)
"""What every card holds, whatever it describes."""
SPAN = ("first", "last")  # of a training window
PACKAGES: dict[str, tuple[str, ...]] = {
    "nfl-signals": ("nfl-signals",),
    "lightgbm": ("lightgbm",),
    "numpy": ("numpy",),
    "polars": ("polars",),
    "scikit-learn": ("scikit-learn",),
    "scipy": ("scipy",),
    "xgboost": ("xgboost-cpu", "xgboost"),
}
"""Packages that fit and predict, with the names under which they may be installed."""


@dataclass(frozen=True, kw_only=True)
class TrainingWindow:
    """Which games a model was fitted on."""

    first: str  # season and week of the first game, e.g. '1999-w01'
    last: str  # likewise of the last game
    n_games: int


def week_code(week: str) -> int:
    """Season * 100 + week of a window's end.

    Example:
        >>> week_code("2024-w09")
        202409
    """
    season, number = week.split("-w")
    return int(season) * 100 + int(number)


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
    horizon: Horizon,
    window: TrainingWindow,
    seed: int,
    extra: dict[str, Any],
) -> dict[str, Any]:
    """Describe a finished model folder; returns the card, which also names versions of `PACKAGES`.

    Labels of the markets that it forecasts and the horizon are stored with the model; `extra` is what only
    this kind of model has (learner, calibration, held-out metrics).
    """
    card = {
        **_labels(markets),
        "horizon": horizon,
        "decision_time": meaning(horizon),
        "model_version": version,
        "model_hash": model_hash(folder),
        "feature_version": feature_version(horizon),
        "training_window": asdict(window),
        "seed": seed,
        "packages": package_versions(),
        **extra,
    }
    return write_sealed(folder, card)


def write_sealed(folder: Path, card: Mapping[str, Any]) -> dict[str, Any]:
    """Store a card with the hash of its own content, `card_hash`, and return it with that."""
    content = {**card, "card_hash": _card_hash(card)}
    write_json(folder / CARD, content)
    return content


def check_seal(folder: Path, card: Mapping[str, Any]) -> None:
    """Raise an IntegrityError if a card was edited."""
    if card.get("card_hash") != _card_hash(card):
        raise IntegrityError(f"{folder / CARD}: edited since it was written; restore a copy.")


def read_card(folder: Path) -> dict[str, Any]:
    """The card of a model folder; InputError where there is none or it is malformed."""
    remedy = "restore a copy, or train again."
    card = read_object(folder / CARD, ALWAYS, remedy=remedy)
    window = card.get("training_window", {})
    if not isinstance(window, dict) or not all(isinstance(window.get(n, ""), str) for n in SPAN):
        raise InputError(f"{folder / CARD}: training_window: not a first and a last week; {remedy}")
    return card


def check_card(folder: Path, card: Mapping[str, Any], markets: Sequence[Market]) -> None:
    """Check that a model folder is what its card describes, and forecasts what this program means.

    Raises:
        IntegrityError: its files changed, it was fitted on other features, or labels or decision time
            are not today's.
    """
    if model_hash(folder) != card["model_hash"]:
        raise IntegrityError(
            f"{folder}: its files are not what its card describes; train it again."
        )
    horizon = card_horizon(folder, card)
    if card["feature_version"] != (built := feature_version(horizon)):
        raise IntegrityError(
            f"{folder}: fitted on features {card['feature_version']}, this program builds "
            f"{built}; retrain, or choose a version that was fitted on today's features."
        )
    for name, today in (_labels(markets) | {"decision_time": meaning(horizon)}).items():
        if (then := card.get(name)) != today:
            raise IntegrityError(
                f"{folder}: {name}: fitted with {then}, this program has {today}; retrain, or choose "
                f"a version with today's {name}."
            )


def card_horizon(folder: Path, card: Mapping[str, Any]) -> Horizon:
    """The horizon on a card; IntegrityError where it names none of this program's."""
    found = card.get("horizon")
    if not isinstance(found, str) or found not in MADE:
        raise IntegrityError(
            f"{folder}: horizon: fitted with {found}, this program has {', '.join(MADE)}; retrain, or choose "
            "a version with one of these."
        )
    horizon: Horizon = found
    return horizon


def package_versions() -> dict[str, str]:
    """Versions of `PACKAGES`, those that are not installed left out."""
    found: dict[str, str] = {}
    for package, names in PACKAGES.items():
        for name in names:
            with suppress(PackageNotFoundError):
                found.setdefault(package, installed(name))
    return found


def content_hash(frame: pl.DataFrame) -> str:
    """SHA-256 of names, types and values in the order given, however and wherever they are stored.

    Values enter as CSV, in which a float is its shortest exact decimal: a parquet file's bytes change
    with the library that writes it.

    Example:
        >>> one = pl.DataFrame({"a": [0.1, None]})
        >>> content_hash(one) == content_hash(one.clone()) != content_hash(one.reverse())
        True
    """
    text = frame.write_csv(null_value="null", quote_style="non_numeric")
    return hashlib.sha256(f"{dict(frame.schema)}\n{text}".encode()).hexdigest()


def _labels(markets: Sequence[Market]) -> dict[str, Any]:
    """Market and label: plain for one market, by market's name for several."""
    if len(markets) == 1:
        (only,) = markets
        return {"market": only.name, "label": only.label}
    return {
        "market": [market.name for market in markets],
        "label": {market.name: market.label for market in markets},
    }


def _card_hash(card: Mapping[str, Any]) -> str:
    content = {name: value for name, value in card.items() if name != "card_hash"}
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
