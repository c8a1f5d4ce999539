"""Read, check and store what documents say about every team before every game."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from nfl_signals.core.files import read_parquet, write_parquet
from nfl_signals.core.validation import validate
from nfl_signals.llm.provider import open_provider
from nfl_signals.llm.schemas import LLM_SIGNALS
from nfl_signals.llm.signals import SCHEMA, read_signals
from nfl_signals.workspace.run_context import RunContext
from nfl_signals.workspace.tables import load_history


@dataclass(frozen=True, kw_only=True)
class SignalFigures:
    """What a build of signals came to.

    Attributes:
        rows: two per game.
        available: rows with signals.
        reasons: why the other rows have none, and how many were quiet, by number of rows.
    """

    rows: int
    available: int
    reasons: dict[str, int]


def build_signals(context: RunContext, seasons: Sequence[int]) -> SignalFigures:
    """Read the documents of the given seasons and store a partition for each.

    Args:
        context: the run; `settings.llm` says who reads.
        seasons: which; files of seasons that the run does not have are removed.

    Returns:
        Rows, and the reasons of those without signals.

    Raises:
        SettingsError: the provider lacks a setting.
        InputError: a raw season has not been materialized yet.
    """
    provider = open_provider(context.settings.llm, context.paths.llm_responses)
    history = load_history(context, last_season=max(seasons))
    folder = context.paths.llm_signals
    signals = validate(read_signals(history, provider, seasons), LLM_SIGNALS, str(folder))
    for season in seasons:
        write_parquet(folder / f"{season}.parquet", signals.filter(pl.col("season") == season))
    for file in folder.glob("*.parquet"):
        if int(file.stem) not in context.seasons:
            file.unlink()
    reasons = (
        signals.filter(pl.col("reason") != "")["reason"].value_counts(sort=True).sort("reason")
    )
    return SignalFigures(
        rows=signals.height,
        available=int(signals["available"].sum()),
        reasons=dict(reasons.iter_rows()),
    )


def load_signals(context: RunContext) -> pl.DataFrame:
    """Signals of all seasons, in time order; no rows where none have been built."""
    if not any(context.paths.llm_signals.glob("*.parquet")):
        return pl.DataFrame(schema=SCHEMA)
    return read_parquet(context.paths.llm_signals)
