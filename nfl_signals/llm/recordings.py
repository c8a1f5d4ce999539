"""Recorded answers: one JSON file a prompt, found again by the prompt's hash.

A recording names the model and its knowledge cutoff, so that it is never used about what the model
may have known. It holds no key, no address and no time of day. Its answer is checked again when read.
"""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Generic

from nfl_signals.core.errors import InputError
from nfl_signals.core.files import read_json, write_json
from nfl_signals.llm.answers import AnswerType, Refusal, parse_answer
from nfl_signals.llm.prompt import Prompt


@dataclass(frozen=True, kw_only=True)
class Recording(Generic[AnswerType]):
    """An answer as `model` once gave it; `knowledge_cutoff` is the last day it was trained on."""

    model: str
    knowledge_cutoff: date
    answer: AnswerType


class Recordings:
    """A folder of recorded answers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(
        self, prompt: Prompt[AnswerType], model: str
    ) -> Recording[AnswerType] | Refusal | None:
        """What the model once answered; None without a recording, a refusal where it is unusable."""
        file = self._file(prompt, model)
        if not file.exists():
            return None
        try:
            stored = read_json(file)
            hash_, cutoff = stored["hash"], date.fromisoformat(stored["knowledge_cutoff"])
            text = json.dumps(stored["answer"])
        except (InputError, LookupError, TypeError, ValueError):
            return Refusal(reason="recording cannot be read")
        if (stored.get("model"), hash_) != (model, file.stem):
            return Refusal(reason="recording belongs to another prompt")
        answer = parse_answer(text, prompt.expected)
        if isinstance(answer, Refusal):
            return answer
        return Recording(model=model, knowledge_cutoff=cutoff, answer=answer)

    def write(self, prompt: Prompt[AnswerType], recording: Recording[AnswerType]) -> None:
        """Keep an answer; errors as `write_json`."""
        content = {
            "hash": prompt.key(recording.model),
            "prompt": prompt.name,
            "model": recording.model,
            "knowledge_cutoff": recording.knowledge_cutoff.isoformat(),
            "answer": recording.answer.model_dump(),
        }
        write_json(self._file(prompt, recording.model), content)

    def _file(self, prompt: Prompt[AnswerType], model: str) -> Path:
        return self._folder / f"{prompt.key(model)}.json"
