"""The horizon of a home that nothing names: the one that the prices allow."""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import polars as pl

from nfl_signals.core.errors import InputError, SchemaError, SourceError
from nfl_signals.core.files import read_parquet
from nfl_signals.core.paths import Paths
from nfl_signals.core.schema_columns import no_rows
from nfl_signals.core.setting_sections import LEAST_GAMES
from nfl_signals.core.settings import Settings
from nfl_signals.ingest.casting import cast_columns
from nfl_signals.ingest.download import judged
from nfl_signals.ingest.quality import Quality
from nfl_signals.ingest.raw import FILES
from nfl_signals.ingest.release_columns import PRICES
from nfl_signals.ingest.schemas import RAW_PRICES
from nfl_signals.ingest.source import Release
from nfl_signals.markets.definitions import CONSENSUS
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
    settings: Settings, paths: Paths, release: Release, seasons: Sequence[int], as_of: datetime
) -> Settings:
    """The settings, at `kickoff` where no horizon was chosen and too few seasons have earlier prices.

    A Tuesday's forecast is fitted at a Tuesday's prices, and nflverse's schedule shows the close of what
    was played. So `tuesday`, the default, asks for spreads and totals, the market's or those of
    `price_book`, known by `as_of`, in the release or in the home: of `LEAST_GAMES` games in as many seasons
    as a stack needs to blend, calibrate and predict, beside those that learners begin with.
    """
    if "horizon" in settings.model_fields_set or settings.source == "simulated":
        return settings
    training, needed = settings.training, settings.training.priced_seasons
    books = {*CONSENSUS, settings.price_book or CONSENSUS[0]}
    found = Counter(dict.fromkeys(LINED, 0))
    for season in reversed(seasons[training.min_learner_seasons :]):
        observed = pl.concat([_recorded(paths, season), _published(release, season)])
        found.update(_early(observed, books, as_of))
        if min(found.values()) >= needed:
            return settings
    _log.warning(
        "horizon kickoff: %d seasons have spreads and totals of %d games from before the close, a Tuesday's "
        "forecasts need %d; import openers (`nfl-signals prices import`) before a home's first run, or set "
        "horizon",
        *(min(found.values()), LEAST_GAMES, needed),
    )
    return settings.model_copy(update={"horizon": "kickoff"})


def _recorded(paths: Paths, season: int) -> pl.DataFrame:
    path = paths.raw("prices", season)
    try:
        return read_parquet(path).select(_NEEDED) if path.exists() else _NONE
    except (InputError, pl.exceptions.PolarsError):
        return _NONE  # the run that reads it says what is wrong


def _published(release: Release, season: int) -> pl.DataFrame:
    table = FILES["prices"].format(season=season)
    try:
        with judged(release, table):
            quality = Quality("prices", season)
            published = cast_columns(release.read(table), PRICES, release.locate(table), quality)
            return published.select(_NEEDED)
    except (SourceError, SchemaError):
        return _NONE  # none, or one that is wrong: the run that reads it says so


def _early(prices: pl.DataFrame, books: set[str], as_of: datetime) -> list[str]:
    """Markets of `LINED` that one of the books showed before the close, on enough games."""
    known = pl.col("observed_at").is_null() | (pl.col("observed_at") <= as_of)
    early = pl.col("moment").is_in(["open", "snapshot"]) & pl.col("line").is_not_null()
    shown = prices.filter(known & early & pl.col("book").is_in(books))
    games = shown.group_by("market").agg(pl.col("game_id").n_unique())
    enough = games.filter(pl.col("game_id") >= LEAST_GAMES)["market"].to_list()
    return [market for market in LINED if market in enough]


_NEEDED = ["game_id", "market", "book", "moment", "observed_at", "line"]
_NONE = no_rows(RAW_PRICES).select(_NEEDED)
