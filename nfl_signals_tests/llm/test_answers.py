"""An answer is a few bounded numbers or it is refused, with a reason that quotes nobody."""

import json

import pytest

from nfl_signals.llm.answers import MAX_ANSWER, Refusal, Signals, parse_answer
from nfl_signals_tests.support.chat_server import GOOD


def changed(**fields: object) -> str:
    return json.dumps(GOOD | fields)


def reason(text: str) -> str:
    answer = parse_answer(text, Signals)
    assert isinstance(answer, Refusal)
    return answer.reason


def test_a_good_answer_is_taken_as_it_is() -> None:
    answer = parse_answer(json.dumps(GOOD), Signals)
    assert answer == Signals(quarterback=-1, offense=0.5, defense=0, confidence=0.8)


@pytest.mark.parametrize("field", ["quarterback", "offense", "defense", "confidence"])
@pytest.mark.parametrize("value", [1.0001, -1.0001, 5, 1e308, "0.5", None, True, [0], {}])
def test_a_value_out_of_range_or_of_another_type_is_refused_by_name(
    field: str, value: object
) -> None:
    assert reason(changed(**{field: value})).startswith(f"answer refused: {field}: ")


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_not_a_finite_number_is_refused(word: str) -> None:
    assert reason(json.dumps(GOOD).replace("0.5", word)).startswith("answer refused: ")


def test_confidence_has_no_sign() -> None:
    assert reason(changed(confidence=-0.1)) == "answer refused: confidence: greater_than_equal"


def test_a_missing_field_is_refused_and_so_is_one_too_many() -> None:
    assert reason('{"quarterback": 0}') == "answer refused: offense: missing"
    assert reason(changed(stake=1000)) == "answer refused: unknown field: extra_forbidden"


@pytest.mark.parametrize("text", ["", "Sure! Here it is:", '{"quarterback": 0', "```json\n{}\n```"])
def test_what_is_not_json_is_refused(text: str) -> None:
    assert reason(text) == "answer refused: not JSON"


@pytest.mark.parametrize("text", ["[]", "3", "null", '"{}"', "[" * 5000])
def test_json_that_is_no_object_is_refused(text: str) -> None:
    assert reason(text).startswith("answer refused: ")


def test_an_endless_answer_is_refused_unread() -> None:
    assert reason(json.dumps(GOOD) + " " * MAX_ANSWER) == (
        "answer refused: longer than 10000 characters"
    )


def test_a_reason_quotes_nothing_that_a_model_wrote() -> None:
    for text in (changed(offense="sk-secret"), changed(**{"sk-secret": 1}), "sk-secret"):
        assert "sk-secret" not in reason(text)
