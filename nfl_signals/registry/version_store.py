"""Put a finished ensemble on the shelf: under a name that stands for the same files for ever.

What a version once said must stay attributable to it, so a name is never given to other files. The
same files find themselves there already; other files of the same week get a number behind the name:
v202409, v20240902, v20240903.
"""

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from nfl_signals.registry.model_card import CARD, model_hash, read_card


def store_version(
    staged: Path, shelf: Path, name: str, *, describe: Callable[[str], dict[str, Any]]
) -> dict[str, Any]:
    """Move a folder of model files to `shelf/name`, or to the next name that is not taken.

    Args:
        staged: complete but for its card, on the same disk as the shelf; gone afterwards.
        shelf: folder of all versions.
        name: wished for.
        describe: writes the card of `staged` under a name and returns it.

    Returns:
        The card; its `model_version` is the name that the files have.
    """
    for candidate in _names(name):
        card, folder = describe(candidate), shelf / candidate
        if not (folder / CARD).exists() or read_card(folder) == read_card(staged):
            _move_into_place(staged, folder, card)
            return card
    raise AssertionError  # names do not end


def _move_into_place(staged: Path, folder: Path, card: dict[str, Any]) -> None:
    # Sound files stay where they are: somebody may be reading them. Damaged ones are made good.
    if (folder / CARD).exists() and model_hash(folder) == card["model_hash"]:
        shutil.rmtree(staged)
        return
    shutil.rmtree(folder, ignore_errors=True)
    staged.rename(folder)


def _names(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}{number:02d}" for number in count(2))
