"""One HTTP request: a time-out, retries, a size limit, and one error for every way to fail.

Neither the address nor what a server writes is ever part of a reason: both may hold the key that was sent.
"""

import http.client
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

import stamina
from pydantic import SecretStr
from stamina.instrumentation import LoggingOnRetryHook, set_on_retry_hooks

from nfl_signals.core.errors import SettingsError

CHUNK = 65_536
MAX_ERROR_BYTES = 10_000  # of the body of a refusal
RETRY_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0  # a server that wants more is not worth waiting for
WORTH_RETRYING = frozenset({408, 409, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, kw_only=True)
class Response:
    """A usable response; both parts are untrusted."""

    body: bytes
    headers: Message  # names in any case


class RequestFailedError(Exception):
    """A request without a usable response; callers turn it into an answer or an error of their own.

    Attributes:
        reason: in a few words, without anything that the server wrote.
        again: whether another try may help.
        wait: seconds until then, where the server set them.
        status: of HTTP, 0 where there was no response.
        refusal: the response of the server where it had one, untrusted.
    """

    def __init__(
        self,
        reason: str,
        *,
        again: bool,
        wait: float | None = None,
        status: int = 0,
        refusal: Response | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason, self.again, self.wait = reason, again, wait
        self.status, self.refusal = status, refusal


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry what is sent, and the key, to a server that nobody named."""

    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401 - the base class's arguments
        return None


def fetched(
    request: urllib.request.Request,
    *,
    attempts: int,
    timeout: float,
    max_bytes: int,
    before_each: Callable[[], None] | None = None,
) -> Response:
    """The response to a request, tried again where that may help.

    Args:
        request: its address checked by `checked_address`.
        attempts: tries at most.
        timeout: seconds for one whole response.
        max_bytes: of the body.
        before_each: called before every try; a `RequestFailedError` of its own ends them.

    Raises:
        RequestFailedError: no try brought a usable response.
    """
    # Retries are announced on stderr; stamina's own default writes to stdout.
    set_on_retry_hooks([LoggingOnRetryHook])
    retrying = stamina.retry_context(
        on=wait_before_retry,
        attempts=attempts,
        timeout=None,
        wait_initial=RETRY_WAIT_SECONDS,
        wait_max=LONGEST_WAIT_SECONDS,
    )
    for attempt in retrying:
        with attempt:
            if before_each:
                before_each()
            return _once(request, timeout=timeout, max_bytes=max_bytes)
    raise AssertionError("stamina either returns or raises")


def _once(request: urllib.request.Request, *, timeout: float, max_bytes: int) -> Response:
    too_slow = RequestFailedError(f"no answer within {timeout:g} s", again=True)
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=timeout) as response:
            body = read_body(response, timeout=timeout, max_bytes=max_bytes)
            return Response(body=body, headers=response.headers)
    except urllib.error.HTTPError as error:
        with error:
            raise _refused_by(error, timeout=timeout) from None
    except TimeoutError:
        raise too_slow from None
    except urllib.error.URLError as error:
        slow = isinstance(error.reason, TimeoutError)
        gone = RequestFailedError("server unreachable", again=True)
        raise (too_slow if slow else gone) from None
    except (OSError, http.client.HTTPException):
        raise RequestFailedError("connection broken off", again=True) from None


def wait_before_retry(error: Exception) -> bool | float:
    """Whether to try again, and how many seconds later where the server set it."""
    if not isinstance(error, RequestFailedError) or not error.again:
        return False
    return True if error.wait is None else error.wait


def seconds_to_wait(headers: Message) -> float | None:
    """Retry-After in seconds (RFC 9110, section 10.2.3); a date counts from the response's own.

    Example:
        >>> headers = Message()
        >>> headers["Retry-After"] = "7"
        >>> seconds_to_wait(headers)
        7.0
    """
    after = (headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", after):
        return float(after)
    until, now = _date(after), _date(headers.get("Date") or "")
    return max(0.0, (until - now).total_seconds()) if until and now else None


def read_body(response: http.client.HTTPResponse, *, timeout: float, max_bytes: int) -> bytes:
    """The body; a server that sends drop by drop runs out of time like a silent one.

    Raises:
        RequestFailedError: it is longer than `max_bytes`.
        TimeoutError: it did not end within `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    body = b""
    while chunk := response.read1(CHUNK):
        body += chunk
        if len(body) > max_bytes:
            raise RequestFailedError(f"response longer than {max_bytes} bytes", again=False)
        if time.monotonic() > deadline:
            raise TimeoutError
    return body


def checked_address(address: str, *, setting: str, example: str) -> str:
    """The http(s) address without a slash at its end.

    Raises:
        SettingsError: it is none; names the setting, and does not show the address.
    """
    try:
        parts = urllib.parse.urlsplit(address)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not re.fullmatch(r"[!-~]+", address):
        raise SettingsError(
            f"{setting} is not an http(s) address; set it to the server's, e.g. {example}."
        )
    return address.rstrip("/")


def checked_key(key: SecretStr | None, *, setting: str, variable: str) -> str:
    """The key, empty where there is none; http.client would quote an unusable one in its error.

    Raises:
        SettingsError: no header or address can carry it; the key is not shown.
    """
    text = key.get_secret_value() if key else ""
    if not re.fullmatch(r"[!-~]*", text):
        raise SettingsError(
            f"{setting} holds a space, a line end or a letter outside ASCII; set {variable} to the key "
            "alone."
        )
    return text


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _refused_by(error: urllib.error.HTTPError, *, timeout: float) -> RequestFailedError:
    status, wait = error.code, seconds_to_wait(error.headers)
    try:
        body = read_body(error, timeout=timeout, max_bytes=MAX_ERROR_BYTES)  # type: ignore[arg-type]
    except (OSError, http.client.HTTPException, RequestFailedError):
        body = b""  # the status is enough
    refusal = Response(body=body, headers=error.headers)
    if wait is not None and wait > LONGEST_WAIT_SECONDS:
        reason = f"HTTP {status}, to be retried in {wait:g} s: too long"
        return RequestFailedError(reason, again=False, status=status, refusal=refusal)
    again = status in WORTH_RETRYING
    return RequestFailedError(
        f"HTTP {status}", again=again, wait=wait, status=status, refusal=refusal
    )
