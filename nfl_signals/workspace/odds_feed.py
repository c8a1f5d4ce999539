"""The home's odds feed: when it is asked, and a note of how that went.

It shows what books show now, so only a live run of real games asks it: not a dated-back run, a season that
is played, a simulated league, or a run offline.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

import polars as pl

from nfl_signals.core.errors import InputError
from nfl_signals.core.files import Json, read_json, write_json
from nfl_signals.core.schema_columns import no_rows
from nfl_signals.ingest.odds_feed import OddsFeedError, Quota, feed_name, fetch_odds
from nfl_signals.ingest.odds_feed_rules import observed
from nfl_signals.ingest.quality import Quality
from nfl_signals.ingest.schemas import RAW_PRICES
from nfl_signals.workspace.data_home import NFLVERSE, data_home_name
from nfl_signals.workspace.run_context import RunContext

_log = logging.getLogger(__name__)


def feed_is_on(context: RunContext) -> bool:
    """Whether this run asks the feed: there is a key, and the run is live."""
    settings = context.settings
    live = data_home_name(settings) == NFLVERSE and not context.moment.backdated
    return live and settings.odds.api_key is not None and not settings.offline


def ask_feed(
    context: RunContext, games: pl.DataFrame, season: int, *, at: datetime | None = None
) -> tuple[pl.DataFrame, Quality, Quota]:
    """The feed's prices of a season's games as `RAW_PRICES`, and what was wrong with them.

    That it was asked, and its quota, is noted in the home, also where it fails.

    Raises:
        InputError: the feed gives no usable answer; nothing but the note is written.
    """
    settings, quota = context.settings, Quota()
    quality = Quality("prices", season, max_share=settings.ingest.max_quarantined)
    try:
        answer = fetch_odds(settings.odds, at=at)
        quota = answer.quota
        rows = observed(answer.snapshot, games, feed_name(settings.odds), quality)
    except InputError as error:
        told = error.quota if isinstance(error, OddsFeedError) else quota
        _note(context, told, prices=0, problem=str(error))
        raise
    _note(context, quota, prices=rows.height, problem=None)
    return rows, quality, quota


def prices_of_run(
    context: RunContext, season: int, games: pl.DataFrame
) -> tuple[pl.DataFrame, Quality]:
    """What the feed shows on the games to come of the run's newest season; no rows where it is not asked.

    A feed that fails stops no run: it is noted in what was wrong with the prices.
    """
    quality = Quality("prices", season)
    if not _asked_about(context, season, games):
        return no_rows(RAW_PRICES), quality
    try:
        rows, quality, quota = ask_feed(context, games, season)
    except InputError as error:
        why = pl.DataFrame({"season": [season], "odds": [str(error)]})
        quality.note("feed_failed", why, "odds")
        _log.warning("raw prices of %d: %s", season, error)
        return no_rows(RAW_PRICES), quality
    _log.info("%s: %d prices (%s)", feed_name(context.settings.odds), rows.height, quota)
    return rows, quality


def feed_metadata(context: RunContext, seasons: Sequence[int]) -> Json:
    """How the asking went, of a run that has ingested these seasons' prices; {} where none was asked."""
    newest = context.seasons[-1]
    if newest not in seasons:
        return {}
    if not _asked_about(context, newest, context.read(context.paths.raw("games", newest))):
        return {}
    noted = read_json(context.paths.odds_feed)
    return {f"odds_feed_{name}": value for name, value in noted.items() if value is not None}


def _asked_about(context: RunContext, season: int, games: pl.DataFrame) -> bool:
    """Whether this run asks about a season: the newest, as long as it has games to come."""
    to_come = pl.col("kickoff_at") > context.moment.clock
    newest = season == context.seasons[-1]
    return newest and feed_is_on(context) and not games.filter(to_come).is_empty()


def _note(context: RunContext, quota: Quota, *, prices: int, problem: str | None) -> None:
    found = {
        "asked_at": context.moment.clock.isoformat(),
        "prices": prices,
        "problem": problem,
        "requests_remaining": quota.remaining,
        "requests_used": quota.used,
    }
    write_json(context.paths.odds_feed, found)
