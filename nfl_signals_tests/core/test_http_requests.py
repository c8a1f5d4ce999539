"""How long to wait before another try, how long for an answer, and how much of it."""

from email.message import Message
from http.client import HTTPResponse
from typing import cast

import pytest

from nfl_signals.core.http_requests import RequestFailedError as Failed
from nfl_signals.core.http_requests import read_body, seconds_to_wait, wait_before_retry

NOW = "Sun, 08 Sep 2024 17:00:00 GMT"


def headers(**fields: str) -> Message:
    message = Message()
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    return message


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        ("0", 0.0),
        (" 12 ", 12.0),
        ("1.5", 1.5),
        ("Sun, 08 Sep 2024 17:00:30 GMT", 30.0),
        ("Sun, 08 Sep 2024 16:00:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("nan", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_seconds_or_as_a_date(after: str, seconds: float | None) -> None:
    assert seconds_to_wait(headers(Retry_After=after, Date=NOW)) == seconds


def test_a_date_without_the_servers_own_time_means_nothing() -> None:
    assert seconds_to_wait(headers(Retry_After=NOW)) is None
    assert seconds_to_wait(headers()) is None


def test_the_wait_is_the_servers_and_otherwise_the_usual_backoff() -> None:
    assert wait_before_retry(Failed("HTTP 429", again=True, wait=7.0)) == 7.0
    assert wait_before_retry(Failed("HTTP 500", again=True)) is True
    assert wait_before_retry(Failed("HTTP 401", again=False)) is False
    assert wait_before_retry(ZeroDivisionError()) is False


class Drip:
    """A body that never ends, one byte at a time."""

    def __init__(self) -> None:
        self.given = 0

    def read1(self, _: int) -> bytes:
        self.given += 1
        return b" "


def test_a_server_that_answers_drop_by_drop_runs_out_of_patience() -> None:
    drip = Drip()
    with pytest.raises(TimeoutError):
        read_body(cast(HTTPResponse, drip), timeout=0.001, max_bytes=10**9)
    assert drip.given < 100_000


def test_a_body_that_is_too_long_is_not_read_to_its_end() -> None:
    drip = Drip()
    with pytest.raises(Failed, match="response longer than 10 bytes"):
        read_body(cast(HTTPResponse, drip), timeout=60, max_bytes=10)
    assert drip.given == 11
