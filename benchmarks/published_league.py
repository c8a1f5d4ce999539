"""A release in a folder, published as time passes, its lines moving; of a simulated league, or any other."""

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from pathlib import Path

import polars as pl

from nfl_signals.core.errors import NflSignalsError
from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.ingest.source import DirectoryRelease
from nfl_signals.markets.definitions import LINES, PRICES
from nfl_signals.predictions.football_week import PREDICTION_WEEKDAY
from nfl_signals.simulator.feed.catalog import TROUBLES
from nfl_signals.simulator.feed.cut import Feed
from nfl_signals.simulator.feed.write import trouble_release, write_feed
from nfl_signals.simulator.league import simulate
from nfl_signals.simulator.write import LINES_OPEN, RELEASE, write_release

MONDAY = timedelta(days=6)  # from the Tuesday before: all but one game of the week is over
BEFORE_KICKOFF = timedelta(hours=1)
PREDICTION_TIME = time(14, 0)  # UTC; 9 or 10 in the morning, US Eastern: when the schedule fires


@dataclass(frozen=True, kw_only=True)
class Week:
    """A week of the schedule."""

    season: int
    week: int
    tuesday: datetime  # of its predictions
    first_kickoff: datetime
    games: frozenset[str]  # that have lines and prices on all three markets

    @property
    def name(self) -> str:
        """As in the reports' names."""
        return f"{self.season}-w{self.week:02d}"

    @property
    def mornings(self) -> tuple[datetime, ...]:
        """Three on which it can still be predicted, and the one on which most of it is over."""
        latest = self.first_kickoff - BEFORE_KICKOFF
        before = (min(self.tuesday + timedelta(days=day), latest) for day in range(3))
        return (*before, self.tuesday + MONDAY)


class PublishedRelease:
    """The release is `folder/release`; it changes only by `move` and `spoil`, file by file at once."""

    def __init__(self, feed: Feed, folder: Path, seasons: range) -> None:
        self.feed, self.seasons = feed, seasons
        self.release, self.draft = folder / "release", folder / "draft"

    @cached_property
    def _lined(self) -> pl.DataFrame:
        return self.feed.games.drop_nulls([*LINES, *PRICES]).sort("kickoff")

    def weeks(self, season: int) -> Iterator[Week]:
        """Weeks from the first of a season to the last that there is."""
        mine = self._lined.filter(pl.col("season") >= season)
        for (year, number), games in mine.group_by("season", "week", maintain_order=True):
            first = games["kickoff"].min()
            assert isinstance(first, datetime)
            yield Week(
                season=year,
                week=number,
                tuesday=tuesday_before(first),
                first_kickoff=first,
                games=frozenset(games["game_id"]),
            )

    def kickoffs(self) -> pl.DataFrame:
        """`game_id, kickoff` of every game."""
        return self.feed.games.select("game_id", "kickoff")

    def move(self, instant: datetime) -> None:
        """Publish what is known at an instant; what was spoilt is mended."""
        begun = [year for year in self.seasons if year <= instant.year]
        old = self.draft.exists()
        write_feed(self.feed.at(instant), self.draft, range(begun[-2 if old else 0], begun[-1] + 1))
        self._publish()

    def spoil(self, chance: random.Random) -> str:
        """Publish one bad file, and name the alteration; one that finds nothing to alter is passed over."""
        for name in chance.sample(list(TROUBLES), len(TROUBLES)):
            try:
                trouble_release(self.draft, name)
            except (NflSignalsError, pl.exceptions.PolarsError, OSError, IndexError):
                continue
            self._publish()
            return name
        raise SystemExit("no alteration can be applied to the release")

    def _publish(self) -> None:
        drafted = {path.relative_to(self.draft) for path in self.draft.rglob("*.parquet")}
        for name in drafted:
            (self.release / name).parent.mkdir(parents=True, exist_ok=True)
            fresh = (self.release / name).with_suffix(".new")
            shutil.copyfile(self.draft / name, fresh)
            fresh.replace(self.release / name)
        for path in self.release.rglob("*.parquet"):
            if path.relative_to(self.release) not in drafted:
                path.unlink()


class PublishedLeague(PublishedRelease):
    """Of a simulated league, played to its end."""

    def __init__(self, folder: Path, *, first_season: int, n_seasons: int, seed: int) -> None:
        league = SimulatorSettings(
            first_season=first_season, n_seasons=n_seasons, weeks_played=22, missing_lines=0.0
        )
        write_release(simulate(league, seed=seed), folder / "league")
        opening = pl.read_parquet(folder / "league" / LINES_OPEN)
        feed = Feed(DirectoryRelease(folder / "league" / RELEASE), opening)
        super().__init__(feed, folder, range(first_season, first_season + n_seasons))


def tuesday_before(kickoff: datetime) -> datetime:
    """The last Tuesday, 14:00 UTC, before a kickoff."""
    days = (kickoff.weekday() - PREDICTION_WEEKDAY) % 7
    tuesday = datetime.combine(kickoff.date(), PREDICTION_TIME, kickoff.tzinfo) - timedelta(days)
    return tuesday if tuesday < kickoff else tuesday - timedelta(weeks=1)
