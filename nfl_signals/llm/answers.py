"""What a reader may answer: bounded numbers, or a refusal with its reason. Nothing else passes.

A language model's answer is untrusted, because the documents that it read are. It is parsed here
into one of a few closed types; a model that was led into anything else has given no answer.
"""

from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nfl_signals.markets.bounds import SHARE, SIGNAL

MAX_ANSWER = 10_000  # characters; the longest answer to any prompt here has about 6000

Signal = Annotated[float, Field(ge=SIGNAL.low, le=SIGNAL.high, allow_inf_nan=False)]


class Answer(BaseModel):
    """A closed, strict answer: no field more, none less, no text where a number belongs."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Signals(Answer):
    """What documents say about a team before a game; used as signal times confidence.

    Zero means as usual; below zero is bad news for this team, above zero good news. -1 for the
    quarterback: the usual starter surely misses the game. -1 for the offense: several starters
    (linemen, receivers, backs) miss it; 1: several return. The defense likewise.
    """

    quarterback: Signal  # -1 to 1
    offense: Signal  # -1 to 1, without the quarterback
    defense: Signal  # -1 to 1; the opponent's points move the other way
    # 0 (the documents say nothing) to 1 (they leave no doubt)
    confidence: Annotated[float, Field(ge=SHARE.low, le=SHARE.high, allow_inf_nan=False)]


NO_NEWS = Signals(quarterback=0.0, offense=0.0, defense=0.0, confidence=0.0)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """No answer, and why, in one line without text that a document, a model or a server wrote."""

    reason: str


AnswerType = TypeVar("AnswerType", bound=Answer)


def parse_answer(text: str, expected: type[AnswerType]) -> AnswerType | Refusal:
    """A model's untrusted answer by its type, or a refusal that names the field and the broken rule.

    Example:
        >>> parse_answer('{"quarterback": -7}', Signals).reason
        'answer refused: quarterback: greater_than_equal'
    """
    if len(text) > MAX_ANSWER:
        return Refusal(reason=f"answer refused: longer than {MAX_ANSWER} characters")
    try:
        return expected.model_validate_json(text)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if problem["type"] == "json_invalid":
        return Refusal(reason="answer refused: not JSON")
    known = (str(part) for part in problem["loc"] if part in expected.model_fields)
    field = next(known, "unknown field")
    return Refusal(reason=f"answer refused: {field}: {problem['type']}")
