"""The world a run lives in: settings, paths, the release it reads, its seasons and its now."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from nfl_signals.core.errors import SettingsError, SourceError
from nfl_signals.core.files import read_json
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import Settings
from nfl_signals.ingest.raw import seasons_in
from nfl_signals.ingest.source import DirectoryRelease, Release, open_release
from nfl_signals.llm.provider import open_provider
from nfl_signals.simulator.league import simulate
from nfl_signals.simulator.write import write_release
from nfl_signals.workspace.data_homes import claim_home


@dataclass(frozen=True, kw_only=True)
class RunContext:
    """What every step of a run is given.

    Attributes:
        settings: validated settings.
        paths: where files lie.
        release: where raw tables come from.
        seasons: seasons of this run, ascending.
        as_of: nothing known after this instant exists.
    """

    settings: Settings
    paths: Paths
    release: Release
    seasons: tuple[int, ...]
    as_of: datetime


def open_run(settings: Settings) -> RunContext:
    """Prepare a run: the simulated league where asked for, the release, its seasons, its now.

    Raises:
        SourceError: the release is missing or unreachable, or holds none of the seasons.
        SettingsError: too few seasons to learn, blend and calibrate; the reader of documents lacks
            a setting.
    """
    paths = Paths(settings.home)
    open_provider(settings.llm, paths.llm_responses)  # said now, not after minutes of ingestion
    claim_home(paths, settings)
    release = _release(settings, paths)
    return RunContext(
        settings=settings,
        paths=paths,
        release=release,
        seasons=_enough_seasons(settings, release),
        as_of=_as_of(settings, paths),
    )


def _release(settings: Settings, paths: Paths) -> Release:
    if settings.source == "simulated":
        _ensure_league(settings, paths)
        return DirectoryRelease(paths.simulated / "release")
    return open_release(
        settings.nflverse,
        cache=paths.downloads,
        cache_hours=settings.cache_hours,
        attempts=settings.download_attempts,
    )


def _ensure_league(settings: Settings, paths: Paths) -> None:
    """Simulate unless the stored league is the one the settings describe."""
    wanted = {"seed": settings.seed, **settings.simulator.model_dump()}
    stored = paths.simulated / "release" / "league.json"
    if stored.exists():
        found = read_json(stored)
        if all(found.get(name) == value for name, value in wanted.items()):
            return
    write_release(simulate(settings.simulator, seed=settings.seed), paths.simulated)


def chosen_seasons(settings: Settings, release: Release) -> tuple[int, ...]:
    """Seasons of the source within the settings' range, ascending.

    Raises:
        SourceError: the source does not hold the range's ends.
    """
    available = seasons_in(release)
    first, last = settings.season_range or (available[0], available[-1])
    if first not in available or last not in available:
        raise SourceError(
            f"seasons {first}-{last}: the source holds {available[0]}-{available[-1]}; ask for "
            "seasons within that range (--seasons A-B)."
        )
    return tuple(season for season in available if first <= season <= last)


def _enough_seasons(settings: Settings, release: Release) -> tuple[int, ...]:
    chosen, training = chosen_seasons(settings, release), settings.training
    needed = (
        training.min_learner_seasons
        + training.min_stack_seasons
        + training.min_calibration_seasons
        + 1
    )
    if len(chosen) < needed:
        raise SettingsError(
            f"seasons {chosen[0]}-{chosen[-1]}: {len(chosen)} seasons, at least {needed} are needed "
            f"({training.min_learner_seasons} to learn, {training.min_stack_seasons} to blend, "
            f"{training.min_calibration_seasons} to calibrate, 1 to predict); widen --seasons."
        )
    return chosen


def _as_of(settings: Settings, paths: Paths) -> datetime:
    """The instant asked for; else the simulated league's now; else the last full hour."""
    if settings.as_of is not None:
        return settings.as_of.astimezone(UTC)
    if settings.source == "simulated":
        league = json.loads((paths.simulated / "release" / "league.json").read_text())
        return datetime.fromisoformat(league["as_of"])
    # Steps of one run open their world minutes apart; a full hour keeps them on the same instant.
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
