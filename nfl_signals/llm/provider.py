"""What every reader of documents does, and the two that need no model: the rules and nobody."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from nfl_signals.llm.answers import Refusal, Signals
from nfl_signals.llm.documents import Dossier
from nfl_signals.llm.rules import read_documents


class Provider(Protocol):
    """Turns dossiers into signals, or says why not; it never stops a run.

    Attributes:
        name: key in tables and settings.
    """

    name: str

    def declines(self, kickoff_at: datetime) -> Refusal | None:
        """Why games of that kickoff are not read at all; None where they are."""
        ...

    def read(self, dossiers: Sequence[Dossier]) -> list[Signals | Refusal]:
        """One answer per dossier, in their order; each dossier holds documents."""
        ...


class RulesProvider:
    """The built-in rules: offline, the same answer always, no memory of any game."""

    name = "rules"

    def declines(self, kickoff_at: datetime) -> Refusal | None:
        """See `Provider.declines`: rules remember nothing, so no game is too early for them."""
        del kickoff_at
        return None

    def read(self, dossiers: Sequence[Dossier]) -> list[Signals | Refusal]:
        """See `Provider.read`."""
        return [read_documents(dossier.documents) for dossier in dossiers]


class NoProvider:
    """Nobody reads: every signal is missing."""

    name = "none"

    def declines(self, kickoff_at: datetime) -> Refusal | None:
        """See `Provider.declines`."""
        del kickoff_at
        return Refusal(reason="the settings name no provider")

    def read(self, dossiers: Sequence[Dossier]) -> list[Signals | Refusal]:
        """See `Provider.read`."""
        return [Refusal(reason="the settings name no provider") for _ in dossiers]
