"""Forecasts of a challenger's recipe for the games that it could not be asked about itself."""

import logging

import polars as pl

from nfl_signals.markets.definitions import KEYS, QUOTE
from nfl_signals.monitoring.steps import append_signed, graded_ledger
from nfl_signals.predictions.ledger_rows import blend_hashes, stand_in_rows
from nfl_signals.promotion.books import STANDS_IN, forecast_by, production
from nfl_signals.training.stand_in import stand_in_forecasts
from nfl_signals.workspace.run_context import RunContext

_log = logging.getLogger(__name__)


def stand_in_for(context: RunContext, version: str, *, against: str) -> int:
    """Ask a version's recipe what the champion was asked and the version was not; how many new answers.

    They go to the shadow book, at the champion's lines, prices and moments. What the blends of the stored
    walk-forward have answered already is not asked again.
    """
    graded = graded_ledger(context)
    asked = production(against).rows(graded)
    stacked = context.read(context.paths.stacked)
    blends = blend_hashes(stacked, context.settings.horizon)["model_hash"].implode()
    before = STANDS_IN.rows(graded).filter(pl.col("model_hash").is_in(blends))
    answered = pl.concat([forecast_by(version).rows(graded), before]).select(*KEYS, *QUOTE)
    open_questions = asked.join(answered, on=[*KEYS, *QUOTE], how="anti", nulls_equal=True)
    priced = open_questions.filter(pl.col("p_market").is_not_null())
    if priced.is_empty():
        return 0
    forecasts = stand_in_forecasts(context, priced)
    rows = stand_in_rows(
        priced, forecasts, stacked, moment=context.moment, horizon=context.settings.horizon
    )
    append_signed(context, rows)
    _log.info("%s: its recipe answers %d of %d questions", version, rows.height, asked.height)
    return rows.height
