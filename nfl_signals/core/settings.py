"""Settings: defaults < signals.yaml < NFL_SIGNALS_* environment < command line, validated once.

`signals.yaml` is read from the home: `NFL_SIGNALS_HOME`, else the one that the working folder is in. Nested
fields use two underscores in the environment: `NFL_SIGNALS_MONITOR__MAX_CALIBRATION_ERROR=0.04`.
The sections are `setting_sections.py` and `odds_settings.py`; where files lie is `paths.py`.
"""

import os
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from nfl_signals.core.errors import SettingsError
from nfl_signals.core.instants import read_instant
from nfl_signals.core.odds_settings import OddsSettings
from nfl_signals.core.setting_contradictions import contradictions
from nfl_signals.core.setting_sections import (
    GateSettings,
    IngestSettings,
    LlmSettings,
    MonitorSettings,
    SimulatorSettings,
    TrainingSettings,
)
from nfl_signals.core.setting_sources import PREFIX, Checked, Values, read_environment, read_yaml
from nfl_signals.markets.decision_time import Horizon

PROJECT_ROOT = Path(__file__).resolve().parents[2]
SIGNALS = "signals.yaml"
HOME_MARKS = (SIGNALS, "data/data_home.json")
"""A folder that holds one of these is a home."""
SIGNAL_SOURCE_PATTERN = r"^(proxy|champion|model_v\d+(r\d+)?)$"


VARIABLES, OPTIONS = f"{PREFIX}*", "options"  # where a value is from, in messages
SECTIONS = ("simulator", "ingest", "training", "monitor", "gate", "llm", "odds")
SECRETS = ("notify", "api_key", "ledger_key")


class Settings(Checked, BaseSettings):
    """Everything that can be set for a run, frozen after validation."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__")

    home: Path = Field(
        default_factory=lambda: working_home(),
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
    clock: Literal["system", "as_of"] = Field(
        default="system",
        description="what time it is when a prediction is written: the system's, or as_of's, for a season "
        "of files that is played week by week, in a home of its own (a simulated league always has its own)",
    )
    horizon: Horizon = Field(
        default="tuesday",
        description="the moment at which a game is forecast, whose knowledge and price count: tuesday (14:00 "
        "UTC before the game) or kickoff; unset in a new home of real games: kickoff, where too few seasons "
        "have prices from before the close",
    )
    price_book: str | None = Field(
        default=None,
        min_length=1,
        description="the book whose prices a forecast at tuesday is made at, as `prices show` names it; "
        "unset, and where it has none: the market's (consensus, or the schedule's)",
    )
    seed: int = Field(
        default=20_250_907, ge=0, lt=2**63, description="the only source of randomness"
    )
    threads: int = Field(
        default_factory=lambda: os.cpu_count() or 1,
        ge=1,
        le=1024,
        description="never changes a result",
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
    download_attempts: int = Field(default=4, ge=1, le=100, description="tries for each download")
    ledger_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="signs the ledger after every append, and `verify` checks the signatures with it; at "
        "least 16 letters, kept outside of the home (set NFL_SIGNALS_LEDGER_KEY)",
    )
    simulator: SimulatorSettings = SimulatorSettings()
    ingest: IngestSettings = IngestSettings()
    training: TrainingSettings = TrainingSettings()
    monitor: MonitorSettings = MonitorSettings()
    gate: GateSettings = GateSettings()
    llm: LlmSettings = LlmSettings()
    odds: OddsSettings = OddsSettings()

    @field_validator("home")
    @classmethod
    def _absolute_folder(cls, value: Path) -> Path:
        home = value.expanduser().resolve()
        for place in (home, *home.parents):
            if place.exists() and not place.is_dir():
                raise ValueError(f"{place} is a file; name a folder, or one that can be made")
        return home

    @field_validator("as_of", mode="before")
    @classmethod
    def _written_as_a_day_or_an_instant(cls, value: Any) -> Any:  # noqa: ANN401 - raw input
        return None if value is None else read_instant(value)

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
        SettingsError: the file is not YAML, or a value is refused, or two contradict each other; names the
            field and the reason.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    environment = read_environment(Settings)
    home = Path(given.get("home") or environment.get("home") or working_home())
    file = home.expanduser() / SIGNALS
    written = read_yaml(file)
    # Each by itself, too: what another overrides is still not dropped unread.
    for where, values in ((str(file), written), (VARIABLES, environment), (OPTIONS, given)):
        _validated(values, where)
    values = _merged(fallback or {}, _merged(written, environment))
    where = f"{file} or {VARIABLES}"
    settings = _validated(_merged(values, {**given, "home": home}), where)
    if found := contradictions(settings.monitor, settings.training, settings.simulator):
        raise SettingsError(f"settings ({where}): {' '.join(found)}")
    return settings


def working_home() -> Path:
    """The home that the working folder is or lies in; the working folder where there is none."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if any((folder / mark).exists() for mark in HOME_MARKS):
            return folder
    return here


def _validated(values: Values, where: str) -> Settings:
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_explain(error, where)) from None


def _merged(lower: Values, upper: Values) -> Values:
    merged = {**lower, **upper}
    for name in lower.keys() & upper.keys():
        if isinstance(lower[name], dict) and isinstance(upper[name], dict):
            merged[name] = _merged(lower[name], upper[name])
    return merged


def _explain(error: ValidationError, where: str) -> str:
    problems = [
        f"{'.'.join(map(str, item['loc']))}: {_said(item)}{_got(item)}" for item in error.errors()
    ]
    return f"settings ({where}): " + "; ".join(problems)


def _said(item: ErrorDetails) -> str:
    if item["type"] == "extra_forbidden":
        return "no such setting; `nfl-signals settings` lists them"
    if item["type"] == "string_pattern_mismatch":
        return f"expected {_described(item['loc'])}"
    return item["msg"].removeprefix("Value error, ")


def _described(place: tuple[int | str, ...]) -> str:
    fields: dict[str, FieldInfo] = Settings.model_fields
    for section in place[:-1]:
        fields = getattr(fields[str(section)].annotation, "model_fields", {})
    return str(fields[str(place[-1])].description)


def _got(item: ErrorDetails) -> str:
    """The value that is refused, where it can be no secret: not a section's, not under an unknown name."""
    value = item["input"]
    if item["loc"][-1] in SECRETS or item["type"] == "extra_forbidden":
        return ""
    word = isinstance(value, str) and "://" not in value and str(item["loc"][-1]) not in SECTIONS
    shown = word or value is None or isinstance(value, bool | int | float | date)
    return f", got {value!r:.60}" if shown else f", got a {type(value).__name__}"


def describe(as_of: datetime) -> str:
    """ISO form used in messages and ledgers.

    Example:
        >>> from datetime import UTC
        >>> describe(datetime(2025, 11, 4, 14, tzinfo=UTC))
        '2025-11-04T14:00:00+00:00'
    """
    return as_of.isoformat(timespec="seconds")
