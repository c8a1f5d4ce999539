"""What a settings file and the environment hold; nothing in them is dropped because it is not understood."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, EnvSettingsSource
from pydantic_settings import SettingsError as UnreadableVariableError

from nfl_signals.core.errors import SettingsError

Values = dict[str, Any]
PREFIX = "NFL_SIGNALS_"
ANY_SPELLING = re.compile(r"nfl[_-]?signal", re.IGNORECASE)
TIMESTAMP = "tag:yaml.org,2002:timestamp"


class Checked(BaseModel):
    """Fields that are set once, each by a value of its own kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - raw input
        field = cls.model_fields[str(info.field_name)]
        if isinstance(value, bool) and field.annotation is not bool:
            raise ValueError("true and false are no value of this setting")
        return value


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """YAML as it stands there: no name twice, and no date made of what is written."""

    # `instants.py` reads days and instants, in every place alike.
    yaml_implicit_resolvers = {  # noqa: RUF012 - as the base class has it
        first: [pair for pair in pairs if pair[0] != TIMESTAMP]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: ANN401
        _refuse_repeated(str(key.value) for key, _ in node.value)
        return super().construct_mapping(node, deep)


def read_yaml(file: Path) -> Values:
    """The settings in a file, which may be missing or empty; SettingsError where it holds anything else.

    What it says is not repeated: it may hold a secret.
    """
    if not file.exists():
        return {}
    try:
        text = file.read_text(encoding="utf-8")
        content = yaml.load(text, _Loader)
        nothing = content is None and yaml.compose(text, _Loader) is None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read as UTF-8 text ({error}).") from None
    except _RepeatedError as error:
        raise SettingsError(f"{file}: {error} is there twice; keep one.") from None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise SettingsError(f"{file}{where}: not valid YAML.") from None
    if nothing:
        return {}
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise SettingsError(f"{file}: expected `name: value` lines, found something else.")
    if "home" in content:
        raise SettingsError(f"{file}: home: the file is read from there; set {PREFIX}HOME instead.")
    return content


def read_environment(settings: type[BaseSettings]) -> Values:
    """What the variables NFL_SIGNALS_* hold; SettingsError for one that sets nothing, or twice."""
    known = dict(_variables(settings))
    given = sorted(name for name in os.environ if ANY_SPELLING.match(name))
    for variable in given:
        if variable not in known:
            meant = get_close_matches(variable.upper(), known, n=1)
            hint = f"did you mean {meant[0]}?" if meant else "`nfl-signals settings` lists them."
            raise SettingsError(f"{variable}: no such setting; {hint}")
        if not os.environ[variable].strip():
            raise SettingsError(f"{variable}: is empty; unset it, or give it a value.")
        if known[variable]:
            _refuse_half_a_section(variable, given)
    try:
        return EnvSettingsSource(settings)()
    except UnreadableVariableError as error:
        raise SettingsError(f"{PREFIX}*: {error}; nested fields are written with __.") from None


def _variables(settings: type[BaseModel]) -> Iterator[tuple[str, bool]]:
    """Every variable, and whether it is a whole section."""
    for name, field in settings.model_fields.items():
        inner = getattr(field.annotation, "model_fields", {})
        yield f"{PREFIX}{name.upper()}", bool(inner)
        yield from ((f"{PREFIX}{name.upper()}__{each.upper()}", False) for each in inner)


def _refuse_half_a_section(variable: str, given: list[str]) -> None:
    """A section is one JSON object, or one variable a field: of both it is not clear which counts."""
    beside = [name for name in given if name.startswith(f"{variable}__")]
    if beside:
        raise SettingsError(f"{variable} and {beside[0]} set the same section; keep one of them.")
    try:
        content = json.loads(os.environ[variable], object_pairs_hook=_unique)
    except _RepeatedError as error:
        raise SettingsError(f"{variable}: {error} is there twice; keep one.") from None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise SettingsError(
            f"{variable}: expected a JSON object; nested fields are written with __."
        )


class _RepeatedError(Exception):
    """A name is there twice."""


def _unique(pairs: list[tuple[str, Any]]) -> Values:
    _refuse_repeated(name for name, _ in pairs)
    return dict(pairs)


def _refuse_repeated(names: Iterable[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise _RepeatedError(name)
