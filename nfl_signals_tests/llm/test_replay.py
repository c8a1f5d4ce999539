"""Recorded answers are the same answers without a server, unless the model may have known too much."""

import json
from pathlib import Path

import pytest

from nfl_signals.core.errors import SettingsError
from nfl_signals.core.setting_sections import LlmSettings
from nfl_signals.llm.answers import Refusal, Signals
from nfl_signals.llm.documents import Dossier
from nfl_signals.llm.provider import open_provider
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.chat_server import Reply, completion, serving
from nfl_signals_tests.support.llm_builders import dossier, live, note, replayed
from nfl_signals_tests.support.run_contexts import contents

TEAM = dossier(note("Quarterback Cole Banks is ruled out."))
EARLIER = utc("2022-09-11 17:00")


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A folder with the answer about `TEAM`; its server is gone."""
    with serving() as server:
        open_provider(live(server.url), tmp_path).read([TEAM])
    return tmp_path


def replay(folder: Path, team: Dossier = TEAM, **changes: object) -> Signals | Refusal:
    (answer,) = open_provider(replayed(**changes), folder).read([team])
    return answer


def edit(folder: Path, **fields: object) -> None:
    (file,) = folder.iterdir()
    stored = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(stored | fields), encoding="utf-8")


def test_a_recorded_answer_is_replayed_without_a_server(recorded: Path) -> None:
    before = contents(recorded)
    expected = Signals(quarterback=-1, offense=0.5, defense=0, confidence=0.8)
    assert replay(recorded) == replay(recorded) == expected
    assert contents(recorded) == before


def test_what_was_never_recorded_is_missing(recorded: Path) -> None:
    other = dossier(note("Quarterback Eli York is ruled out."))
    assert replay(recorded, other) == Refusal(reason="no recorded answer")
    assert replay(recorded, model="large") == Refusal(reason="no recorded answer")


def test_the_recorded_cutoff_holds_in_every_replay(recorded: Path) -> None:
    same_words = dossier(*TEAM.documents, kickoff_at=EARLIER)
    why = Refusal(reason="not after the model's knowledge cutoff, 2023-12-31")
    assert replay(recorded, same_words) == why
    assert replay(recorded, same_words, knowledge_cutoff="2020-01-01") == why


def test_the_cutoff_of_the_settings_holds_as_well(recorded: Path) -> None:
    why = Refusal(reason="not after the model's knowledge cutoff, 2024-12-31")
    assert replay(recorded, knowledge_cutoff="2024-12-31") == why
    provider = open_provider(replayed(knowledge_cutoff="2024-12-31"), recorded)
    assert provider.declines(TEAM.kickoff_at) == why
    assert open_provider(replayed(), recorded).declines(TEAM.kickoff_at) is None


def test_a_repeat_over_the_network_respects_the_recorded_cutoff_too(recorded: Path) -> None:
    edit(recorded, knowledge_cutoff="2024-12-31")
    (answer,) = open_provider(live("http://127.0.0.1:9/v1"), recorded).read([TEAM])
    assert answer == Refusal(reason="not after the model's knowledge cutoff, 2024-12-31")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"answer": {"quarterback": -9}}, "answer refused: quarterback: greater_than_equal"),
        ({"answer": float("nan")}, "answer refused: not JSON"),
        ({"hash": "0" * 64}, "recording belongs to another prompt"),
        ({"model": "large"}, "recording belongs to another prompt"),
        ({"knowledge_cutoff": "never"}, "recording cannot be read"),
        ({"knowledge_cutoff": None}, "recording cannot be read"),
    ],
)
def test_an_edited_recording_is_refused(
    recorded: Path, fields: dict[str, object], why: str
) -> None:
    edit(recorded, **fields)
    answer = replay(recorded)
    assert isinstance(answer, Refusal)
    assert answer.reason in (why, "answer refused: unknown field: model_type")


@pytest.mark.parametrize("content", ["", "[]", "3", '"text"', '{"hash": "'])
def test_a_damaged_recording_is_missing_when_replayed_and_requested_again_over_the_network(
    recorded: Path, content: str
) -> None:
    (file,) = recorded.iterdir()
    file.write_text(content, encoding="utf-8")
    assert replay(recorded) == Refusal(reason="recording cannot be read")
    better = {"quarterback": 0, "offense": 0, "defense": 0, "confidence": 0}
    with serving() as server:
        server.reply_with(Reply(body=completion(better)))
        open_provider(live(server.url), recorded).read([TEAM])
    assert replay(recorded) == Signals.model_validate(better)


def test_replay_needs_the_name_of_the_model(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="set NFL_SIGNALS_LLM__MODEL or"):
        open_provider(LlmSettings(provider="replay"), tmp_path)
