"""A release behind a URL: downloaded through nflreadpy, kept, and asked whether it has changed.

A copy is used again only after its server has said that the file is still the same (ETag, Last-Modified
and size), or within `RECHECK_SECONDS` and not from before the run's now, so that the steps of one run
see one release. What a clock says about a copy's age does not count: yesterday's file is not today's
release.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
import stamina
from stamina.instrumentation import LoggingOnRetryHook, set_on_retry_hooks

from nfl_signals.core.errors import InputError, SchemaError, SourceError
from nfl_signals.core.files import Json, read_json, write_json, write_parquet
from nfl_signals.core.redaction import redacted
from nfl_signals.ingest.source import (
    DirectoryRelease,
    MissingReleaseError,
    Release,
    UnreachableReleaseError,
    unreadable,
)

RETRY_WAIT_SECONDS = 0.5  # first pause between download attempts; doubles each time
TIMEOUT_SECONDS = 30
RECHECK_SECONDS = 300  # a copy that was the newest so long ago is not asked about again
NO_MATTER_WHEN = datetime.min.replace(tzinfo=UTC)
VALIDATORS = ("ETag", "Last-Modified", "Content-Length")


class UrlRelease:
    """Release files below a URL; without `base_url` nflverse's own.

    The URL may hold a password, and so do the errors of those who fetch: none is passed on.
    A file that does not exist is not tried again. A copy that was checked before `since` has to be
    again. `offline` uses the copies that are there, whatever their age, and asks nobody.
    """

    def __init__(
        self,
        base_url: str | None,
        *,
        cache: Path,
        attempts: int,
        since: datetime = NO_MATTER_WHEN,
        offline: bool = False,
    ) -> None:
        self.base_url, self.attempts = base_url, attempts
        self.cache, self.since, self.offline = cache, since, offline
        self._headers: Mapping[str, str] = {}  # of the newest response; names in any case

    @cached_property
    def _downloader(self) -> Any:  # noqa: ANN401 - nflreadpy ships no types
        from nflreadpy.config import CacheMode, update_config
        from nflreadpy.downloader import NflverseDownloader

        # Verbose it would print the URL.
        update_config(cache_mode=CacheMode.OFF, timeout=TIMEOUT_SECONDS, verbose=False)
        # Retries are announced on stderr; stamina's own default writes to stdout.
        set_on_retry_hooks([LoggingOnRetryHook])
        downloader = NflverseDownloader()
        downloader.session.hooks["response"].append(self._remember)
        if self.base_url is not None:
            downloader.BASE_URLS = {"nflverse-data": self.base_url.rstrip("/") + "/"}
        return downloader

    def locate(self, table: str) -> str:
        """URL of the table's file, for messages."""
        return redacted(self._url(table))

    def _url(self, table: str) -> str:
        return f"{self._downloader.BASE_URLS['nflverse-data']}{table}.parquet"

    def read(self, table: str) -> pl.DataFrame:
        """See `Release.read`."""
        kept = self._kept(table)
        return self._fetched(table) if kept is None else kept

    def modified_at(self, table: str) -> datetime | None:
        """See `Release.modified_at`: as the server says."""
        try:
            told = parsedate_to_datetime(str(self._facts(table).get("Last-Modified")))
        except ValueError:  # not in the form of RFC 9110
            return None
        return told if told.tzinfo else told.replace(tzinfo=UTC)

    def forget(self, table: str) -> None:
        """Take the copy, if there is one, no longer for what the server has."""
        if self._facts(table):
            self._headers = {}
            self._note(table, checked=0.0)

    @property
    def _origin(self) -> str:
        # Not the address: it may hold a password.
        return hashlib.sha256(str(self.base_url).encode()).hexdigest()[:16]

    @property
    def remedy(self) -> str:
        """What helps against a copy that was refused."""
        if not self.offline:
            return "The next run downloads it anew."
        return f"The run is offline, on the copies below {self.cache}: run once without."

    def _fetched(self, table: str) -> pl.DataFrame:
        if self.offline:
            raise MissingReleaseError(
                f"{self._copy(table)}: no copy of this file, and the run is offline; run once without."
            )
        frame: pl.DataFrame = self._tried(table, self._download)
        write_parquet(self._copy(table), frame)
        self._note(table)
        return frame

    def _kept(self, table: str) -> pl.DataFrame | None:
        """The copy, where it can be read and is still what the server has."""
        facts = self._facts(table)
        if not facts or not (self.offline or self._is_newest(table, facts)):
            return None
        try:
            return pl.read_parquet(self._copy(table), glob=False)
        except (pl.exceptions.PolarsError, OSError) as error:
            if self.offline and self._copy(table).exists():
                raise SourceError(unreadable(str(self._copy(table)), error)) from error
            return None  # a damaged copy is fetched again

    def _is_newest(self, table: str, facts: Json) -> bool:
        checked = facts["checked"]
        if 0 <= time.time() - checked < RECHECK_SECONDS and checked >= self.since.timestamp():
            return True
        self._tried(table, self._ask)
        told = {name: self._headers.get(name) for name in VALIDATORS}
        same = all(told[name] == facts[name] for name in VALIDATORS)
        if same and (told["ETag"] or told["Last-Modified"]):
            self._note(table)
            return True
        return False

    def _ask(self, table: str) -> None:
        try:
            response = self._downloader.session.head(
                self._url(table), timeout=TIMEOUT_SECONDS, allow_redirects=True
            )
        except OSError as error:
            raise ConnectionError(f"{type(error).__name__}") from None
        if not response.ok:
            self._headers = {}  # then it is fetched, and that says what is wrong

    def _tried(self, table: str, attempt: Any) -> Any:  # noqa: ANN401 - a function of the table
        retrying = stamina.retry_context(
            on=ConnectionError, attempts=self.attempts, wait_initial=RETRY_WAIT_SECONDS
        )
        try:
            for each in retrying:
                with each:
                    return attempt(table)
        except ConnectionError as error:
            raise UnreachableReleaseError(
                f"{self.locate(table)}: unreachable after {self.attempts} attempts ({error}); check "
                "the network and NFL_SIGNALS_NFLVERSE, then run again, or with NFL_SIGNALS_OFFLINE=true "
                "on the copies that are there. Nothing was changed."
            ) from None
        raise AssertionError("stamina either returns or raises")

    def _download(self, table: str) -> pl.DataFrame:
        try:
            frame: pl.DataFrame = self._downloader.download("nflverse-data", table)
        except ConnectionError as error:
            if _closed_status(error) == 404:
                raise MissingReleaseError(
                    f"{self.locate(table)}: no such file on the server (404)."
                ) from None
            raise ConnectionError(redacted(str(error))) from None
        except ValueError as error:
            raise SourceError(unreadable(self.locate(table), error)) from None
        return frame

    def _remember(self, response: Any, *_: object, **__: object) -> None:  # noqa: ANN401
        self._headers = response.headers

    def _copy(self, table: str) -> Path:
        return self.cache / f"{table}.parquet"

    def _note(self, table: str, *, checked: float | None = None) -> None:
        facts: Json = {name: self._headers.get(name) for name in VALIDATORS}
        facts |= {"from": self._origin, "checked": time.time() if checked is None else checked}
        write_json(self._copy(table).with_suffix(".json"), facts)

    def _facts(self, table: str) -> Json:
        """What was noted about the copy; nothing where there is none, or one of another release."""
        try:
            found: Json = read_json(self._copy(table).with_suffix(".json"))
        except InputError:
            return {}
        complete = isinstance(found, dict) and {*VALIDATORS, "checked", "from"} <= found.keys()
        mine = complete and found["from"] == self._origin
        return found if mine and isinstance(found["checked"], int | float) else {}


def open_release(
    address: str | None,
    *,
    cache: Path,
    attempts: int,
    since: datetime = NO_MATTER_WHEN,
    offline: bool = False,
) -> Release:
    """A directory, or a URL where the address is one or None; SourceError without the folder."""
    if address is None or address.startswith(("http://", "https://")):
        return UrlRelease(address, cache=cache, attempts=attempts, since=since, offline=offline)
    root = Path(address).expanduser()
    if not root.is_dir():
        raise SourceError(
            f"{root}: no such folder; point NFL_SIGNALS_NFLVERSE at a folder or URL that holds "
            "schedules/games.parquet."
        )
    return DirectoryRelease(root)


@contextmanager
def judged(release: Release, *tables: str) -> Iterator[None]:
    """Let a release forget the downloads that are refused inside the block.

    Else the next run would be given the same copies, and be refused again.

    Raises:
        SourceError, SchemaError: those of the block, with what the next run does about it.
    """
    try:
        yield
    except (MissingReleaseError, UnreachableReleaseError):
        raise
    except (SourceError, SchemaError) as error:
        if not isinstance(release, UrlRelease):
            raise
        for table in tables:
            release.forget(table)
        raise type(error)(f"{error} {release.remedy}") from error


def _closed_status(error: ConnectionError) -> int | None:
    """Status of the answer behind a failed download; nflreadpy leaves that answer open."""
    response = getattr(error.__cause__, "response", None)
    if response is None:
        return None
    response.close()
    return int(response.status_code)
