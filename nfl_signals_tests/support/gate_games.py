"""Champions and challengers game by game; simulated: `benchmarks/simulated_challengers.py`."""

from typing import Any

import polars as pl

from nfl_signals.promotion.measures import PAIRS_SCHEMA


def pairs(**columns: Any) -> pl.DataFrame:  # noqa: ANN401 - columns or constants
    """Rows written out; what is not given is a moneyline at even prices that nobody moved."""
    n = max(len(values) for values in columns.values() if isinstance(values, list))
    default = {
        "game_id": [f"g{place:03d}" for place in range(n)],
        "market": "moneyline",
        "season": 2024,
        "week": 1,
        "outcome": "yes",
        "p_champion": 0.5,
        "p_challenger": 0.5,
        "p_market": 0.5,
        "line": 0.0,
        "price_yes": 100.0,
        "price_no": 100.0,
        "clv_champion": None,
        "clv_challenger": None,
    }
    given = {
        name: values if isinstance(values, list) else [values] * n
        for name, values in (default | columns).items()
    }
    rows = pl.DataFrame(given)
    y = pl.when(pl.col("outcome") != "push").then((pl.col("outcome") == "yes").cast(pl.Float64))
    return rows.with_columns(y=y).select(pl.col(n).cast(t) for n, t in PAIRS_SCHEMA.items())
