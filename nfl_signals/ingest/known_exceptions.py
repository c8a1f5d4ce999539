"""Rows that are known to lack a match, each with its reason: data, shipped beside this file and in the home.

What is not listed is used as far as it goes too; it is reported, and listed in quarantine.
"""

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from nfl_signals.core.errors import SettingsError

FILE = "known_exceptions.yaml"
SHIPPED = Path(__file__).with_name(FILE)


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str


class _Games(_Entry):
    games: tuple[str, ...]


class _Reports(_Entry):
    season: int
    week: int
    teams: tuple[str, ...]


class _OwnOpponent(_Entry):
    until: int


class KnownExceptions(BaseModel):
    """What is known to be wrong with a source, by kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    games_without_statistics: tuple[_Games, ...] = ()
    reports_without_game: tuple[_Reports, ...] = ()
    statistics_against_oneself: tuple[_OwnOpponent, ...] = ()

    @property
    def games(self) -> dict[str, str]:
        """Reason by id of a played game that lacks statistics of one or both teams."""
        return {game: each.reason for each in self.games_without_statistics for game in each.games}

    @property
    def reports(self) -> dict[tuple[int, int, str], str]:
        """Reason by season, week and team of reports on a game that was never completed."""
        return {
            (each.season, each.week, team): each.reason
            for each in self.reports_without_game
            for team in each.teams
        }

    @property
    def own_opponent_until(self) -> int:
        """The last season in which statistics may name their own team as opponent; 0: none."""
        return max((each.until for each in self.statistics_against_oneself), default=0)


def known_exceptions(own: Path) -> KnownExceptions:
    """Those that are shipped and those of a home's `own` file, which may be missing.

    Raises:
        SettingsError: the home's file cannot be used; names it, the field and the reason.
    """
    shipped = _read(SHIPPED)
    if not own.exists():
        return shipped
    added = _read(own)
    return KnownExceptions(
        **{
            name: getattr(shipped, name) + getattr(added, name)
            for name in KnownExceptions.model_fields
        }
    )


def _read(file: Path) -> KnownExceptions:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        return KnownExceptions.model_validate(content)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{file}: cannot be read as YAML ({error}).") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise SettingsError(
            f"{file}: {where}: {first['msg']}; see {SHIPPED} for the form."
        ) from None
