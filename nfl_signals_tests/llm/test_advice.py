"""Advice on the stack's weights: bounded, complete, recorded, and not from a model that knows."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina

from nfl_signals.core.setting_sections import LlmSettings
from nfl_signals.llm.advice import HIGHEST, LOWEST, Advice, advise
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.chat_server import ChatServer, Reply, completion, serving
from nfl_signals_tests.support.llm_builders import live, replayed

AS_OF = utc("2024-09-03 14:00")
INPUTS = {"market": "no-vig probability of the close", "xgboost": "boosted trees on form"}


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with serving() as running, stamina.set_testing(True, attempts=99, cap=True):
        yield running


def weights(**means: float) -> list[dict[str, Any]]:
    return [{"input": name, "mean": mean, "reason": f"why {name}"} for name, mean in means.items()]


def advised(server: ChatServer, folder: Path, answer: object, **changes: Any) -> Advice:  # noqa: ANN401
    server.reply_with(Reply(body=completion(answer)))
    return advise(live(server.url, **changes), INPUTS, as_of=AS_OF, responses=folder)


def test_advice_is_a_mean_and_a_reason_for_each_input(server: ChatServer, tmp_path: Path) -> None:
    answer = {"weights": weights(xgboost=0.2, market=0.8)}
    assert advised(server, tmp_path, answer) == Advice(
        means={"market": 0.8, "xgboost": 0.2},
        reasons={"market": "why market", "xgboost": "why xgboost"},
        refusal="",
    )


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (weights(market=0.8), "weights: not_each_input_once"),
        (weights(market=0.8, xgboost=0.1, lstm=0.1), "weights: not_each_input_once"),
        (weights(market=0.8) * 2, "weights: not_each_input_once"),
        (weights(market=HIGHEST + 0.01, xgboost=0), "weights: less_than_equal"),
        (weights(market=1, xgboost=LOWEST - 0.01), "weights: greater_than_equal"),
        ([{"input": "market", "mean": 1, "reason": "x" * 201}], "weights: string_too_long"),
        ([{"input": "market", "mean": "1", "reason": ""}], "weights: float_type"),
        ("all on the market", "weights: list_type"),
    ],
)
def test_anything_else_is_refused_logged_and_not_recorded(
    server: ChatServer, tmp_path: Path, wrong: object, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found = advised(server, tmp_path, {"weights": wrong})
    assert found == Advice(means=None, reasons={}, refusal=f"answer refused: {why}")
    assert found.refusal in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_a_reason_keeps_its_words_and_loses_its_markup(server: ChatServer, tmp_path: Path) -> None:
    answer = weights(market=1, xgboost=0)
    answer[0]["reason"] = "<b>Sharp</b>,\n[click](http://x) `now` | 100 %"
    found = advised(server, tmp_path, {"weights": answer})
    assert found.reasons["market"] == "b Sharp /b , click (http://x) now 100 %"


def test_recorded_advice_is_replayed_without_a_server(server: ChatServer, tmp_path: Path) -> None:
    given = advised(server, tmp_path, {"weights": weights(market=0.9, xgboost=0.1)})
    for settings in (replayed(), live("http://127.0.0.1:9/v1")):
        assert advise(settings, INPUTS, as_of=AS_OF, responses=tmp_path) == given
    other = advise(replayed(), {"market": "the close"}, as_of=AS_OF, responses=tmp_path)
    assert other.refusal == "no recorded answer"


@pytest.mark.parametrize("cutoff", ["2024-09-03", "2025-01-01"])
def test_a_model_that_may_know_what_followed_gets_no_request(
    server: ChatServer, tmp_path: Path, cutoff: str
) -> None:
    answer = {"weights": weights(market=0.9, xgboost=0.1)}
    found = advised(server, tmp_path, answer, knowledge_cutoff=cutoff)
    assert found.refusal == f"not after the model's knowledge cutoff, {cutoff}"
    assert server.requests == []


def test_a_recording_of_a_model_that_knows_an_earlier_season_is_not_replayed_there(
    server: ChatServer, tmp_path: Path
) -> None:
    advised(server, tmp_path, {"weights": weights(market=0.9, xgboost=0.1)})
    earlier = utc("2022-09-06 14:00")
    found = advise(replayed(), INPUTS, as_of=earlier, responses=tmp_path)
    assert found.refusal == "not after the model's knowledge cutoff, 2023-12-31"


def test_a_server_that_fails_gives_no_advice(server: ChatServer, tmp_path: Path) -> None:
    server.reply_with(Reply(status=500))
    found = advise(live(server.url), INPUTS, as_of=AS_OF, responses=tmp_path)
    assert found == Advice(means=None, reasons={}, refusal="HTTP 500")


@pytest.mark.parametrize("provider", ["rules", "none"])
def test_rules_and_nobody_give_no_advice(provider: str, tmp_path: Path) -> None:
    settings = LlmSettings.model_validate({"provider": provider})
    found = advise(settings, INPUTS, as_of=AS_OF, responses=tmp_path)
    assert found == Advice(means=None, reasons={}, refusal=f"provider {provider} gives no advice")
