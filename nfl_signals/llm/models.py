"""A language model: requests over the network, recorded answers, and its knowledge cutoff.

It answers nothing about what its training data may contain: a model trained after a game would leak
the result into a backtest. Every way to fail is a `Refusal`.
"""

from datetime import date, datetime
from pathlib import Path

from nfl_signals.core.errors import SettingsError
from nfl_signals.core.setting_sections import LlmSettings
from nfl_signals.llm.answers import AnswerType, Refusal, parse_answer
from nfl_signals.llm.chat import Chat
from nfl_signals.llm.prompt import Prompt, within_knowledge
from nfl_signals.llm.recordings import Recording, Recordings

REQUIRED = {"openai": ("base_url", "model", "knowledge_cutoff"), "replay": ("model",)}


class Model:
    """Answers prompts, each once, from recordings or its server; safe to share between threads."""

    def __init__(self, settings: LlmSettings, recordings: Recordings) -> None:
        required = REQUIRED[settings.provider]
        if missing := [name for name in required if getattr(settings, name) is None]:
            variables = ", ".join(f"NFL_SIGNALS_LLM__{name.upper()}" for name in missing)
            raise SettingsError(
                f"llm.provider is {settings.provider}, but {', '.join(missing)} is not set; set "
                f"{variables} or the same names under `llm:` in signals.yaml, or choose provider rules."
            )
        self._name = str(settings.model)
        self._cutoff = settings.knowledge_cutoff
        self._recordings = recordings
        live = settings.provider == "openai"
        self._chat = Chat(settings, base_url=str(settings.base_url)) if live else None

    def declines(self, about: datetime) -> Refusal | None:
        """Why nothing about that instant is answered; None where it is after the cutoff."""
        return None if self._cutoff is None else _declined(self._cutoff, about)

    def answer(self, prompt: Prompt[AnswerType]) -> AnswerType | Refusal:
        """The answer in its closed type, or why there is none; a server's answer is recorded."""
        if declined := self.declines(prompt.about):
            return declined
        recorded = self._recordings.find(prompt, self._name)
        if isinstance(recorded, Recording):
            return _declined(recorded.knowledge_cutoff, prompt.about) or recorded.answer
        if self._chat is None or self._cutoff is None:
            return recorded or Refusal(reason="no recorded answer")
        text = self._chat.send(prompt)
        answer = text if isinstance(text, Refusal) else parse_answer(text, prompt.expected)
        if not isinstance(answer, Refusal):
            made = Recording(model=self._name, knowledge_cutoff=self._cutoff, answer=answer)
            self._recordings.write(prompt, made)
        return answer


def open_model(settings: LlmSettings, responses: Path) -> Model | None:
    """The model that the settings name, with its recorded answers; None for rules or nobody."""
    return Model(settings, Recordings(responses)) if settings.provider in REQUIRED else None


def _declined(cutoff: date, about: datetime) -> Refusal | None:
    if not within_knowledge(cutoff, about):
        return None
    return Refusal(reason=f"not after the model's knowledge cutoff, {cutoff}")
