"""The home's history of prices: what the release holds and what the schedule shows now, added up."""

import logging

import polars as pl

from nfl_signals.core.errors import SchemaError, SourceError
from nfl_signals.core.schema_columns import no_rows
from nfl_signals.ingest.download import judged
from nfl_signals.ingest.prices import added, changed, on_schedule, read_prices
from nfl_signals.ingest.quality import Quality
from nfl_signals.ingest.raw import FILES
from nfl_signals.ingest.schemas import RAW_PRICES
from nfl_signals.ingest.source import MissingReleaseError
from nfl_signals.workspace.run_context import RunContext

_log = logging.getLogger(__name__)


def observed_prices(
    context: RunContext, season: int, games: pl.DataFrame
) -> tuple[pl.DataFrame, Quality]:
    """A season's stored observations and the new ones, and what was wrong with those; `games` as stored.

    A release without prices, or with a file that cannot be used, stops nothing: what the schedule
    shows now cannot be observed later.
    """
    path = context.paths.raw("prices", season)
    stored = context.read(path) if path.exists() else no_rows(RAW_PRICES)
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
    return added(added(stored, published), changed(stored, seen)), quality
