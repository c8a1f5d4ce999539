"""Documents, teams and settings for tests of `llm`."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from nfl_signals.core.setting_sections import LlmSettings
from nfl_signals.llm.answers import Signals
from nfl_signals.llm.documents import Document, Dossier
from nfl_signals.llm.provider import open_provider
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.chat_server import GOOD, ChatServer

KICKOFF = utc("2024-09-08 17:00")
KEY = "sk-secret-0123456789"


def note(text: str, *, hours_before: float = 24, number: int = 1) -> Document:
    """A note published some hours before `KICKOFF`."""
    known_at = KICKOFF - timedelta(hours=hours_before)
    return Document(document_id=f"n{number}", known_at=known_at, kind="note", text=text)


def listed(text: str, *, number: int = 1) -> Document:
    """A row of the injury report."""
    known_at = KICKOFF - timedelta(hours=48)
    return Document(document_id=f"i{number}", known_at=known_at, kind="injury", text=text)


def dossier(*documents: Document, kickoff_at: datetime = KICKOFF, team: str = "KC") -> Dossier:
    """A team before a game in a week in which something was written."""
    return Dossier(
        game_id=f"{kickoff_at:%Y}_01_BAL_KC",
        team_id=team,
        season=kickoff_at.year,
        week=1,
        kickoff_at=kickoff_at,
        documents=documents,
        week_had_documents=True,
    )


def live(base_url: str | None, /, **changes: Any) -> LlmSettings:  # noqa: ANN401 - field values
    """Settings of a model on a server that knows nothing of 2024."""
    usual = {
        "provider": "openai",
        "base_url": base_url,
        "model": "small",
        "api_key": KEY,
        "knowledge_cutoff": "2023-12-31",
        "timeout_seconds": 5.0,
        "concurrency": 1,
    }
    return LlmSettings.model_validate(usual | changes)


def replayed(**changes: Any) -> LlmSettings:  # noqa: ANN401 - field values
    """Settings of recorded answers of the same model."""
    return LlmSettings.model_validate({"provider": "replay", "model": "small"} | changes)


TEAM = dossier(note("Quarterback Cole Banks is ruled out."))
ANSWER = Signals.model_validate(GOOD)


def teams(n: int) -> list[Dossier]:
    """Different documents, so that none of them has been answered before."""
    return [dossier(note("Nothing new.", number=i)) for i in range(n)]


def read(server: ChatServer, folder: Path, *given: Dossier, **changes: Any) -> list[Any]:  # noqa: ANN401
    """What a model on the server answers about `TEAM`, or about the teams given."""
    return open_provider(live(server.url, **changes), folder).read(given or [TEAM])
