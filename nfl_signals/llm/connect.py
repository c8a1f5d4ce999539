"""From settings to the reader that they name."""

from pathlib import Path

from nfl_signals.core.setting_sections import LlmSettings
from nfl_signals.llm.models import open_model
from nfl_signals.llm.provider import NoProvider, Provider, RulesProvider
from nfl_signals.llm.team_reader import ModelProvider


def open_provider(settings: LlmSettings, responses: Path) -> Provider:
    """The reader that the settings name.

    Args:
        settings: section `llm`.
        responses: folder of recorded answers.

    Raises:
        SettingsError: a model's reader lacks a setting; says which.
    """
    model = open_model(settings, responses)
    if model is not None:
        return ModelProvider(settings.provider, model, concurrency=settings.concurrency)
    return RulesProvider() if settings.provider == "rules" else NoProvider()
