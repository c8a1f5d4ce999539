"""An odds feed of the v4 shape of The Odds API: what its books show now, or showed at an instant.

The key travels in the address, so no address is ever part of a message; neither is anything that the
server writes.
"""

import json
import re
import urllib.parse
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message

from nfl_signals.core.errors import SettingsError, SourceError
from nfl_signals.core.http_requests import (
    RequestFailedError,
    Response,
    checked_address,
    checked_key,
    fetched,
)
from nfl_signals.core.odds_settings import KEY_VARIABLE, OddsSettings
from nfl_signals.core.redaction import redacted
from nfl_signals.ingest.odds_feed_rules import ASKED, Snapshot, parsed

SPORT = "americanfootball_nfl"
MAX_BYTES = 50_000_000  # of an answer; a season's games with forty books have a fifth of it
REFUSED = (401, 403)
TOO_MANY = 429
USED_UP, NO_HISTORY = "OUT_OF_USAGE_CREDITS", "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN"


@dataclass(frozen=True, kw_only=True)
class Quota:
    """Requests that the key has left and has used, by the feed's own count; None where it does not say."""

    remaining: int | None = None
    used: int | None = None

    def __str__(self) -> str:
        left, used = ("unknown" if n is None else n for n in (self.remaining, self.used))
        return f"x-requests-remaining {left}, x-requests-used {used}"


class OddsFeedError(SourceError):
    """The feed gave no usable answer; `quota` is what it said of it."""

    def __init__(self, what: str, quota: Quota | None = None) -> None:
        super().__init__(what)
        self.quota = quota or Quota()


@dataclass(frozen=True, kw_only=True)
class OddsAnswer:
    """A usable answer."""

    snapshot: Snapshot
    quota: Quota


def feed_name(settings: OddsSettings) -> str:
    """The feed, for messages and logs."""
    return f"odds feed {redacted(settings.url)}"


def fetch_odds(settings: OddsSettings, *, at: datetime | None = None) -> OddsAnswer:
    """What the feed's books show now, or the last of its snapshots at or before `at`.

    Raises:
        SettingsError: there is no key, or it or the address cannot be used.
        OddsFeedError: the feed refuses, fails, or answers something else than odds.
    """
    where = feed_name(settings)
    try:
        response = fetched(
            _request(settings, at),
            attempts=settings.attempts,
            timeout=settings.timeout_seconds,
            max_bytes=MAX_BYTES,
        )
    except RequestFailedError as error:
        raise _told(error, where) from None
    quota = _quota(response.headers)
    try:
        return OddsAnswer(
            snapshot=parsed(response.body, where, historical=at is not None), quota=quota
        )
    except SourceError as error:
        raise OddsFeedError(str(error), quota) from None


def _request(settings: OddsSettings, at: datetime | None) -> urllib.request.Request:
    example = "https://api.the-odds-api.com"
    url = checked_address(settings.url, setting="odds.url", example=example)
    key = checked_key(settings.api_key, setting="odds.api_key", variable=KEY_VARIABLE)
    if not key:
        raise SettingsError(f"odds.api_key: there is none; set {KEY_VARIABLE} to the feed's key.")
    books = (
        {"bookmakers": settings.bookmakers}
        if settings.bookmakers
        else {"regions": settings.regions}
    )
    query = {
        **books,
        "markets": ",".join(ASKED),
        "oddsFormat": "american",
        "dateFormat": "iso",
        **({"date": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"} if at else {}),
        "apiKey": key,
    }
    past = "historical/" if at else ""
    words = urllib.parse.urlencode(query, safe=",:")
    return urllib.request.Request(f"{url}/v4/{past}sports/{SPORT}/odds?{words}")


def _told(error: RequestFailedError, where: str) -> OddsFeedError:
    refusal = error.refusal
    if refusal is None:
        return OddsFeedError(f"{where}: {error.reason}; try again later, or check odds.url.")
    quota, code = _quota(refusal.headers), _code(refusal)
    if code == USED_UP or (error.status in (*REFUSED, TOO_MANY) and quota.remaining == 0):
        why = "the quota is used up; wait for the next period, or take a larger plan"
    elif code == NO_HISTORY:
        why = "the key's plan has no historical odds"
    elif error.status in REFUSED:
        why = f"the key is refused: set {KEY_VARIABLE} to one that is valid"
    elif error.status == TOO_MANY:
        why = "too many requests, or the quota is used up; try again later"
    else:
        return OddsFeedError(f"{where}: {error.reason}; try again later, or check odds.url.", quota)
    return OddsFeedError(f"{where}: {why} ({error.reason}; {quota}).", quota)


def _code(refusal: Response) -> str | None:
    """The feed's code of a refusal, for comparison: it is as untrusted as the rest."""
    try:
        found = json.loads(refusal.body)["error_code"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return found if isinstance(found, str) else None


def _quota(headers: Message) -> Quota:
    return Quota(
        remaining=_count(headers.get("x-requests-remaining")),
        used=_count(headers.get("x-requests-used")),
    )


def _count(text: str | None) -> int | None:
    told = re.fullmatch(r"\s*(\d{1,12})(\.0*)?\s*", text or "", flags=re.ASCII)
    return int(told.group(1)) if told else None
