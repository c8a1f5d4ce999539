"""Settings: defaults < signals.yaml < NFL_SIGNALS_* environment < command line, validated once.

`signals.yaml` is read from `NFL_SIGNALS_HOME` (default: the repository root). Nested fields use two
underscores in the environment: `NFL_SIGNALS_MONITOR__MAX_CALIBRATION_ERROR=0.04`.
The sections are `setting_sections.py`; where files lie is `paths.py`.
"""

import os
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import AwareDatetime, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as UnreadableVariableError

from nfl_signals.core.errors import SettingsError
from nfl_signals.core.setting_sections import (
    GateSettings,
    IngestSettings,
    LlmSettings,
    MonitorSettings,
    SimulatorSettings,
    TrainingSettings,
)

PROJECT_ROOT = Path(__file__).resolve().parents[2]
SIGNAL_SOURCE_PATTERN = r"^(proxy|champion|model_v\d+(r\d+)?)$"


class Settings(BaseSettings):
    """Everything that can be set for a run, frozen after validation."""

    model_config = SettingsConfigDict(
        env_prefix="NFL_SIGNALS_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    home: Path = Field(
        default=PROJECT_ROOT,
        description="signals.yaml is read from it; data, models, reports hang under it",
    )
    source: Literal["simulated", "nflverse"] = Field(
        default="simulated", description="where games come from"
    )
    nflverse: str | None = Field(
        default=None, description="URL or directory in nflverse's layout; unset: nflverse's own"
    )
    seasons: str | None = Field(
        default=None,
        pattern=r"^\d{4}(-(\d{4})?)?$",
        description="A-B, A- (from A on), or one season; unset: all",
    )
    as_of: AwareDatetime | None = Field(
        default=None,
        description="nothing known after it exists for the run; a bare date means 00:00 UTC; "
        "unset: the source's now",
    )
    seed: int = Field(default=20_250_907, ge=0, description="the only source of randomness")
    threads: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, description="never changes a result"
    )
    signal_source: str = Field(
        default="champion",
        pattern=SIGNAL_SOURCE_PATTERN,
        description="which model is served: proxy (the no-vig market), champion (promoted last), or one "
        "version, e.g. model_v202409",
    )
    offline: bool = Field(
        default=False,
        description="use the downloads that are there, and ask no server for newer ones",
    )
    download_attempts: int = Field(default=4, ge=1, description="tries for each download")
    simulator: SimulatorSettings = SimulatorSettings()
    ingest: IngestSettings = IngestSettings()
    training: TrainingSettings = TrainingSettings()
    monitor: MonitorSettings = MonitorSettings()
    gate: GateSettings = GateSettings()
    llm: LlmSettings = LlmSettings()

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("as_of", mode="before")
    @classmethod
    def _date_means_midnight_utc(cls, value: Any) -> Any:  # noqa: ANN401 - raw input
        # YAML reads an unquoted date as a date; a datetime is one too, and states its own instant.
        is_date = isinstance(value, date) and not isinstance(value, datetime)
        if is_date or (isinstance(value, str) and len(value) == len("2023-11-14")):
            return f"{value}T00:00:00+00:00"
        return value

    @field_validator("seasons", mode="before")
    @classmethod
    def _one_season_may_be_a_number(cls, value: Any) -> Any:  # noqa: ANN401 - raw input
        return str(value) if isinstance(value, int) else value

    @field_validator("seasons")
    @classmethod
    def _in_order(cls, value: str | None) -> str | None:
        if value and value[5:] and value[:4] > value[5:]:
            raise ValueError(f"{value} runs backwards; write it as {value[5:]}-{value[:4]}")
        return value

    @field_validator("signal_source", mode="before")
    @classmethod
    def _no_longer_latest(cls, value: Any) -> Any:  # noqa: ANN401 - raw input
        if value == "latest":
            raise ValueError(
                "the newest version is not served by itself; write champion (the version promoted "
                "last) or model_vN (one version)"
            )
        return value

    @property
    def season_range(self) -> tuple[int | None, int | None]:
        """First and last season of the setting, inclusive; None means the source's."""
        if self.seasons is None:
            return None, None
        return int(self.seasons[:4]), None if self.seasons[-1] == "-" else int(self.seasons[-4:])

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """None but what it is given: `load_settings` merges file, environment and overrides."""
        return (init_settings,)


def load_settings(
    *,
    fallback: dict[str, Any] | None = None,
    **overrides: Any,  # noqa: ANN401 - field values of any type
) -> Settings:
    """Read signals.yaml and the environment, then apply `overrides` (None means not given).

    `fallback` holds values for fields that nothing else sets.

    Raises:
        SettingsError: the file is not YAML, or a value is refused; names the field and the reason.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    home = Path(given.get("home") or os.environ.get("NFL_SIGNALS_HOME") or PROJECT_ROOT)
    file = home.expanduser() / "signals.yaml"
    values = _merged(fallback or {}, _merged(_read_yaml(file), _read_environment()))
    values = _merged(values, {**given, "home": home})
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_explain(error, file)) from None


def _merged(lower: dict[str, Any], upper: dict[str, Any]) -> dict[str, Any]:
    merged = {**lower, **upper}
    for name in lower.keys() & upper.keys():
        if isinstance(lower[name], dict) and isinstance(upper[name], dict):
            merged[name] = _merged(lower[name], upper[name])
    return merged


def _read_environment() -> dict[str, Any]:
    for variable in sorted(os.environ):
        name = variable.removeprefix("NFL_SIGNALS_").lower().split("__")[0]
        if variable.startswith("NFL_SIGNALS_") and name not in Settings.model_fields:
            meant = get_close_matches(name, Settings.model_fields, n=1)
            hint = f"did you mean NFL_SIGNALS_{meant[0].upper()}?" if meant else "see `settings`."
            raise SettingsError(f"{variable}: no such setting; {hint}")
    try:
        return EnvSettingsSource(Settings)()
    except UnreadableVariableError as error:
        raise SettingsError(f"NFL_SIGNALS_*: {error}; nested fields are written with __.") from None


def _read_yaml(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise SettingsError(f"{file}: not valid YAML ({error}).") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read as UTF-8 text ({error}).") from None
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise SettingsError(f"{file}: expected `name: value` lines, found {content!r}.")
    return content


def _explain(error: ValidationError, file: Path) -> str:
    problems = []
    for item in error.errors():
        # The value under a name that nobody knows is left out: it may be a misspelt secret.
        value = "" if item["type"] == "extra_forbidden" else f", got {item['input']!r}"
        problems.append(f"{'.'.join(map(str, item['loc']))}: {item['msg']}{value}")
    return f"settings ({file} or NFL_SIGNALS_*): " + "; ".join(problems)


def describe(as_of: datetime) -> str:
    """ISO form used in messages and ledgers.

    Example:
        >>> from datetime import UTC
        >>> describe(datetime(2025, 11, 4, 14, tzinfo=UTC))
        '2025-11-04T14:00:00+00:00'
    """
    return as_of.isoformat(timespec="seconds")
