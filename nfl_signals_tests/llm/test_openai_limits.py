"""What a language model may cost and know, and where its key goes: nowhere but to the server."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina

from nfl_signals.core.errors import SettingsError
from nfl_signals.core.progress import listening
from nfl_signals.llm.answers import Refusal
from nfl_signals.llm.chat import GIVE_UP_AFTER
from nfl_signals.llm.provider import open_provider
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.chat_server import GONE, GOOD, ChatServer, Reply, completion, serving
from nfl_signals_tests.support.llm_builders import (
    ANSWER,
    KEY,
    KICKOFF,
    TEAM,
    dossier,
    live,
    note,
    read,
    teams,
)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with serving() as running:
        yield running


@pytest.fixture(autouse=True)
def _no_pauses_between_attempts() -> Iterator[None]:
    with stamina.set_testing(True, attempts=99, cap=True):
        yield


def test_the_budget_counts_every_request_and_the_newest_games_come_first(
    server: ChatServer, tmp_path: Path
) -> None:
    old, new = (
        dossier(note("Nothing.", number=day), kickoff_at=utc(f"2024-09-{day:02d} 17:00"))
        for day in (8, 15)
    )
    server.reply_with(Reply(status=500), Reply())
    answers = read(server, tmp_path, old, new, max_requests=2)
    assert answers == [Refusal(reason="budget of 2 requests used up"), ANSWER]
    assert len(server.requests) == 2


def test_without_a_budget_only_what_is_recorded_is_answered(
    server: ChatServer, tmp_path: Path
) -> None:
    read(server, tmp_path)
    answers = read(server, tmp_path, TEAM, *teams(1), max_requests=0)
    assert answers == [ANSWER, Refusal(reason="budget of 0 requests used up")]


def test_a_dead_server_is_given_up_so_that_a_backfill_ends(
    server: ChatServer, tmp_path: Path
) -> None:
    server.reply_with(Reply(status=500))
    answers = read(server, tmp_path, *teams(40), attempts=2)
    assert len(server.requests) == GIVE_UP_AFTER * 2
    assert [item.reason for item in answers].count(
        "server given up after 5 failures in a row"
    ) == 35


def test_a_server_that_fails_now_and_then_is_not_given_up(
    server: ChatServer, tmp_path: Path
) -> None:
    server.reply_with(*[Reply(status=400), Reply()] * 20)
    answers = read(server, tmp_path, *teams(40))
    assert answers.count(ANSWER) == answers.count(Refusal(reason="HTTP 400")) == 20


def test_threads_change_no_answer_and_progress_reaches_the_end(
    server: ChatServer, tmp_path: Path
) -> None:
    def own_number(request: dict[str, Any]) -> Reply:
        number = int(json.loads(request["messages"][1]["content"])[0]["id"][1:])
        return Reply(body=completion(GOOD | {"offense": number / 100}))

    server.script, steps = own_number, []
    with listening(lambda *step: steps.append(step)):
        answers = read(server, tmp_path, *teams(30), concurrency=8)
    assert [item.offense for item in answers] == [i / 100 for i in range(30)]
    assert steps == [("teams read", i, 30) for i in range(1, 31)]


@pytest.mark.parametrize(("day", "sent"), [("2024-09-08", False), ("2024-09-07", True)])
def test_a_game_on_or_before_the_knowledge_cutoff_is_not_sent(
    server: ChatServer, tmp_path: Path, day: str, sent: bool
) -> None:
    answers = read(server, tmp_path, knowledge_cutoff=day)
    declined = open_provider(live(server.url, knowledge_cutoff=day), tmp_path).declines(KICKOFF)
    reason = Refusal(reason=f"not after the model's knowledge cutoff, {day}")
    assert (answers, declined) == (([ANSWER], None) if sent else ([reason], reason))
    assert len(server.requests) == sent


@pytest.mark.parametrize(
    "reply",
    [
        Reply(),
        Reply(status=500, body=KEY.encode()),
        Reply(status=401, body=KEY.encode(), headers={"WWW-Authenticate": KEY}),
        Reply(body=completion(KEY)),
        Reply(body=completion({KEY: KEY})),
        Reply(status=302, headers={"Location": f"http://127.0.0.1:9/{KEY}"}),
        GONE,
    ],
)
def test_the_key_goes_to_the_server_and_nowhere_else(
    server: ChatServer,
    tmp_path: Path,
    reply: Reply,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.reply_with(reply)
    with caplog.at_level(logging.DEBUG):
        answers = read(server, tmp_path, attempts=2)
    assert set(server.authorizations) == {f"Bearer {KEY}"}
    seen = [repr(answers), caplog.text, *capsys.readouterr()]
    seen += [repr(record.__dict__) for record in caplog.records]
    seen += [file.read_text(encoding="utf-8") for file in tmp_path.iterdir()]
    assert KEY not in "".join(seen)


def test_without_a_key_none_is_sent(server: ChatServer, tmp_path: Path) -> None:
    read(server, tmp_path, api_key=None)
    assert server.authorizations == [None]


@pytest.mark.parametrize("key", [f"{KEY}\n", f"{KEY} x", f"{KEY}é"])
def test_a_key_that_no_header_can_carry_is_named_but_not_shown(key: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="NFL_SIGNALS_LLM__API_KEY") as caught:
        open_provider(live("http://127.0.0.1:9/v1", api_key=key), tmp_path)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("missing", ["base_url", "model", "knowledge_cutoff"])
def test_a_missing_setting_is_named_at_the_start_with_what_to_set(
    missing: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=f"set NFL_SIGNALS_LLM__{missing.upper()} or"):
        open_provider(live("http://127.0.0.1:9/v1", **{missing: None}), tmp_path)


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "file:///etc/passwd", "http://", "http://a b/"])
def test_an_address_that_is_none_is_refused_at_the_start(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"llm\.base_url is not an http"):
        open_provider(live(url), tmp_path)
