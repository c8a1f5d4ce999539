"""The horizon of a home that nothing names: the one that the prices allow."""

import logging
from collections.abc import Iterator, Sequence

import polars as pl

from nfl_signals.core.errors import InputError, SourceError
from nfl_signals.core.files import read_parquet
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import Settings
from nfl_signals.ingest.download import judged
from nfl_signals.ingest.raw import FILES
from nfl_signals.ingest.source import MissingReleaseError, Release
from nfl_signals.workspace.data_home import built_horizon

_log = logging.getLogger(__name__)


def with_built_horizon(settings: Settings, paths: Paths) -> Settings:
    """The settings at the horizon of what is stored, where none was chosen."""
    built = built_horizon(paths)
    if "horizon" in settings.model_fields_set or built is None:
        return settings
    return settings.model_copy(update={"horizon": built})


def with_horizon(
    settings: Settings, paths: Paths, release: Release, seasons: Sequence[int]
) -> Settings:
    """The settings, at `kickoff` where no horizon was chosen and too few seasons have earlier prices.

    A Tuesday's forecast is fitted at a Tuesday's prices, and nflverse's schedule shows the close of what
    was played. So `tuesday`, the default, asks for as many seasons with prices in the release or in the
    home as a stack needs to blend, to calibrate and to predict, beside those that learners begin with.
    """
    if "horizon" in settings.model_fields_set or settings.source == "simulated":
        return settings
    training = settings.training
    needed = training.min_stack_seasons + training.min_calibration_seasons + 1
    found = 0
    for _ in _priced(paths, release, seasons[training.min_learner_seasons :]):
        found += 1
        if found == needed:
            return settings
    _log.warning(
        "horizon kickoff: %d of %d seasons have prices from before the close, and forecasts of a Tuesday "
        "need %d; import openers (`nfl-signals prices import`) before a home's first run, or set horizon",
        *(found, len(seasons), needed),
    )
    return settings.model_copy(update={"horizon": "kickoff"})


def _priced(paths: Paths, release: Release, seasons: Sequence[int]) -> Iterator[int]:
    """Seasons with prices of another moment than the close, newest first."""
    for season in reversed(seasons):
        if _recorded(paths, season) or _published(release, season):
            yield season


def _recorded(paths: Paths, season: int) -> bool:
    path = paths.raw("prices", season)
    try:
        return path.exists() and _before_the_close(read_parquet(path))
    except InputError:
        return False  # the run that reads it says what is wrong


def _published(release: Release, season: int) -> bool:
    table = FILES["prices"].format(season=season)
    try:
        with judged(release, table):
            return _before_the_close(release.read(table))
    except MissingReleaseError:
        return False
    except SourceError:
        return True  # it is there; the run that reads it says what is wrong


def _before_the_close(prices: pl.DataFrame) -> bool:
    return "moment" in prices.columns and bool((prices["moment"] != "close").any())
