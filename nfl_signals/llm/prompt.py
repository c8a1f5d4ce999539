"""A question to a language model: what it is told, what it is shown, and what it may answer.

What a person or a server wrote is only ever shown as data inside one JSON value, never as part of the
instructions. A question is known by the hash of everything that could change its answer.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Generic
from zoneinfo import ZoneInfo

from nfl_signals.llm.answers import Answer, AnswerType

EASTERN = ZoneInfo("America/New_York")  # games and training data are dated by their day in the US


@dataclass(frozen=True, kw_only=True)
class Prompt(Generic[AnswerType]):
    """One question and the closed type of its answer.

    Attributes:
        name: of the answer's schema, for servers.
        instructions: the task; no untrusted text.
        content: one JSON value, untrusted.
        expected: type of the answer.
        about: instant that the answer must not know, nor anything after it.
    """

    name: str
    instructions: str
    content: str
    expected: type[AnswerType]
    about: datetime

    @property
    def schema(self) -> dict[str, Any]:
        """JSON schema of the answer."""
        return _schema_of(self.expected)

    def key(self, model: str) -> str:
        """SHA-256 over model, task, schema and content: the same question to the same model."""
        parts = [model, self.name, self.instructions, self.schema, self.content]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@cache
def _schema_of(expected: type[Answer]) -> dict[str, Any]:
    return expected.model_json_schema()


def remembers(knowledge_cutoff: date, about: datetime) -> bool:
    """Whether a model trained until the end of `knowledge_cutoff` may know what happened then.

    Example:
        >>> from datetime import UTC
        >>> night_game = datetime(2024, 1, 8, 1, tzinfo=UTC)  # still January 7 in the US
        >>> remembers(date(2024, 1, 7), night_game), remembers(date(2024, 1, 6), night_game)
        (True, False)
    """
    return about.astimezone(EASTERN).date() <= knowledge_cutoff
