"""Names of model versions: what they mean, how they are ordered, and the versions of a folder.

`v202409` was fitted on games up to 2024 week 9, `v20240902` is the second training of that week, and
`v202409r202510` is a copy of the first, recalibrated on its own forecasts up to 2025 week 10.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from nfl_signals.core.errors import InputError
from nfl_signals.registry.model_card import CARD

NAME = re.compile(r"v(\d{6})(\d{2,})?(?:r(\d{6})(\d{2,})?)?")


@dataclass(frozen=True, order=True)
class ModelVersion:
    """A version's name in parts; later trainings, and copies of the same training, are larger.

    Example:
        >>> newest = max(map(ModelVersion.parse, ["v202410", "v20240902", "v202409r202510"]))
        >>> newest.name, ModelVersion.parse("v202409r202510").original.name
        ('v202410', 'v202409')
    """

    trained: int  # season * 100 + week of the last training game
    training: int = 1  # which training of that week, from 1
    recalibrated: int = (
        0  # season * 100 + week that a copy's recalibration was fitted up to; 0: no copy
    )
    copy: int = 1  # which copy of that week, from 1

    @classmethod
    def parse(cls, name: str) -> Self:
        """The parts of a name; InputError if it is not the name of a version."""
        found = NAME.fullmatch(name)
        if found is None:
            raise InputError(f"{name}: not the name of a version; expected one such as v202409.")
        return cls(
            *(int(part or default) for part, default in zip(found.groups(), "0101", strict=True))
        )

    @property
    def name(self) -> str:
        """As folders and cards have it."""
        copy = f"r{self.recalibrated}{_numbered(self.copy)}" if self.recalibrated else ""
        return f"v{self.trained}{_numbered(self.training)}{copy}"

    @property
    def original(self) -> "ModelVersion":
        """The version as it was trained, before any recalibration."""
        return replace(self, recalibrated=0, copy=1)

    def recalibrated_on(self, week: int) -> "ModelVersion":
        """The copy of the original whose recalibration was fitted up to season * 100 + `week`."""
        return replace(self, recalibrated=week, copy=1)

    def next(self) -> "ModelVersion":
        """The name that other files of the same week get."""
        if self.recalibrated:
            return replace(self, copy=self.copy + 1)
        return replace(self, training=self.training + 1)


def stored_versions(folder: Path) -> list[ModelVersion]:
    """Versions in a model folder that have a card, recalibrated copies among them, oldest first."""
    names = (path.name for path in folder.glob("v*") if (path / CARD).exists())
    return sorted(ModelVersion.parse(name) for name in names if NAME.fullmatch(name))


def trained_versions(folder: Path, *, after: str | None = None) -> list[str]:
    """Names of the stored versions that are no recalibrated copies, oldest first.

    `after` leaves out what is not newer than that version, or than the original of that copy.
    """
    eldest = None if after is None else ModelVersion.parse(after).original
    return [
        version.name
        for version in stored_versions(folder)
        if not version.recalibrated and (eldest is None or version > eldest)
    ]


def latest_version(folder: Path) -> str:
    """Newest trained version below a model folder; InputError where nothing was trained yet."""
    versions = trained_versions(folder)
    if not versions:
        raise InputError(f"{folder}: holds no model yet; run the retraining job first.")
    return versions[-1]


def _numbered(number: int) -> str:
    return f"{number:02d}" if number > 1 else ""
