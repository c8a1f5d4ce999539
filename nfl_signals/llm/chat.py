"""One request to an OpenAI-compatible server: budget, answer, and giving up.

Nothing that a server does stops a run: each way to fail is a `Refusal`. What a server writes is never
quoted in a reason, a log or a file, for it may repeat the key that it was sent.
"""

import json
import threading
import urllib.request

from nfl_signals.core.http_requests import RequestFailedError, checked_address, checked_key, fetched
from nfl_signals.core.setting_sections import LlmSettings
from nfl_signals.llm.answers import AnswerType, Refusal
from nfl_signals.llm.prompt import Prompt

PATH = "/chat/completions"
MAX_BYTES = 1_000_000  # of a response; an answer has a few hundred
GIVE_UP_AFTER = 5  # requests in a row without any usable response: the server is gone


class Chat:
    """A chat-completions server under a budget; safe to share between threads."""

    def __init__(self, settings: LlmSettings, *, base_url: str) -> None:
        example = "http://127.0.0.1:8000/v1"
        self._url = checked_address(base_url, setting="llm.base_url", example=example) + PATH
        variable = "NFL_SIGNALS_LLM__API_KEY"
        self._key = checked_key(settings.api_key, setting="llm.api_key", variable=variable)
        self._settings = settings
        self._left = settings.max_requests
        self._failures = 0  # in a row
        self._lock = threading.Lock()

    def send(self, prompt: Prompt[AnswerType]) -> str | Refusal:
        """The text that the model answers; untrusted."""
        if self._left <= 0:
            return Refusal(reason=self._over_budget)
        if self._failures >= GIVE_UP_AFTER:
            return Refusal(reason=f"server given up after {GIVE_UP_AFTER} failures in a row")
        try:
            response = fetched(
                self._request(prompt),
                attempts=self._settings.attempts,
                timeout=self._settings.timeout_seconds,
                max_bytes=MAX_BYTES,
                before_each=self._spend,
            )
            answer = _text_of(response.body)
        except RequestFailedError as error:
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

    def _spend(self) -> None:
        """Take one request off the budget; every try counts."""
        with self._lock:
            if self._left <= 0:
                raise RequestFailedError(self._over_budget, again=False)
            self._left -= 1


def _text_of(body: bytes) -> str | Refusal:
    """The model's words in a chat completion; a refusal where the model, not the server, failed."""
    try:
        choice = json.loads(body)["choices"][0]
        text, finish = choice["message"]["content"], choice.get("finish_reason")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise RequestFailedError("response is not a chat completion", again=False) from None
    if finish == "length":
        return Refusal(reason="answer refused: cut off by the server")
    return text if isinstance(text, str) else Refusal(reason="answer refused: no text")
