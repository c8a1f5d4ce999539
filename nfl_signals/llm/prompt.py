"""A prompt for a language model: instructions, data, and the type of its answer.

What a person or a server wrote is only ever shown as data inside one JSON value, never as part of the
instructions. A prompt is identified by the hash of everything that could change its answer.
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
    """One prompt and the closed type of its answer."""

    name: str  # of the answer's schema, for servers
    instructions: str  # the task; no untrusted text
    content: str  # one JSON value, untrusted
    expected: type[AnswerType]
    about: datetime  # must lie after the model's knowledge cutoff

    @property
    def schema(self) -> dict[str, Any]:
        """JSON schema of the answer."""
        return _schema_of(self.expected)

    def key(self, model: str) -> str:
        """SHA-256 over model, task, schema and content: the same prompt to the same model."""
        parts = [model, self.name, self.instructions, self.schema, self.content]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@cache
def _schema_of(expected: type[Answer]) -> dict[str, Any]:
    return expected.model_json_schema()


def within_knowledge(cutoff: date, about: datetime) -> bool:
    """Whether a model trained until the end of `cutoff` may know what happened then.

    Example:
        >>> from datetime import UTC
        >>> night_game = datetime(2024, 1, 8, 1, tzinfo=UTC)  # still January 7 in the US
        >>> [within_knowledge(date(2024, 1, day), night_game) for day in (7, 6)]
        [True, False]
    """
    return about.astimezone(EASTERN).date() <= cutoff
