"""Forecasts with outcomes, as the ledger grades them, whose calibration is known."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from scipy.special import expit

KICKOFF_TYPE = pl.Datetime("us", "UTC")


def graded(
    *,
    seasons: range = range(2024, 2025),
    weeks: int = 18,
    per_week: int = 15,
    slope: float = 1.0,
    push: float = 0.0,
    seed: int = 0,
    **fixed: Any,  # noqa: ANN401 - a constant of any column
) -> pl.DataFrame:
    """Moneyline-like forecasts whose true logit is slope * stated logit, as the ledger grades."""
    rng = np.random.default_rng(seed)
    season, week, game = (
        axis.ravel()
        for axis in np.meshgrid(seasons, range(1, weeks + 1), range(per_week), indexing="ij")
    )
    stated = rng.normal(0.32, 0.85, len(game))
    won, void = rng.random(len(game)) < expit(slope * stated), rng.random(len(game)) < push
    kickoff = [
        datetime(s, 9, 8, 17, tzinfo=UTC) + timedelta(weeks=int(w) - 1, hours=int(g))
        for s, w, g in zip(season.tolist(), week, game, strict=True)
    ]
    frame = pl.DataFrame(
        {
            "game_id": [f"{s}_{w:02d}_{g:02d}" for s, w, g in zip(season, week, game, strict=True)],
            "season": season.astype(np.int32),
            "week": week.astype(np.int32),
            "kickoff_at": kickoff,
            "made_at": [k - timedelta(days=2) for k in kickoff],
            "p_hat": expit(stated),
            "p_market": expit(stated + rng.normal(0, 0.1, len(game))),
            "outcome": np.where(void, "push", np.where(won, "yes", "no")),
            "y": np.where(void, np.nan, won),
        }
    ).with_columns(pl.col("y").fill_nan(None), pl.col("kickoff_at", "made_at").cast(KICKOFF_TYPE))
    frame = frame.with_columns(p_close="p_market")  # nothing moved after the pick
    constant = {
        "market": "moneyline",
        "book": "production",
        "horizon": "kickoff",
        "signal_source": "model",
        "model_version": "replay_2024" if fixed.get("book") == "learning" else "model_v1",
        "model_hash": "hash",
        "p_push": 0.0,
        "closing_line_value": None,
    }
    return frame.with_columns(**{name: pl.lit(value) for name, value in (constant | fixed).items()})
