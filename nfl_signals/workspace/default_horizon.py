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
from nfl_signals.core.validation import validate
from nfl_signals.features.decision_prices import last_quotes
from nfl_signals.ingest.download import judged
from nfl_signals.ingest.prices import read_prices
from nfl_signals.ingest.raw import FILES, SCHEDULE, read_games
from nfl_signals.ingest.schemas import RAW_PRICES
from nfl_signals.ingest.source import Release
from nfl_signals.markets.decision_time import decision_at
from nfl_signals.workspace.data_home import bound_horizon

LINED = ("ats", "total")
"""Markets that need prices of their own: a moneyline is derived from both where nobody recorded one."""

_log = logging.getLogger(__name__)


def with_bound_horizon(settings: Settings, paths: Paths) -> Settings:
    """The settings at the horizon that the home keeps, where none was chosen."""
    bound = bound_horizon(paths)
    if "horizon" in settings.model_fields_set or bound is None:
        return settings
    return settings.model_copy(update={"horizon": bound})


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
    found = Counter(dict.fromkeys(LINED, 0))
    for season in reversed(seasons[training.min_learner_seasons :]):
        found.update(_decided(settings, paths, release, season, as_of))
        if min(found.values()) >= needed:
            return settings
    _log.warning(
        "horizon kickoff: %d seasons have %d spreads and totals known on their Tuesdays, which forecasts "
        "of then need in %d; import openers (`nfl-signals prices import`) before a home's first run, or set "
        "horizon",
        *(min(found.values()), LEAST_GAMES, needed),
    )
    return settings.model_copy(update={"horizon": "kickoff"})


def _decided(
    settings: Settings, paths: Paths, release: Release, season: int, as_of: datetime
) -> list[str]:
    """Markets of `LINED` in which enough played games of the season have a price of their Tuesday.

    Counted as training will: what is wrong in schedule or prices is left to the run that reads it.
    """
    try:
        with judged(release, SCHEDULE):
            games = read_games(release, season)
    except (SourceError, SchemaError):
        return []
    prices = pl.concat([_recorded(paths, season), _published(release, season, games)])
    played = games.filter(pl.col("kickoff_at") <= as_of).drop_nulls("result")
    asked = played.select("game_id", decision_at("tuesday").alias("by")).join(_MARKETS, how="cross")
    quotes = last_quotes(prices, asked, settings.price_book)
    games_of = (
        quotes.filter(pl.col("moment") != "close").drop_nulls("line").group_by("market").len()
    )
    return games_of.filter(pl.col("len") >= LEAST_GAMES)["market"].to_list()


def _recorded(paths: Paths, season: int) -> pl.DataFrame:
    path = paths.raw("prices", season)
    try:
        return validate(read_parquet(path), RAW_PRICES, str(path))
    except (InputError, SchemaError):
        return no_rows(RAW_PRICES)


def _published(release: Release, season: int, games: pl.DataFrame) -> pl.DataFrame:
    try:
        with judged(release, FILES["prices"].format(season=season)):
            return read_prices(release, season, games)
    except (SourceError, SchemaError):
        return no_rows(RAW_PRICES)


_MARKETS = pl.DataFrame({"market": LINED})
