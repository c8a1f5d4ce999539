"""What a reader may answer: bounded numbers, or a refusal with its reason. Nothing else passes.

A language model's answer is untrusted, because the documents that it read are. It is parsed here
into one of a few closed types; a model that was talked into anything else has given no answer.
"""

from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MAX_ANSWER = 10_000  # characters; the longest answer to any question here has about 6000

Signal = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]


class Answer(BaseModel):
    """A closed, strict answer: no field more, none less, no text where a number belongs."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Signals(Answer):
    """What documents say about a team before a game; used as signal times confidence.

    Zero means as usual; below zero is bad news for this team, above zero good news. -1 for the
    quarterback: the usual starter surely misses the game. -1 for the offense: several starters
    (linemen, receivers, backs) miss it; 1: several return. The defense likewise.

    Attributes:
        quarterback: -1 to 1.
        offense: -1 to 1, without the quarterback.
        defense: -1 to 1; the opponent's points move the other way.
        confidence: 0 (the documents say nothing) to 1 (they leave no doubt).
    """

    quarterback: Signal
    offense: Signal
    defense: Signal
    confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


NO_NEWS = Signals(quarterback=0.0, offense=0.0, defense=0.0, confidence=0.0)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """No answer, and why.

    Attributes:
        reason: one line for people; never holds text that a document, a model or a server wrote.
    """

    reason: str


AnswerType = TypeVar("AnswerType", bound=Answer)


def parse_answer(text: str, expected: type[AnswerType]) -> AnswerType | Refusal:
    """Read a model's answer.

    Args:
        text: untrusted.
        expected: type of the answer.

    Returns:
        The answer, or a refusal that names the field and the rule that it breaks.

    Example:
        >>> parse_answer('{"quarterback": -7}', Signals).reason
        'answer refused: quarterback: greater_than_equal'
    """
    if len(text) > MAX_ANSWER:
        return Refusal(reason=f"answer refused: longer than {MAX_ANSWER} characters")
    try:
        return expected.model_validate_json(text)
    except ValidationError as error:
        return Refusal(reason=f"answer refused: {_first_problem(error, expected)}")


def _first_problem(error: ValidationError, expected: type[Answer]) -> str:
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if problem["type"] == "json_invalid":
        return "not JSON"
    known = [str(part) for part in problem["loc"] if part in expected.model_fields]
    return f"{known[0] if known else 'unknown field'}: {problem['type']}"
