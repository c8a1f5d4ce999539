"""The version store: a version's name stands for the same files for ever.

What a version forecast must stay attributable to it, so a name is never given to other files. The
same files find themselves there already; other files of the same week get the next name.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nfl_signals.core.storage import storing
from nfl_signals.registry.model_card import CARD, model_hash, read_card
from nfl_signals.registry.model_version import ModelVersion


@contextmanager
def staging(staged: Path) -> Iterator[None]:
    """A folder that is empty at first; what the block leaves in it, finished or not, is removed."""
    shutil.rmtree(staged, ignore_errors=True)  # what a killed run left behind
    try:
        with storing(staged):
            yield
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def store_version(
    staged: Path, store: Path, name: str, *, describe: Callable[[str], dict[str, Any]]
) -> dict[str, Any]:
    """Move a folder of model files to `store/name`, or to the next name that is not taken.

    `staged` is complete but for its card, on the same disk as the store; `describe` writes its card
    under a name. Returns the card; its `model_version` is the name that the files have.
    """
    version = ModelVersion.parse(name)
    while True:
        card, folder = describe(version.name), store / version.name
        if not (folder / CARD).exists() or read_card(folder) == read_card(staged):
            break
        version = version.next()
    # Sound files stay where they are: somebody may be reading them. Damaged ones are replaced.
    if (folder / CARD).exists() and model_hash(folder) == card["model_hash"]:
        shutil.rmtree(staged)
    else:
        shutil.rmtree(folder, ignore_errors=True)
        staged.rename(folder)
    return card
