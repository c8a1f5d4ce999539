"""The horizon of a home that nothing names: the one that the prices allow."""

import logging
from collections import Counter
from collections.abc import Sequence

import polars as pl

from nfl_signals.core.errors import InputError, SourceError
from nfl_signals.core.files import read_parquet
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import Settings
from nfl_signals.features.decision_prices import CONSENSUS
from nfl_signals.ingest.download import judged
from nfl_signals.ingest.raw import FILES
from nfl_signals.ingest.source import Release
from nfl_signals.workspace.data_home import built_horizon

LINED = ("ats", "total")
"""Markets that need prices of their own: a moneyline is derived from both where nobody recorded one."""

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
    was played. So `tuesday`, the default, asks for spreads and totals, the market's or those of
    `price_book`, in the release or in the home, of as many seasons as a stack needs to blend, calibrate and
    predict, beside those that learners begin with.
    """
    if "horizon" in settings.model_fields_set or settings.source == "simulated":
        return settings
    training = settings.training
    needed = training.min_stack_seasons + training.min_calibration_seasons + 1
    found, books = (
        Counter(dict.fromkeys(LINED, 0)),
        {*CONSENSUS, settings.price_book or CONSENSUS[0]},
    )
    for season in reversed(seasons[training.min_learner_seasons :]):
        seen = (_recorded(paths, season), _published(release, season))
        found.update(set().union(*(_early(each, books) for each in seen)))
        if min(found.values()) >= needed:
            return settings
    _log.warning(
        "horizon kickoff: %d seasons have spreads and totals from before the close, a Tuesday's forecasts "
        "need %d; import openers (`nfl-signals prices import`) before a home's first run, or set horizon",
        *(min(found.values()), needed),
    )
    return settings.model_copy(update={"horizon": "kickoff"})


def _recorded(paths: Paths, season: int) -> pl.DataFrame:
    path = paths.raw("prices", season)
    try:
        return read_parquet(path) if path.exists() else pl.DataFrame()
    except InputError:
        return pl.DataFrame()  # the run that reads it says what is wrong


def _published(release: Release, season: int) -> pl.DataFrame:
    table = FILES["prices"].format(season=season)
    try:
        with judged(release, table):
            return release.read(table)
    except SourceError:
        return pl.DataFrame()  # none, or one that is wrong: the run that reads it says so


def _early(prices: pl.DataFrame, books: set[str]) -> set[str]:
    """Markets of `LINED` that one of the books showed before the close."""
    if not {"market", "moment", "book"} <= set(prices.columns):
        return set()
    early = (pl.col("moment") != "close") & pl.col("book").is_in(books)
    return set(LINED) & set(prices.filter(early)["market"])
