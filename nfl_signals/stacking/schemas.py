"""Schemas of out-of-fold and stacked predictions."""

from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from nfl_signals.core.schema_columns import (
    MARKET,
    SEASON,
    UTC_MICROSECONDS,
    WEEK,
    column,
    probability,
)
from nfl_signals.markets.definitions import KEYS
from nfl_signals.stacking.inputs import SIGNALS

OOF = pa.DataFrameSchema(
    {
        "game_id": column(pl.String(), "schedule"),
        "market": MARKET,
        "learner": column(pl.String(), "schedule"),
        "scheme": column(pl.String(), "schedule", pa.Check.isin(["walk_forward", "purged_kfold"])),
        "fold": column(pl.Int32(), "schedule"),
        "p_hat": probability("close"),
        "p_raw": probability("close"),
        "p_push": probability("close"),
    },
    strict=True,
    unique=["game_id", "market", "learner", "scheme"],
    name="oof_predictions",
)


def stacked_schema(learners: Sequence[str]) -> pa.DataFrameSchema:
    """Schema of the walk-forward stacked predictions for the given base learners."""
    inputs = ["market", *learners]
    signal = pa.Check.in_range(-2.0, 2.0)
    return pa.DataFrameSchema(
        {
            "game_id": column(pl.String(), "schedule"),
            "market": MARKET,
            "season": SEASON,
            "week": WEEK,
            "kickoff_at": column(UTC_MICROSECONDS, "schedule"),
            **{f"p_{name}": probability("close") for name in inputs},
            **{
                f"signal_{name}": column(pl.Float64(), "published", signal, nullable=True)
                for name in SIGNALS
            },
            "llm_available": column(pl.Boolean(), "published"),
            "weight_intercept": column(pl.Float64(), "close"),
            **{f"weight_{name}": column(pl.Float64(), "close") for name in [*inputs, *SIGNALS]},
            "p_raw": probability("close"),
            "calibrator": column(pl.String(), "close"),
            "p_calibrated": probability("close"),
            "venn_abers_low": probability("close"),
            "venn_abers_high": probability("close"),
            "p_hat": probability("close"),
            "p_push": probability("close"),
        },
        strict=True,
        unique=KEYS,
        name="stacked_predictions",
    )
