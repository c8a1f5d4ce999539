"""A season played day by day in a home: the feed of that day, what the jobs do, nothing retrained."""

from dataclasses import replace
from datetime import datetime

import polars as pl

from nfl_signals.monitoring.steps import update_metrics
from nfl_signals.predictions.upcoming import append_to_ledger, predict_upcoming
from nfl_signals.simulator.feed.cut import Feed
from nfl_signals.workspace import tables
from nfl_signals.workspace.llm_signals import build_signals
from nfl_signals.workspace.run_context import RunContext, chosen_seasons


def on_the_day(context: RunContext, feed: Feed, instant: datetime) -> RunContext:
    """The run's context with the release, the seasons and the now of a day."""
    release = feed.at(instant)
    seasons = chosen_seasons(context.settings, release, instant)
    first = context.seasons[0]
    chosen = tuple(season for season in seasons if season >= first)
    return replace(context, release=release, seasons=chosen, as_of=instant)


def refresh_tables(context: RunContext) -> None:
    """What both jobs begin with: raw and gold of the seasons that are not over."""
    seasons = tables.unfinished_seasons(context)
    for table in tables.READERS:
        tables.ingest(context, table, seasons)
    tables.build_gold(context, seasons)
    tables.build_gold_markets(context, seasons)
    build_signals(context, seasons)


def weekly(context: RunContext) -> pl.DataFrame:
    """`weekly_refresh`: tables, predictions, ledger; the predictions."""
    refresh_tables(context)
    upcoming = predict_upcoming(context)
    append_to_ledger(context)
    return upcoming


def daily(context: RunContext) -> None:
    """`daily_outcomes`: tables, metrics."""
    refresh_tables(context)
    update_metrics(context)
