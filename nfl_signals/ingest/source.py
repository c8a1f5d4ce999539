"""Read a release laid out as nflverse's: from a directory, or from a URL through nflreadpy.

Only bytes -> frame happens here: no casting, no renaming, no filtering (that is `raw.py`). The
simulated league writes the same layout, so everything after this file has one code path.
"""

from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import polars as pl
import stamina
from stamina.instrumentation import LoggingOnRetryHook, set_on_retry_hooks

from nfl_signals.core.errors import SourceError

RETRY_WAIT_SECONDS = 0.5  # first pause between download attempts; doubles each time
TIMEOUT_SECONDS = 30


class MissingReleaseError(SourceError):
    """The release has no such file; every other failure to read it is a plain `SourceError`."""


class Release(Protocol):
    """A place that holds release files."""

    def locate(self, table: str) -> str:
        """Path or URL of a table such as 'schedules/games', for messages."""

    def read(self, table: str) -> pl.DataFrame:
        """Whole table as published; MissingReleaseError without a file, SourceError if unreadable."""


class DirectoryRelease:
    """Release files below a local folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def locate(self, table: str) -> str:
        """Path of the table's file."""
        return str(self.root / f"{table}.parquet")

    def read(self, table: str) -> pl.DataFrame:
        """See `Release.read`."""
        path = Path(self.locate(table))
        if not path.is_file():
            raise MissingReleaseError(
                f"{path}: no such file; check NFL_SIGNALS_NFLVERSE, or download {table}.parquet again."
            )
        try:
            return pl.read_parquet(path, glob=False)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise SourceError(_unreadable(str(path), error)) from error


class UrlRelease:
    """Release files below a URL, read through nflreadpy with retries and a file cache.

    Without `base_url` it is nflreadpy's own. A file that does not exist is not tried again.
    """

    def __init__(
        self, base_url: str | None, *, cache: Path, cache_hours: float, attempts: int
    ) -> None:
        self.base_url, self.attempts = base_url, attempts
        self.cache, self.cache_hours = cache, cache_hours  # folder; age at which files are renewed

    @cached_property
    def _downloader(self) -> Any:  # noqa: ANN401 - nflreadpy ships no types
        from nflreadpy.config import CacheMode, update_config
        from nflreadpy.downloader import NflverseDownloader

        update_config(
            cache_mode=CacheMode.FILESYSTEM,
            cache_dir=self.cache,
            cache_duration=int(self.cache_hours * 3600),
            timeout=TIMEOUT_SECONDS,
        )
        # Retries are announced on stderr; stamina's own default writes to stdout.
        set_on_retry_hooks([LoggingOnRetryHook])
        downloader = NflverseDownloader()
        if self.base_url is not None:
            downloader.BASE_URLS = {"nflverse-data": self.base_url.rstrip("/") + "/"}
        return downloader

    def locate(self, table: str) -> str:
        """URL of the table's file."""
        return f"{self._downloader.BASE_URLS['nflverse-data']}{table}.parquet"

    def read(self, table: str) -> pl.DataFrame:
        """See `Release.read`."""
        retrying = stamina.retry_context(
            on=ConnectionError, attempts=self.attempts, wait_initial=RETRY_WAIT_SECONDS
        )
        try:
            for attempt in retrying:
                with attempt:
                    return self._download(table)
        except ConnectionError as error:
            raise SourceError(
                f"{self.locate(table)}: unreachable after {self.attempts} attempts ({error}); check "
                "the network and NFL_SIGNALS_NFLVERSE, then run again. Nothing was changed."
            ) from error
        raise AssertionError("stamina either returns or raises")

    def _download(self, table: str) -> pl.DataFrame:
        try:
            frame: pl.DataFrame = self._downloader.download("nflverse-data", table)
        except ConnectionError as error:
            if _closed_status(error) == 404:
                raise MissingReleaseError(
                    f"{self.locate(table)}: no such file on the server (404)."
                ) from error
            raise
        except ValueError as error:
            raise SourceError(_unreadable(self.locate(table), error)) from error
        return frame


def open_release(address: str | None, *, cache: Path, cache_hours: float, attempts: int) -> Release:
    """A directory, or a URL where the address is one or None; SourceError without the folder."""
    if address is None or address.startswith(("http://", "https://")):
        return UrlRelease(address, cache=cache, cache_hours=cache_hours, attempts=attempts)
    root = Path(address).expanduser()
    if not root.is_dir():
        raise SourceError(
            f"{root}: no such folder; point NFL_SIGNALS_NFLVERSE at a folder or URL that holds "
            "schedules/games.parquet."
        )
    return DirectoryRelease(root)


def _closed_status(error: ConnectionError) -> int | None:
    """Status of the answer behind a failed download; nflreadpy leaves that answer open."""
    response = getattr(error.__cause__, "response", None)
    if response is None:
        return None
    response.close()
    return int(response.status_code)


def _unreadable(where: str, error: Exception) -> str:
    reason = str(error).splitlines()[0]
    return f"{where}: not readable as parquet ({reason}); the file is truncated or damaged, fetch it again."
