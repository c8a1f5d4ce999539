"""An odds feed over the network: what is asked, and what is said where it gives no odds."""

import socket
from collections.abc import Iterator
from datetime import datetime

import pytest
import stamina

from nfl_signals.core.errors import SettingsError
from nfl_signals.core.odds_settings import OddsSettings
from nfl_signals.ingest.odds_feed import MAX_BYTES, OddsFeedError, Quota, feed_name, fetch_odds
from nfl_signals_tests.support.chat_server import GONE, SILENT, Reply
from nfl_signals_tests.support.odds_server import (
    HOME,
    KEY,
    QUOTA,
    OddsServer,
    event,
    odds,
    odds_feed,
    snapshot,
)

NONE_LEFT = {"x-requests-remaining": "0", "x-requests-used": "500"}
SPENT = "the quota is used up; .* x-requests-remaining 0, x-requests-used 500"


@pytest.fixture
def feed() -> Iterator[OddsServer]:
    with odds_feed() as running:
        yield running


@pytest.fixture(autouse=True)
def _no_pauses_between_attempts() -> Iterator[None]:
    with stamina.set_testing(True, attempts=99, cap=True):
        yield


def test_the_odds_of_now_are_asked_for_in_v4s_words(feed: OddsServer) -> None:
    answer = fetch_odds(feed.settings(regions="us,eu"))
    assert feed.paths == ["/v4/sports/americanfootball_nfl/odds"]
    assert feed.queries == [
        {
            "regions": "us,eu",
            "markets": "h2h,spreads,totals",
            "oddsFormat": "american",
            "dateFormat": "iso",
            "apiKey": KEY,
        }
    ]
    assert [each.home_team for each in answer.snapshot.data] == [HOME]
    assert answer.quota == Quota(remaining=487, used=13)


def test_a_snapshot_is_asked_for_by_its_instant_in_utc(feed: OddsServer) -> None:
    feed.replies = [snapshot(event())]
    at = datetime.fromisoformat("2023-09-05T10:00:00-04:00")
    answer = fetch_odds(feed.settings(), at=at)
    assert feed.paths == ["/v4/historical/sports/americanfootball_nfl/odds"]
    assert feed.queries[0]["date"] == "2023-09-05T14:00:00Z"
    assert str(answer.snapshot.timestamp) == "2023-09-05 13:55:00+00:00"


def test_books_by_name_take_the_place_of_regions(feed: OddsServer) -> None:
    fetch_odds(feed.settings(bookmakers="pinnacle,draftkings"))
    assert feed.queries[0]["bookmakers"] == "pinnacle,draftkings"
    assert "regions" not in feed.queries[0]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(status=401, body=b"{}"), "the key is refused: set NFL_SIGNALS_ODDS__API_KEY"),
        (Reply(status=403, body=b"no"), "the key is refused: set NFL_SIGNALS_ODDS__API_KEY"),
        (Reply(status=401, body=b'{"error_code": ["x"]}'), "the key is refused"),
        (Reply(status=401, body=b'{"error_code": "OUT_OF_USAGE_CREDITS"}'), "quota is used up"),
        (Reply(status=401, body=b"", headers=NONE_LEFT), SPENT),
        (Reply(status=429, body=b"", headers=NONE_LEFT), SPENT),
        (Reply(status=429, body=b"", headers=QUOTA), "too many requests, .* 487, .* 13"),
        (
            Reply(status=401, body=b'{"error_code": "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN"}'),
            "no historical odds",
        ),
        (Reply(status=404, body=b""), "HTTP 404; .* check odds.url"),
        (Reply(status=302, body=b"", headers={"Location": "http://127.0.0.1:9/"}), "HTTP 302"),
        (Reply(status=500, body=b""), "HTTP 500; try again later"),
        (GONE, "connection broken off"),
        (Reply(body=b""), "the answer is empty"),
        (Reply(body=b"<!DOCTYPE html>"), "answered with a web page"),
        (Reply(body=b"Hello"), "not JSON"),
        (Reply(body=b"[" * 100_000), "not JSON"),
        (Reply(body=b"[]"), "lists no game"),
        (Reply(body=b'{"message": "x"}'), "not the shape of v4: the whole: "),
        (odds(event(home_team=None)), "not the shape of v4: 0.home_team: "),
        (odds(event(commence_time="2023-09-07T17:00:00")), "0.commence_time: .* timezone"),
        (odds(event(commence_time="0001-01-01T00:00:00+14:00")), "no time of a season"),
        (odds(event(commence_time=1694106000)), "0.commence_time: "),
    ],
)
def test_what_is_no_list_of_odds_ends_in_a_message_that_says_what_to_do(
    feed: OddsServer, reply: Reply, why: str
) -> None:
    feed.replies = [reply]
    with pytest.raises(OddsFeedError, match=f"odds feed http://127.*: .*{why}"):
        fetch_odds(feed.settings())


def test_a_snapshot_without_its_frame_is_refused(feed: OddsServer) -> None:
    with pytest.raises(OddsFeedError, match="not the shape of v4"):
        fetch_odds(feed.settings(), at=datetime.fromisoformat("2023-09-05T14:00:00+00:00"))


@pytest.mark.parametrize("reply", [Reply(status=503, body=b""), Reply(status=429, body=b""), GONE])
def test_a_failure_that_may_pass_is_tried_again(feed: OddsServer, reply: Reply) -> None:
    feed.replies = [reply, reply, odds(event())]
    assert fetch_odds(feed.settings(attempts=3)).quota.remaining == 487
    feed.replies = [reply]
    with pytest.raises(OddsFeedError):
        fetch_odds(feed.settings(attempts=2))
    assert len(feed.paths) == 5


def test_a_refusal_is_not_tried_again(feed: OddsServer) -> None:
    feed.replies = [Reply(status=401, body=b"")]
    with pytest.raises(OddsFeedError):
        fetch_odds(feed.settings(attempts=3))
    assert len(feed.paths) == 1


def test_a_feed_that_is_silent_or_gone_is_named(feed: OddsServer) -> None:
    feed.replies = [SILENT]
    with pytest.raises(OddsFeedError, match=r"no answer within 0\.2 s"):
        fetch_odds(feed.settings(attempts=1, timeout_seconds=0.2))
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(OddsFeedError, match="server unreachable"):
            fetch_odds(feed.settings(url=url, attempts=1))


def test_an_answer_without_an_end_is_cut_off(
    feed: OddsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_BYTES >= 10_000_000
    monkeypatch.setattr("nfl_signals.ingest.odds_feed.MAX_BYTES", 100)
    with pytest.raises(OddsFeedError, match="response longer than 100 bytes"):
        fetch_odds(feed.settings())


@pytest.mark.parametrize(
    "told", ["many", "-1", "", KEY, "9" * 40], ids=["word", "minus", "empty", "key", "long"]
)
def test_a_quota_that_is_no_count_is_unknown(feed: OddsServer, told: str) -> None:
    feed.replies = [odds(event(), **{"x-requests-remaining": told, "x-requests-used": "13.0"})]
    assert fetch_odds(feed.settings()).quota == Quota(remaining=None, used=13)


def test_without_a_key_or_with_one_that_no_address_carries_nothing_is_asked(
    feed: OddsServer,
) -> None:
    for key, why in ((None, "there is none; set NFL_SIGNALS_ODDS__API_KEY"), (f"{KEY}\n", "alone")):
        with pytest.raises(SettingsError, match=why) as refused:
            fetch_odds(feed.settings(api_key=key))
        assert KEY not in str(refused.value)
    with pytest.raises(SettingsError, match=r"odds\.url is not an http\(s\) address"):
        fetch_odds(OddsSettings(url="file:///etc/passwd", api_key=feed.settings().api_key))
    assert feed.paths == []


def test_a_feeds_name_shows_no_user_part_of_its_address() -> None:
    assert feed_name(OddsSettings(url="https://me:hunter2@host")) == "odds feed https://***@host"
