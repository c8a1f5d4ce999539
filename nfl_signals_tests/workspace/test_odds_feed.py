"""A live home asks its odds feed; whatever the feed does, no run stops and nothing that was there is lost."""

import json
import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
import stamina

from nfl_signals.checks.tables import raw_quality
from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.core.files import read_parquet, write_json
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import Settings
from nfl_signals.defs.partitions import range_tags, sync_seasons
from nfl_signals.defs.raw import raw_asset
from nfl_signals.workspace import tables
from nfl_signals.workspace.prices import fetch_prices
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.builders import MemoryRelease, game, release, utc
from nfl_signals_tests.support.chat_server import GONE, Reply
from nfl_signals_tests.support.homes import nfl_signals
from nfl_signals_tests.support.odds_server import (
    AWAY,
    HOME,
    KEY,
    QUOTA,
    Json,
    OddsServer,
    book,
    event,
    market,
    odds,
    odds_feed,
    snapshot,
    spread,
    total,
)

GAME, LAST_YEARS = "2098_01_DET_KC", "2022_01_DET_KC"
TO_COME = {"commence_time": "2098-09-07T17:00:00Z"}  # by any clock
SEEN = "2098-09-05T14:00:00Z"
SHOWN = event(book(seen=SEEN), **TO_COME)
NONE_LEFT = {"x-requests-remaining": "0", "x-requests-used": "500"}


@pytest.fixture
def feed() -> Iterator[OddsServer]:
    with odds_feed() as running:
        running.replies = [odds(SHOWN)]
        yield running


@pytest.fixture(autouse=True)
def _no_pauses_between_attempts() -> Iterator[None]:
    with stamina.set_testing(True, attempts=99, cap=True):
        yield


def shown(spread_line: float = 3.0) -> MemoryRelease:
    return release(
        [
            game(LAST_YEARS, "2022-09-08", score=(20, 17)),
            game(GAME, "2098-09-07", spread_line=spread_line),
        ]
    )


def opened(home: Path, feed: OddsServer, **changes: Any) -> RunContext:  # noqa: ANN401
    """A run of two seasons, live unless `changes` make it another one."""
    given = dict(changes)
    as_of = given.pop("as_of", datetime.now(UTC))
    odds_settings = feed.settings(**given.pop("odds", {}))
    settings = Settings(home=home, odds=odds_settings, **({"source": "nflverse"} | given))
    return RunContext(
        settings=settings, paths=Paths(home), release=shown(), seasons=(2022, 2098), as_of=as_of
    )


def ingested(context: RunContext) -> RunContext:
    for table in ("games", "prices"):
        tables.ingest(context, table, context.seasons)
    return context


def books(context: RunContext, season: int = 2098) -> list[str]:
    return read_parquet(context.paths.raw("prices", season))["book"].unique().sort().to_list()


def test_a_live_run_adds_what_the_books_show_on_its_newest_season(
    tmp_path: Path, feed: OddsServer
) -> None:
    context = ingested(opened(tmp_path, feed))
    assert (books(context), books(context, 2022)) == (["draftkings", "nflverse"], ["nflverse"])
    assert len(feed.paths) == 1
    rows = read_parquet(context.paths.raw("prices", 2098)).filter(book="draftkings", market="ats")
    assert rows.rows() == [
        (GAME, "ats", "draftkings", "snapshot", utc("2098-09-05 14:00"), 3.5, -110.0, -105.0)
    ]
    ingested(context)
    assert read_parquet(context.paths.raw("prices", 2098)).filter(book="draftkings").height == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"odds": {"api_key": None}},
        {"clock": "as_of"},
        {"source": "simulated"},
        {"offline": True},
        {"as_of": utc("2023-09-05 14:00")},
    ],
    ids=["no key", "a played season", "a simulated league", "offline", "dated back"],
)
def test_no_other_run_asks_the_feed(
    tmp_path: Path, feed: OddsServer, changes: dict[str, Any]
) -> None:
    context = ingested(opened(tmp_path, feed, **changes))
    assert "draftkings" not in books(context)
    assert feed.paths == []
    assert not context.paths.odds_feed.exists()


def test_without_a_game_to_come_no_quota_is_spent(tmp_path: Path, feed: OddsServer) -> None:
    context = opened(tmp_path, feed)
    over = release([game("2023_01_DET_KC", "2023-09-07", score=(20, 17))])
    object.__setattr__(context, "release", over)
    object.__setattr__(context, "seasons", (2023,))
    context.paths.odds_feed.parent.mkdir(parents=True, exist_ok=True)
    context.paths.odds_feed.write_text("of another run, and damaged")
    metadata, _ = materialized(context)
    assert feed.paths == []
    assert not [name for name in metadata if name.startswith("odds_feed")]


FAILURES = {
    "key": (Reply(status=401, body=b""), "the key is refused: set NFL_SIGNALS_ODDS__API_KEY"),
    "quota": (Reply(status=429, body=b"", headers=NONE_LEFT), "the quota is used up"),
    "gone": (GONE, "connection broken off"),
    "html": (Reply(body=b"<html>"), "answered with a web page"),
    "empty": (Reply(body=b""), "the answer is empty"),
    "shape": (Reply(body=b"{}"), "not the shape of v4"),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_a_feed_that_fails_leaves_the_schedules_line_and_says_so(
    tmp_path: Path, feed: OddsServer, kind: str
) -> None:
    reply, why = FAILURES[kind]
    feed.replies = [reply]
    context = ingested(opened(tmp_path, feed))
    assert books(context) == ["nflverse"]
    (found,) = context.quality.filter(table="prices", rule="feed_failed").to_dicts()
    assert why in found["value"]
    with pytest.raises(IntegrityError, match=f"2098 prices: feed_failed .*{why}"):
        raw_quality("prices")(context)
    feed.replies = [odds(SHOWN)]
    assert books(ingested(context)) == ["draftkings", "nflverse"]
    assert context.quality.filter(table="prices").is_empty()


def materialized(context: RunContext) -> tuple[dict[str, Any], list[str]]:
    """Metadata of the asset `raw_prices`, and every event of its run as text."""
    tables.ingest(context, "games", context.seasons)
    with dg.DagsterInstance.ephemeral() as instance:
        sync_seasons(instance, context.seasons)
        result = dg.materialize(
            [raw_asset("games"), raw_asset("prices")],
            selection=["raw_prices"],
            resources={"run_context": context},
            tags=range_tags(context.seasons),
            instance=instance,
        )
        (made, *_) = result.asset_materializations_for_node("raw_prices")
        events = [repr(entry) for entry in instance.all_logs(result.run_id)]
    return {name: value.value for name, value in made.metadata.items()}, events


def test_the_runs_metadata_hold_the_quota_that_is_left(tmp_path: Path, feed: OddsServer) -> None:
    metadata, _ = materialized(opened(tmp_path, feed))
    assert metadata["odds_feed_requests_remaining"] == 487
    assert metadata["odds_feed_requests_used"] == 13
    assert metadata["odds_feed_prices"] == 3
    assert "odds_feed_problem" not in metadata
    feed.replies = [Reply(status=429, body=b"", headers=NONE_LEFT)]
    metadata, _ = materialized(opened(tmp_path, feed))
    assert metadata["odds_feed_requests_remaining"] == 0
    assert "the quota is used up" in metadata["odds_feed_problem"]


SWAPPED = {"home_team": AWAY, "away_team": HOME}
DECIMAL = event(book(spread(price=1.91, away=1.91), seen=SEEN), **TO_COME)
TWELVE: dict[str, tuple[Json | Reply, str]] = {
    "wrong team": (event(book(total(), seen=SEEN), **TO_COME, home_team="Real"), "event_unknown"),
    "swapped sides": (event(book(seen=SEEN), **TO_COME, **SWAPPED), "event_unknown"),
    "decimal for American": (DECIMAL, "no American odds"),
    "duplicate": (
        event(book(spread(-3), spread(-4), key="two", seen=SEEN), **TO_COME),
        "conflicting_rows",
    ),
    "after kickoff": (event(book(seen="2098-09-07T18:00:00Z"), **TO_COME), "after_kickoff"),
    "no zone": (event(book(seen="2098-09-05T14:00:00"), **TO_COME), "last_update: .* timezone"),
    "missing side": (
        event(book(market("spreads", None, (HOME, -110, -3)), seen=SEEN), **TO_COME),
        "market_sides",
    ),
    "absurd line": (event(book(total(535), seen=SEEN), **TO_COME), "impossible_line"),
    "empty": (Reply(body=b""), "the answer is empty"),
    "HTML": (Reply(body=b"<!DOCTYPE html>"), "answered with a web page"),
    "quota exhausted": (Reply(status=429, body=b"", headers=NONE_LEFT), "the quota is used up"),
    "401": (Reply(status=401, body=b""), "the key is refused: set NFL_SIGNALS_ODDS__API_KEY"),
}


@pytest.mark.parametrize("kind", TWELVE)
def test_a_bad_answer_ends_in_a_clear_message_and_nothing_that_was_there_is_lost(
    tmp_path: Path, feed: OddsServer, kind: str
) -> None:
    context = ingested(opened(tmp_path, feed))
    stored = context.paths.raw("prices", 2098).read_bytes()
    answer, why = TWELVE[kind]
    feed.replies = [answer if isinstance(answer, Reply) else odds(answer)]
    try:
        found = fetch_prices(context, at=None)
    except InputError as error:
        told = str(error)
    else:
        told = "; ".join(found.set_aside)
        assert found.new == 0
    assert pl.Series([told]).str.contains(why)[0], told
    assert context.paths.raw("prices", 2098).read_bytes() == stored


def test_what_is_right_beside_what_is_wrong_is_added(tmp_path: Path, feed: OddsServer) -> None:
    context = opened(tmp_path, feed, odds={"api_key": None})
    ingested(context)
    wrong = event(book(seen="2098-09-07T18:00:00Z", key="late"), **TO_COME)
    feed.replies = [odds(SHOWN, wrong)]
    found = fetch_prices(opened(tmp_path, feed), at=None)
    assert (found.season, found.games, found.prices, found.new) == (2098, 1, 3, 3)
    assert len(found.set_aside) == 1
    assert books(context) == ["draftkings", "nflverse"]
    assert fetch_prices(opened(tmp_path, feed), at=None).new == 0


def test_a_snapshot_of_the_past_goes_to_the_season_of_the_games_that_followed(
    tmp_path: Path, feed: OddsServer
) -> None:
    context = opened(tmp_path, feed)
    past = release(
        [
            game("2022_01_DET_KC", "2022-09-08", score=(20, 17)),
            game("2023_01_DET_KC", "2023-09-07", score=(20, 17)),
        ]
    )
    object.__setattr__(context, "release", past)
    object.__setattr__(context, "seasons", (2022, 2023))
    ingested(context)
    assert feed.paths == []
    feed.replies = [snapshot(event())]
    found = fetch_prices(context, at=utc("2023-09-05 14:00"))
    assert (found.season, found.new) == (2023, 3)
    assert books(context, 2022) == ["nflverse"]


@pytest.mark.parametrize(
    ("changes", "at", "why"),
    [
        ({"source": "simulated"}, None, "is the home of a simulated league"),
        ({"clock": "as_of"}, None, "is the home of a season that is played"),
        ({"offline": True}, None, "offline: no server is asked"),
        ({}, utc("2098-01-01 00:00"), "has not come yet"),
        ({"odds": {"api_key": None}}, None, "set NFL_SIGNALS_ODDS__API_KEY"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_the_feed_is(
    tmp_path: Path, feed: OddsServer, changes: dict[str, Any], at: datetime | None, why: str
) -> None:
    ingested(opened(tmp_path, feed, odds={"api_key": None}))
    with pytest.raises(InputError, match=why):
        fetch_prices(opened(tmp_path, feed, **changes), at=at)
    assert feed.paths == []


def test_without_a_schedule_there_is_nothing_to_ask_about(tmp_path: Path, feed: OddsServer) -> None:
    with pytest.raises(InputError, match="no schedule is stored to match prices with; run first"):
        fetch_prices(opened(tmp_path, feed), at=None)


REPEATING = {"x-requests-remaining": KEY, "x-requests-used": KEY, "Location": f"http://x/{KEY}"}


@pytest.mark.parametrize(
    "reply",
    [
        odds(SHOWN),
        Reply(body=KEY.encode(), headers=REPEATING),
        Reply(body=json.dumps([{KEY: KEY}]).encode(), headers=REPEATING),
        Reply(body=json.dumps({"error_code": KEY}).encode(), status=401, headers=REPEATING),
        Reply(body=KEY.encode(), status=429, headers=REPEATING),
        Reply(body=KEY.encode(), status=500, headers=REPEATING),
        Reply(body=b"", status=302, headers=REPEATING),
        GONE,
    ],
)
def test_the_key_goes_to_the_feed_and_nowhere_else(
    tmp_path: Path,
    feed: OddsServer,
    reply: Reply,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    feed.replies = [reply]
    seen: list[str] = []
    with caplog.at_level(logging.DEBUG):
        metadata, events = materialized(opened(tmp_path, feed))
        try:
            seen.append(repr(fetch_prices(opened(tmp_path, feed), at=None)))
        except InputError as error:
            seen += [repr(error), "".join(traceback.format_exception(error))]
        write_json(Paths(tmp_path).data_home, {"data_home": "nflverse"})
        where = {"NFL_SIGNALS_ODDS__URL": feed.url, "NFL_SIGNALS_ODDS__API_KEY": KEY}
        for command in (("prices", "fetch"), ("settings",), ("status",)):
            done = nfl_signals(*command, home=tmp_path, extra=where)
            seen += [done.out, done.err]
    assert {query["apiKey"] for query in feed.queries} == {KEY}
    assert len(feed.queries) >= 3
    seen += [repr(metadata), *events, caplog.text, *capfd.readouterr()]
    seen += [repr(record.__dict__) for record in caplog.records]
    assert KEY not in "".join(seen)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert Paths(tmp_path).odds_feed in files
    assert [file for file in files if KEY.encode() in file.read_bytes()] == []


def test_the_command_line_asks_tells_and_refuses(tmp_path: Path, feed: OddsServer) -> None:
    ingested(opened(tmp_path, feed, odds={"api_key": None}))
    write_json(Paths(tmp_path).data_home, {"data_home": "nflverse"})
    where = {"NFL_SIGNALS_ODDS__URL": feed.url, "NFL_SIGNALS_ODDS__API_KEY": KEY}
    late = event(book(total(), key="late", seen="2098-09-07T18:00:00Z"), **TO_COME)
    feed.replies = [odds(SHOWN, late)]
    done = nfl_signals("prices", "fetch", home=tmp_path, extra=where)
    assert done.code == 0, done.err
    first, last = done.out.splitlines()
    assert first.startswith("2098 prices: after_kickoff (observed_at 2098-09-07 18:00:00")
    assert first.endswith("A price observed after kickoff is set aside.")
    assert last == (
        "3 prices of 1 game of 2098, 3 of them new (x-requests-remaining 487, x-requests-used 13)."
    )
    feed.replies = [Reply(status=401, body=b"", headers=QUOTA)]
    done = nfl_signals("prices", "fetch", home=tmp_path, extra=where)
    assert done.code == 2
    assert "the key is refused: set NFL_SIGNALS_ODDS__API_KEY" in done.err
    done = nfl_signals("prices", "fetch", "--at", "then", home=tmp_path, extra=where)
    assert done.code == 2
    assert "--at then: write a day, e.g. 2023-11-14" in done.err
