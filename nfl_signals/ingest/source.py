"""Read a release laid out as nflverse's; from a directory here, from a URL in `download.py`.

Only bytes -> frame happens here: no casting, no renaming, no filtering (that is `raw.py`). The
simulated league writes the same layout, so everything after this file has one code path.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import polars as pl

from nfl_signals.core.errors import SourceError

CSV = ".csv"


class MissingReleaseError(SourceError):
    """The release has no such file; every other failure to read it is a plain `SourceError`."""


class UnreachableReleaseError(SourceError):
    """Nobody answers: what the release holds is not known, and its copies are as good as before."""


class Release(Protocol):
    """A place that holds release files."""

    def locate(self, table: str) -> str:
        """Path or URL of a table such as 'schedules/games', for messages."""

    def read(self, table: str) -> pl.DataFrame:
        """Whole table as published; MissingReleaseError without a file, SourceError if unreadable."""

    def modified_at(self, table: str) -> datetime | None:
        """When the table was published last; None where nobody says."""


class DirectoryRelease:
    """Release files below a local folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def locate(self, table: str) -> str:
        """Path of the table's file: parquet, or CSV where only that is there."""
        path = self.root / f"{table}.parquet"
        as_text = path.with_suffix(CSV)
        return str(as_text if as_text.is_file() and not path.is_file() else path)

    def read(self, table: str) -> pl.DataFrame:
        """See `Release.read`."""
        path = Path(self.locate(table))
        if not path.is_file():
            raise MissingReleaseError(
                f"{path}: no such file; check NFL_SIGNALS_NFLVERSE, or download {table}.parquet again."
            )
        try:
            if path.suffix == CSV:
                return pl.read_csv(path, infer_schema=False, glob=False)
            return pl.read_parquet(path, glob=False)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise SourceError(unreadable(str(path), error)) from error

    def modified_at(self, table: str) -> datetime | None:
        """See `Release.modified_at`: of the file."""
        path = Path(self.locate(table))
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.exists() else None


class ClosedRelease:
    """The release of a command that only looks at a home: it is not there to be read."""

    def locate(self, table: str) -> str:
        """Which table was asked for."""
        return f"the source's {table}"

    def read(self, table: str) -> pl.DataFrame:
        """Refused: see `Release.read`."""
        raise SourceError(f"{self.locate(table)}: not read by a command that only looks at a home.")

    def modified_at(self, table: str) -> datetime | None:
        """Nobody says."""
        return None


def unreadable(where: str, error: Exception) -> str:
    """What to tell of a file that is not what its name says."""
    form, reason = "CSV" if where.endswith(CSV) else "parquet", str(error).splitlines()[0]
    return f"{where}: not readable as {form} ({reason}); the file is truncated or damaged, fetch it again."
