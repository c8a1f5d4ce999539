"""Read, check and store the signals that documents hold about every team before every game."""

import logging
from collections.abc import Sequence

import polars as pl

from nfl_signals.core.validation import validate
from nfl_signals.llm.provider import open_provider
from nfl_signals.llm.schemas import LLM_SIGNALS
from nfl_signals.llm.signals import read_signals
from nfl_signals.workspace.run_context import RunContext
from nfl_signals.workspace.tables import load_history, rows_of_seasons, store_seasons

_log = logging.getLogger(__name__)


def build_signals(context: RunContext, seasons: Sequence[int]) -> pl.DataFrame:
    """Read the documents of the given seasons and store a partition for each.

    Returns the rows written, two per game.

    Raises:
        SettingsError: the provider lacks a setting.
        InputError: a raw season has not been materialized yet.
    """
    provider = open_provider(context.settings.llm, context.paths.llm_responses)
    tables = ["games", "injuries", "notes"]
    history = load_history(context, last_season=max(seasons), tables=tables)
    folder = context.paths.llm_signals
    signals = read_signals(
        history, provider, seasons, as_of=context.as_of, horizon=context.settings.horizon
    )
    signals = validate(signals, LLM_SIGNALS, str(folder))
    stored = store_seasons(context, folder, signals, seasons)
    read = int(stored["available"].sum())
    _log.info("signals: %s, %d with signals", rows_of_seasons(stored.height, seasons), read)
    return stored


def missing_reasons(signals: pl.DataFrame) -> dict[str, int]:
    """Why rows have no signals, and how many were quiet, by number of rows."""
    reasons = signals.filter(pl.col("reason") != "")["reason"].value_counts(sort=True)
    return dict(reasons.sort("reason").iter_rows())
