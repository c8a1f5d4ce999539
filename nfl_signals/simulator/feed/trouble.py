"""Named alterations of a release, each with the answer that ingestion owes it.

What a feed has shown, or could: the list that tests, `nfl-signals simulate --trouble NAME` and the data
dictionary share. A fault that is found later is added here first.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import polars as pl

from nfl_signals.core.errors import InputError
from nfl_signals.ingest.raw import FILES
from nfl_signals.ingest.source import MissingReleaseError, Release

Expected = Literal["repair", "quarantine", "degrade", "refuse"]
Alter = Callable[[pl.DataFrame], pl.DataFrame | None]


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One alteration of one table of a season."""

    table: str  # a key of `raw.FILES`
    what: str  # as a sentence
    answer: Expected
    rule: str  # of `rules.RULES`; for what is refused, a word of the message
    alter: Alter  # of the season's rows; None: the file is gone


@dataclass(frozen=True)
class TroubledRelease:
    """A release with some alterations in one season, applied in the order given."""

    release: Release
    season: int
    troubles: tuple[Trouble, ...]

    def locate(self, table: str) -> str:
        """See `Release.locate`."""
        return self.release.locate(table)

    def modified_at(self, table: str) -> datetime | None:
        """See `Release.modified_at`."""
        return self.release.modified_at(table)

    def read(self, table: str) -> pl.DataFrame:
        """See `Release.read`."""
        frame = self.release.read(table)
        for trouble in self.troubles:
            if FILES[trouble.table].format(season=self.season) == table:
                frame = self._altered(frame, trouble)
        return frame

    def _altered(self, frame: pl.DataFrame, trouble: Trouble) -> pl.DataFrame:
        if trouble.table != "games":
            altered = trouble.alter(frame)
        else:  # one file holds all seasons: where a type changes, it changes for all of them
            mine = pl.col("season") == self.season
            changed = trouble.alter(frame.filter(mine))
            others = frame.filter(~mine)
            altered = changed if changed is None else _stacked(others, changed)
        if altered is None:
            raise MissingReleaseError(f"{self.locate(trouble.table)}: {trouble.what}")
        return altered


def _stacked(others: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    """The rows of both, in the columns and types of the changed ones."""
    kept = others.select(name for name in others.columns if name in changed.columns)
    return pl.concat([_retyped(kept, changed.schema), changed], how="diagonal")


def _retyped(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    def cast(name: str) -> pl.Expr:
        if schema[name] == pl.Time and frame.schema[name] == pl.String:
            return pl.col(name).str.to_time("%H:%M", strict=False)
        return pl.col(name).cast(schema[name], strict=False)

    return frame.select(cast(name) for name in frame.columns)


def named(names: Iterable[str], troubles: dict[str, Trouble]) -> tuple[Trouble, ...]:
    """The alterations of these names; InputError names those there are for one that is not."""
    for name in names:
        if name not in troubles:
            raise InputError(
                f"trouble {name}: no such alteration; there are {', '.join(troubles)}."
            )
    return tuple(troubles[name] for name in names)
