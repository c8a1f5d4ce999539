"""One request to an OpenAI-compatible server: time-out, retries, budget, and giving up.

Nothing that a server does stops a run: each way to fail is a `Refusal`. What a server writes is never
quoted in a reason, a log or a file, for it may repeat the key that it was sent.
"""

import http.client
import json
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

import stamina
from stamina.instrumentation import LoggingOnRetryHook, set_on_retry_hooks

from nfl_signals.core.errors import SettingsError
from nfl_signals.core.setting_sections import LlmSettings
from nfl_signals.llm.answers import AnswerType, Refusal
from nfl_signals.llm.prompt import Prompt

PATH = "/chat/completions"
MAX_BYTES = 1_000_000  # of a response; an answer has a few hundred
CHUNK = 65_536
RETRY_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0  # a server that wants more is not worth waiting for
WORTH_RETRYING = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
GIVE_UP_AFTER = 5  # requests in a row without any usable response: the server is gone


class _FailedError(Exception):
    """A request without a usable response; never leaves this module."""

    def __init__(self, reason: str, *, again: bool, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again
        self.wait = wait


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry documents and key to a server that nobody named."""

    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401 - the base class's arguments
        return None


class Chat:
    """A chat-completions server under a budget; safe to share between threads."""

    def __init__(self, settings: LlmSettings, *, base_url: str) -> None:
        self._url = _checked_address(base_url).rstrip("/") + PATH
        self._key = _checked_key(settings)
        self._settings = settings
        self._left = settings.max_requests
        self._failures = 0  # in a row
        self._lock = threading.Lock()
        self._opener = urllib.request.build_opener(_NoRedirect)
        # Retries are announced on stderr; stamina's own default writes to stdout.
        set_on_retry_hooks([LoggingOnRetryHook])

    def send(self, prompt: Prompt[AnswerType]) -> str | Refusal:
        """The text that the model answers; untrusted."""
        if self._left <= 0:
            return Refusal(reason=self._over_budget)
        if self._failures >= GIVE_UP_AFTER:
            return Refusal(reason=f"server given up after {GIVE_UP_AFTER} failures in a row")
        request = self._request(prompt)
        retrying = stamina.retry_context(
            on=wait_before_retry,
            attempts=self._settings.attempts,
            timeout=None,
            wait_initial=RETRY_WAIT_SECONDS,
            wait_max=LONGEST_WAIT_SECONDS,
        )
        try:
            for attempt in retrying:
                with attempt:
                    answer = _text_of(self._fetch(request))
        except _FailedError as error:
            with self._lock:
                self._failures += 1
            return Refusal(reason=error.reason)
        with self._lock:
            self._failures = 0
        return answer

    @property
    def _over_budget(self) -> str:
        return f"budget of {self._settings.max_requests} requests used up"

    def _request(self, prompt: Prompt[AnswerType]) -> urllib.request.Request:
        schema = {"name": prompt.name, "strict": True, "schema": prompt.schema}
        body = {
            "model": self._settings.model,
            "temperature": 0,
            "messages": [
                {"role": "system", "content": prompt.instructions},
                {"role": "user", "content": prompt.content},
            ],
            "response_format": {"type": "json_schema", "json_schema": schema},
        }
        data = json.dumps(body).encode()
        request = urllib.request.Request(self._url, data=data, method="POST")
        request.add_header("Content-Type", "application/json")
        if self._key:
            # Unredirected headers stay with this host, whatever it answers.
            request.add_unredirected_header("Authorization", f"Bearer {self._key}")
        return request

    def _fetch(self, request: urllib.request.Request) -> bytes:
        with self._lock:
            if self._left <= 0:
                raise _FailedError(self._over_budget, again=False)
            self._left -= 1
        patience = self._settings.timeout_seconds
        too_slow = _FailedError(f"no answer within {patience:g} s", again=True)
        try:
            with self._opener.open(request, timeout=patience) as response:
                return _read(response, patience=patience)
        except urllib.error.HTTPError as error:
            with error:
                raise _refused_by(error.code, error.headers) from None
        except TimeoutError:
            raise too_slow from None
        except urllib.error.URLError as error:
            slow = isinstance(error.reason, TimeoutError)
            raise (too_slow if slow else _FailedError("server unreachable", again=True)) from None
        except (OSError, http.client.HTTPException):
            raise _FailedError("connection broken off", again=True) from None


def wait_before_retry(error: Exception) -> bool | float:
    """Whether to try again, and how many seconds later where the server set it."""
    if not isinstance(error, _FailedError) or not error.again:
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


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _refused_by(status: int, headers: Message) -> _FailedError:
    wait = seconds_to_wait(headers)
    if wait is not None and wait > LONGEST_WAIT_SECONDS:
        return _FailedError(f"HTTP {status}, to be retried in {wait:g} s: too long", again=False)
    return _FailedError(f"HTTP {status}", again=status in WORTH_RETRYING, wait=wait)


def _read(response: http.client.HTTPResponse, *, patience: float) -> bytes:
    """The body; a server that sends drop by drop runs out of patience like a silent one."""
    deadline = time.monotonic() + patience
    body = b""
    while chunk := response.read1(CHUNK):
        body += chunk
        if len(body) > MAX_BYTES:
            raise _FailedError(f"response longer than {MAX_BYTES} bytes", again=False)
        if time.monotonic() > deadline:
            raise TimeoutError
    return body


def _text_of(body: bytes) -> str | Refusal:
    """The model's words in a chat completion; a refusal where the model, not the server, failed."""
    try:
        choice = json.loads(body)["choices"][0]
        text, finish = choice["message"]["content"], choice.get("finish_reason")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise _FailedError("response is not a chat completion", again=False) from None
    if finish == "length":
        return Refusal(reason="answer refused: cut off by the server")
    return text if isinstance(text, str) else Refusal(reason="answer refused: no text")


def _checked_address(base_url: str) -> str:
    try:
        parts = urllib.parse.urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not re.fullmatch(r"[!-~]+", base_url):
        raise SettingsError(
            "llm.base_url is not an http(s) address; set it to the server's, e.g. "
            "http://127.0.0.1:8000/v1."
        )
    return base_url


def _checked_key(settings: LlmSettings) -> str:
    """The key, empty where there is none; http.client would quote an unusable one in its error."""
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    if not re.fullmatch(r"[!-~]*", key):
        raise SettingsError(
            "llm.api_key holds a space, a line end or a letter outside ASCII; set "
            "NFL_SIGNALS_LLM__API_KEY to the key alone."
        )
    return key
