"""Language models behind one protocol: one that is asked over the network, one that is replayed.

Neither answers about what it may remember: a model trained after a game would tell a backtest how the
game went. Every way to fail is a `Refusal`.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from nfl_signals.core.errors import SettingsError
from nfl_signals.core.setting_sections import LlmSettings
from nfl_signals.llm.answers import AnswerType, Refusal, parse_answer
from nfl_signals.llm.chat import Chat
from nfl_signals.llm.prompt import Prompt, remembers
from nfl_signals.llm.recordings import Recording, Recordings

REQUIRED = {
    "openai": ("base_url", "model", "knowledge_cutoff"),
    "replay": ("model",),
}


class Model(Protocol):
    """Answers questions; safe to share between threads."""

    def declines(self, about: datetime) -> Refusal | None:
        """Why nothing is asked about that instant; None where questions are."""
        ...

    def answer(self, prompt: Prompt[AnswerType]) -> AnswerType | Refusal:
        """The answer in its closed type, or why there is none."""
        ...


class LiveModel:
    """A model on a server; what it once answered is not asked again."""

    def __init__(self, settings: LlmSettings, recordings: Recordings) -> None:
        base_url, model, cutoff = settings.base_url, settings.model, settings.knowledge_cutoff
        if base_url is None or model is None or cutoff is None:
            raise _lacking(settings)
        self._model = model
        self._cutoff = cutoff
        self._recordings = recordings
        self._chat = Chat(settings, base_url=base_url, model=model)

    def declines(self, about: datetime) -> Refusal | None:
        """See `Model.declines`: its training data reach past that day."""
        return _declined(self._cutoff, about)

    def answer(self, prompt: Prompt[AnswerType]) -> AnswerType | Refusal:
        """See `Model.answer`; a good answer is recorded.

        Raises:
            StorageError: the answer cannot be recorded.
        """
        declined = self.declines(prompt.about)
        if declined is not None:
            return declined
        recorded = self._recordings.find(prompt, self._model)
        if isinstance(recorded, Recording):
            return _unless_trained_on(recorded, prompt)
        text = self._chat.ask(prompt)
        answer = text if isinstance(text, Refusal) else parse_answer(text, prompt.expected)
        if not isinstance(answer, Refusal):
            made = Recording(model=self._model, knowledge_cutoff=self._cutoff, answer=answer)
            self._recordings.write(prompt, made)
        return answer


class RecordedModel:
    """What a model once answered: no network, the same bytes every time."""

    def __init__(self, settings: LlmSettings, recordings: Recordings) -> None:
        if settings.model is None:
            raise _lacking(settings)
        self._model = settings.model
        self._cutoff = settings.knowledge_cutoff
        self._recordings = recordings

    def declines(self, about: datetime) -> Refusal | None:
        """See `Model.declines`: by the settings' cut-off, where they have one."""
        return None if self._cutoff is None else _declined(self._cutoff, about)

    def answer(self, prompt: Prompt[AnswerType]) -> AnswerType | Refusal:
        """See `Model.answer`; the recorded cut-off holds as well as the settings'."""
        declined = self.declines(prompt.about)
        if declined is not None:
            return declined
        recorded = self._recordings.find(prompt, self._model)
        if recorded is None:
            return Refusal(reason="no recorded answer")
        if isinstance(recorded, Refusal):
            return recorded
        return _unless_trained_on(recorded, prompt)


def open_model(settings: LlmSettings, responses: Path) -> Model | None:
    """The model that the settings name; None where they name rules or nobody.

    Args:
        settings: section `llm`.
        responses: folder of recorded answers.

    Raises:
        SettingsError: the provider lacks a setting; says which.
    """
    recordings = Recordings(responses)
    if settings.provider == "openai":
        return LiveModel(settings, recordings)
    return RecordedModel(settings, recordings) if settings.provider == "replay" else None


def _unless_trained_on(
    recorded: Recording[AnswerType], prompt: Prompt[AnswerType]
) -> AnswerType | Refusal:
    return _declined(recorded.knowledge_cutoff, prompt.about) or recorded.answer


def _declined(cutoff: date, about: datetime) -> Refusal | None:
    if not remembers(cutoff, about):
        return None
    return Refusal(reason=f"not after the model's knowledge cutoff, {cutoff}")


def _lacking(settings: LlmSettings) -> SettingsError:
    missing = [name for name in REQUIRED[settings.provider] if getattr(settings, name) is None]
    variables = ", ".join(f"NFL_SIGNALS_LLM__{name.upper()}" for name in missing)
    return SettingsError(
        f"llm.provider is {settings.provider}, but {', '.join(missing)} is not set; set {variables} "
        "or the same names under `llm:` in signals.yaml, or choose provider rules."
    )
