"""The context of a run: settings, paths, release, seasons and now, and each stored table once."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from nfl_signals.core.errors import InputError, SettingsError, SourceError
from nfl_signals.core.file_cache import FileCache
from nfl_signals.core.files import read_parquet
from nfl_signals.core.moment import Moment
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import Settings, describe
from nfl_signals.ingest.download import judged, open_release
from nfl_signals.ingest.history import LINES_HORIZON
from nfl_signals.ingest.joins import JOINS
from nfl_signals.ingest.quality import QUALITY_SCHEMA
from nfl_signals.ingest.raw import FILES, SCHEDULE, openings, seasons_in
from nfl_signals.ingest.source import ClosedRelease, DirectoryRelease, Release
from nfl_signals.llm.provider import open_provider
from nfl_signals.llm.signals import SCHEMA as SIGNALS_SCHEMA
from nfl_signals.markets.decision_time import Horizon
from nfl_signals.registry import decision_log
from nfl_signals.registry.decision_log import Decision
from nfl_signals.simulator.league import simulate
from nfl_signals.simulator.write import write_release
from nfl_signals.workspace.data_home import (
    claim_home,
    refuse_other_home,
    seasons_of_home,
    stored_league,
)
from nfl_signals.workspace.default_horizon import with_bound_horizon, with_horizon
from nfl_signals.workspace.ledger_clock import last_written

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class RunContext:
    """What every step of a run is given; steps load from it, pure functions get what they loaded."""

    settings: Settings
    paths: Paths
    release: Release  # where raw tables come from
    seasons: tuple[int, ...]  # seasons of this run, ascending
    as_of: datetime  # nothing known after this instant exists
    # what has been read so far; a table that has not changed is not read again
    files: FileCache = field(default_factory=FileCache, init=False, repr=False, compare=False)

    @property
    def moment(self) -> Moment:
        """The as-of, and what time it is when something is written now.

        That says the league of a simulated run, its now, and the as-of of a season that is played, neither
        of which goes back before what was written last; elsewhere the system's clock.
        """
        if self.settings.source == "nflverse" and self.settings.clock == "system":
            return Moment(as_of=self.as_of, clock=datetime.now(UTC).replace(microsecond=0))
        clocks = [self.as_of, last_written(self.paths.ledger)]
        if self.settings.source == "simulated":
            clocks.append(stored_league(self.paths).get("as_of"))
        return Moment(as_of=self.as_of, clock=max(each for each in clocks if each is not None))

    @property
    def as_trained(self) -> "RunContext":
        """The run with the gold tables of the last training; with today's in a home that kept none.

        What was forecast out of fold was forecast at their lines, and is settled at those.
        """
        if not self.paths.trained_on.markets.exists():
            return self
        return self._changed(paths=self.paths.trained_on)

    @property
    def today(self) -> "RunContext":
        """The run as of the time that it is, where its as-of is in the past."""
        return self._changed(as_of=max(self.as_of, self.moment.clock))

    @property
    def features(self) -> pl.DataFrame:
        """Gold features of all seasons, in time order."""
        return self.read(self.paths.features)

    @property
    def gold_markets(self) -> pl.DataFrame:
        """Gold markets of all seasons at every horizon that is stored, in time order."""
        return self.read(self.paths.markets)

    @property
    def markets(self) -> pl.DataFrame:
        """Gold markets at the run's horizon, in time order.

        Raises:
            InputError: they are not stored at that horizon.
        """
        return self.derive(at_horizon, self.gold_markets, self.settings.horizon)

    @property
    def closing(self) -> pl.DataFrame:
        """Gold markets at kickoff: of what was played the close."""
        return self.derive(at_horizon, self.gold_markets, "kickoff")

    @property
    def signals(self) -> pl.DataFrame:
        """Signals of all seasons, in time order; no rows where none have been built."""
        if not any(self.paths.llm_signals.glob("*.parquet")):
            return pl.DataFrame(schema=SIGNALS_SCHEMA)
        return self.read(self.paths.llm_signals)

    @property
    def quality(self) -> pl.DataFrame:
        """What was repaired and set aside in the raw tables of the run's seasons, `QUALITY_SCHEMA`."""
        stored = (
            self.paths.quality(table, season)
            for table in (*FILES, JOINS)
            for season in self.seasons
        )
        found = [self.read(path) for path in stored if path.exists()]
        return pl.concat([QUALITY_SCHEMA.to_frame(), *found])

    @property
    def decision_log(self) -> tuple[Decision, ...]:
        """Every decision about models, in the order written.

        Raises:
            IntegrityError: the decision log is not what was written.
        """
        return self.load(self.paths.history, decision_log.read)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Those that are known at `as_of`."""
        return self.derive(decision_log.known_at, self.decision_log, self.as_of)

    def _changed(self, **fields: Any) -> "RunContext":  # noqa: ANN401 - field values
        changed = replace(self, **fields)
        object.__setattr__(changed, "files", self.files)  # what was read is not read again
        return changed

    def read(self, path: Path) -> pl.DataFrame:
        """A stored table, read once while it does not change; InputError where it is not there yet."""
        return self.load(path, read_parquet)

    def load(self, path: Path, reader: Callable[[Path], T]) -> T:
        """What a reader makes of a stored file, read once while it does not change."""
        return self.files.read(path, reader)

    def derive(self, function: Callable[..., T], *inputs: object) -> T:
        """`function(*inputs)`, computed once for the same inputs."""
        return self.files.derive(function, *inputs)


def at_horizon(markets: pl.DataFrame, horizon: Horizon) -> pl.DataFrame:
    """Rows of one horizon; InputError where there are none though there are others."""
    rows = markets.filter(horizon=horizon)
    if rows.is_empty() and not markets.is_empty():
        raise InputError(
            f"gold_markets: no rows at horizon {horizon}, only at "
            f"{', '.join(markets['horizon'].unique().sort())}; materialize gold_markets and what follows it "
            "again, or set horizon to that."
        )
    return rows


def open_run(settings: Settings) -> RunContext:
    """Prepare a run in its home, which is claimed, at its horizon; raises as `open_source`."""
    context = open_source(settings)
    chosen = with_horizon(
        context.settings, context.paths, context.release, context.seasons, context.as_of
    )
    claim_home(context.paths, chosen)
    return replace(context, settings=chosen)


def open_source(settings: Settings) -> RunContext:
    """What a run reads: the simulated league where it is the source, the release, its seasons, its now.

    Raises:
        SourceError: the release is missing or unreachable, or holds none of the seasons.
        SettingsError: the home belongs to another source; as_of is in the future; too few seasons to
            learn, blend and calibrate; the reader of documents lacks a setting.
    """
    paths = Paths(settings.home)
    settings = with_bound_horizon(settings, paths)
    open_provider(settings.llm, paths.llm_responses)  # an error now, not after minutes of ingestion
    refuse_other_home(paths, settings)
    if settings.source == "simulated":
        _ensure_league(settings, paths)
    as_of = _as_of(settings, paths)
    _refuse_future(settings, as_of)
    release = _release(settings, paths, as_of)
    seasons = _enough_seasons(settings, release, as_of)
    return RunContext(settings=settings, paths=paths, release=release, seasons=seasons, as_of=as_of)


def open_home(settings: Settings) -> RunContext:
    """Look at what a home holds: no source is asked, nothing is simulated, moved or written.

    Its seasons are `data_home.seasons_of_home`.

    Raises:
        SettingsError: the home belongs to another source than the one that was asked for.
    """
    paths = Paths(settings.home)
    settings = with_bound_horizon(settings, paths)
    refuse_other_home(paths, settings)
    as_of = _as_of(settings, paths)
    return RunContext(
        settings=settings,
        paths=paths,
        release=ClosedRelease(),
        seasons=seasons_of_home(
            paths, last=settings.season_range[1], opens_by=as_of + LINES_HORIZON
        ),
        as_of=as_of,
    )


def _release(settings: Settings, paths: Paths, as_of: datetime) -> Release:
    if settings.source == "simulated":
        return DirectoryRelease(paths.league.parent)
    return open_release(
        settings.nflverse,
        cache=paths.downloads,
        attempts=settings.download_attempts,
        since=as_of,
        offline=settings.offline,
    )


def _ensure_league(settings: Settings, paths: Paths) -> None:
    """Simulate unless the stored league is the one the settings describe."""
    wanted = {"seed": settings.seed, **settings.simulator.model_dump()}
    found = stored_league(paths)
    if found and all(found.get(name) == value for name, value in wanted.items()):
        return
    write_release(simulate(settings.simulator, seed=settings.seed), paths.simulated)


def chosen_seasons(settings: Settings, release: Release, as_of: datetime) -> tuple[int, ...]:
    """Seasons of the source within the settings' range, ascending, that have begun or are about to.

    The schedule shows a season months ahead; it is one of the run's when its first game is within
    `LINES_HORIZON` of `as_of`.

    Raises:
        SourceError: the source does not hold every season of the range, or nothing of it has begun.
    """
    with judged(release, SCHEDULE):
        available, opening = seasons_in(release), openings(release)
    first, last = settings.season_range
    first, last = first or available[0], last or available[-1]
    if first not in available or last not in available:
        raise SourceError(
            f"seasons {first}-{last}: the source holds {available[0]}-{available[-1]}; choose "
            "seasons within that range (--seasons A-B)."
        )
    chosen = tuple(season for season in available if first <= season <= last)
    horizon = as_of + LINES_HORIZON
    begun = tuple(each for each in chosen if each in opening and opening[each] <= horizon)
    if not begun:
        raise SourceError(
            f"seasons {first}-{last}: none has begun by {describe(as_of)}; choose earlier seasons "
            "(--seasons A-B) or a later --as-of."
        )
    if lacking := sorted(set(range(first, begun[-1] + 1)).difference(begun)):
        raise SourceError(
            f"seasons {first}-{begun[-1]}: the source holds no dated games of "
            f"{', '.join(map(str, lacking))}, and a range has no holes; fetch the release again, or "
            "choose seasons on one side of it (--seasons A-B)."
        )
    return begun


def _enough_seasons(settings: Settings, release: Release, as_of: datetime) -> tuple[int, ...]:
    chosen, training = chosen_seasons(settings, release, as_of), settings.training
    needed = training.min_learner_seasons + training.priced_seasons
    if len(chosen) < needed:
        raise SettingsError(
            f"seasons {chosen[0]}-{chosen[-1]}: {len(chosen)} seasons, at least {needed} are needed "
            f"({training.min_learner_seasons} to learn, {training.min_stack_seasons} to blend, "
            f"{training.min_calibration_seasons} to calibrate, 1 to predict); widen --seasons."
        )
    return chosen


def _refuse_future(settings: Settings, as_of: datetime) -> None:
    if settings.source == "nflverse" and settings.clock == "system" and as_of > datetime.now(UTC):
        raise SettingsError(
            f"as_of {describe(as_of)}: has not come yet, and nothing is known of it; leave it out (now), or "
            "choose an earlier instant."
        )


def _as_of(settings: Settings, paths: Paths) -> datetime:
    """The instant of the settings; else the simulated league's now; else the last full hour."""
    if settings.as_of is not None:
        return settings.as_of.astimezone(UTC)
    if settings.source == "simulated" and (league := stored_league(paths)):
        now: datetime = league["as_of"]
        return now
    # Steps of one run may open their context minutes apart; a full hour keeps them on the same instant.
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
