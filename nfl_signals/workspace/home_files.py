"""The files that a home begins with, as they come with the package."""

from importlib.resources import files
from pathlib import Path

from nfl_signals.core.errors import InputError
from nfl_signals.core.files import write_text
from nfl_signals.core.settings import HOME_MARKS, SIGNALS, working_home


def usual(name: str) -> str:
    """Text of `dagster.yaml`, `signals.yaml` or `workspace.yaml` as it comes with the package."""
    return (files(__package__) / "templates" / name).read_text(encoding="utf-8")


def make_home(folder: Path) -> Path:
    """Make the folder a home by a `signals.yaml` that explains itself; returns that file.

    Raises:
        InputError: it is one already, or no folder.
    """
    if any((folder / mark).exists() for mark in HOME_MARKS):
        raise InputError(f"{folder}: is a home already.")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; name a folder.")
    return write_text(folder / SIGNALS, usual(SIGNALS))


def refuse_no_home() -> None:
    """Raise InputError where the working folder is in no home and holds other things."""
    here = working_home()
    if not any((here / mark).exists() for mark in HOME_MARKS) and any(here.iterdir()):
        raise InputError(
            f"{here}: is no home, and not empty. Name a home (--home FOLDER, NFL_SIGNALS_HOME), go to one, "
            "or make one here: nfl-signals init ."
        )
