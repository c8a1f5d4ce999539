"""The home's history of prices: what release, schedule and odds feed show, added up."""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from nfl_signals.core.errors import InputError, SchemaError, SettingsError, SourceError
from nfl_signals.core.files import write_parquet
from nfl_signals.core.locks import exclusive, lock_beside
from nfl_signals.core.schema_columns import no_rows
from nfl_signals.core.settings import describe
from nfl_signals.features.decision_prices import SEEN, last_quotes
from nfl_signals.ingest.download import judged
from nfl_signals.ingest.odds_feed import Quota
from nfl_signals.ingest.prices import added, changed, on_schedule, read_prices
from nfl_signals.ingest.quality import Quality, in_words, wanting
from nfl_signals.ingest.raw import FILES
from nfl_signals.ingest.rules import RULES
from nfl_signals.ingest.schemas import RAW_PRICES
from nfl_signals.ingest.source import MissingReleaseError
from nfl_signals.markets.decision_time import decision_at
from nfl_signals.markets.definitions import KEYS, QUOTE
from nfl_signals.workspace.data_home import NFLVERSE, PLAYED, data_home_name
from nfl_signals.workspace.odds_feed import ask_feed, prices_of_run
from nfl_signals.workspace.run_context import RunContext

_log = logging.getLogger(__name__)


def observed_prices(
    context: RunContext, season: int, games: pl.DataFrame
) -> tuple[pl.DataFrame, Quality]:
    """A season's new observations, and what was wrong with them; `games` as stored.

    A release without prices, one with a file that cannot be used, or an odds feed that fails stops nothing:
    what the schedule shows now cannot be observed later.
    """
    stored = _stored(context, season)
    quality = Quality("prices", season, max_share=context.settings.ingest.max_quarantined)
    published = no_rows(RAW_PRICES)
    try:
        with judged(context.release, FILES["prices"].format(season=season)):
            published = read_prices(context.release, season, games, quality)
    except MissingReleaseError:
        pass
    except (SourceError, SchemaError) as error:
        quality = Quality("prices", season, max_share=quality.max_share)
        quality.degrade(stored.height)
        _log.warning("raw prices of %d: %d stored rows are used: %s", season, stored.height, error)
    moment = context.moment
    seen = on_schedule(
        games, book=context.settings.source, as_of=moment.as_of, live=not moment.backdated
    )
    asked, wrong = prices_of_run(context, season, games)
    quality.records += wrong.records
    return added(added(published, changed(stored, seen)), asked), quality


def store_prices(context: RunContext, season: int, new: pl.DataFrame) -> tuple[int, int]:
    """Add observations to those stored, whoever else adds some; how many were new, and how many there are."""
    path = context.paths.raw("prices", season)
    busy = "another run is adding prices; try again when it is done."
    with exclusive(lock_beside(path), busy=busy):
        stored = _stored(context, season)
        rows = added(stored, new)
        if rows.height > stored.height or not path.exists():
            write_parquet(path, rows)
    return rows.height - stored.height, rows.height


def stored_prices(context: RunContext, seasons: Iterable[int]) -> pl.DataFrame:
    """Observations of these seasons known at the run's `as_of`; an opener without a time counts as known."""
    rows = pl.concat([no_rows(RAW_PRICES), *(_stored(context, season) for season in seasons)])
    known = pl.col("observed_at").is_null() | (pl.col("observed_at") <= context.as_of)
    return rows.filter(known)


@dataclass(frozen=True, kw_only=True)
class FetchedPrices:
    """What came of asking the odds feed."""

    season: int
    games: int
    prices: int
    new: int
    set_aside: list[str]  # in words, a sentence a rule
    quota: Quota


def fetch_prices(context: RunContext, *, at: datetime | None) -> FetchedPrices:
    """Add what the odds feed's books show now, or showed at `at`, to the stored observations.

    Asks about the season of the first game to come at that instant.

    Raises:
        InputError: the home's games are not real and live, no schedule is stored, `at` has not come yet,
            or the feed gives no usable answer; nothing is added then.
    """
    home = data_home_name(context.settings)
    if home != NFLVERSE:
        kind = "a season that is played" if home == PLAYED else "a simulated league"
        raise InputError(
            f"{context.paths.home}: is the home of {kind}; an odds feed shows prices of real games now: add "
            "--home FOLDER of such a home."
        )
    if context.settings.offline:
        raise SettingsError("offline: no server is asked; unset NFL_SIGNALS_OFFLINE.")
    now = datetime.now(UTC)
    if at is not None and at > now:
        raise InputError(f"--at {describe(at)}: has not come yet; leave it out for now.")
    games = stored_games(context)
    to_come = games.filter(pl.col("kickoff_at") > (at or now)).sort("kickoff_at")
    if to_come.is_empty():
        raise InputError(
            f"{context.paths.raw_folder('games')}: no game is to come after {describe(at or now)}; "
            "run first, for a newer schedule."
        )
    season = int(to_come["season"][0])
    rows, quality, quota = ask_feed(context, games.filter(season=season), season, at=at)
    new, _ = store_prices(context, season, rows)
    return FetchedPrices(
        season=season,
        games=rows["game_id"].n_unique(),
        prices=rows.height,
        new=new,
        set_aside=[
            f"{in_words(found)[0]}. {RULES[found['rule'][0]].what}"
            for found in wanting(quality.frame(now)).partition_by("rule", maintain_order=True)
        ],
        quota=quota,
    )


def prices_of_game(context: RunContext, game_id: str) -> pl.DataFrame:
    """A game's stored observations, oldest first, openers without a time before all; InputError if none.

    With `is_used`: whether it is the quote that a forecast of the game has, or had, as its price.
    """
    season = int(game_id[:4]) if re.match("[0-9]{4}_", game_id) else 0  # then there is no such file
    rows = _stored(context, season).filter(game_id=game_id)
    if rows.is_empty():
        raise InputError(
            f"{context.paths.raw_folder('prices')}: no price of {game_id} is stored; a game's id is season, "
            "week, away and home team, as in 2025_10_DAL_PHI."
        )
    used = last_quotes(rows, _asked(context, rows), context.settings.price_book)
    same = [*KEYS, *QUOTE, *SEEN]
    marked = rows.join(used.with_columns(is_used=True), on=same, how="left", nulls_equal=True)
    return marked.with_columns(pl.col("is_used").fill_null(value=False)).sort(
        "market", "observed_at", "book", maintain_order=True
    )


def _asked(context: RunContext, prices: pl.DataFrame) -> pl.DataFrame:
    """By when each market's price has to be known: at decision time, of a game to come now."""
    schedule = stored_games(context).select("game_id", "kickoff_at")
    games = prices.select(KEYS).unique(maintain_order=True).join(schedule, on="game_id")
    asked = games.with_columns(decision_at(context.settings.horizon))
    by = pl.when(pl.col("kickoff_at") <= context.as_of).then("decision_at")
    return asked.select(*KEYS, by=by.otherwise(pl.lit(context.as_of)))


def stored_games(context: RunContext) -> pl.DataFrame:
    """The schedules that are stored, to match prices with; InputError where none is."""
    schedules = sorted(context.paths.raw_folder("games").glob("*.parquet"))
    if not schedules:
        raise InputError(
            f"{context.paths.raw_folder('games')}: no schedule is stored to match prices with; run first."
        )
    return pl.concat(context.read(schedule) for schedule in schedules)


def _stored(context: RunContext, season: int) -> pl.DataFrame:
    path = context.paths.raw("prices", season)
    return context.read(path) if path.exists() else no_rows(RAW_PRICES)
