"""The evidence path: how large each series' error and the evidence against it stood, week by week."""

import polars as pl

from nfl_signals.episodes import EVIDENCE_SCHEMA
from nfl_signals.rolling_windows import SERIES, Series, series_of

WEEK = ["season", "week"]


def evidence_path(graded: pl.DataFrame) -> pl.DataFrame:
    """One row per series and week with graded games.

    Args:
        graded: predictions with outcomes, as `ledger.grade` gives them. Where a series spoke on a
            game more than once, its last word counts. Rows without an outcome are left out.

    Returns:
        EVIDENCE_SCHEMA, sorted by series and week. A row depends on no later game.
    """
    rows = [_weeks(series) for series in series_of(graded, SERIES)]
    return pl.concat([EVIDENCE_SCHEMA.to_frame(), *rows])


def _weeks(series: Series) -> pl.DataFrame:
    scored = pl.col("y").is_not_null()
    so_far = series.games.with_columns(
        n_season=scored.cast(pl.Int32).cum_sum().over("season", "segment")
    )
    last = ["model_version", "segment", "n_season", "season_error", "season_ece", "e_value"]
    found = so_far.group_by(*SERIES, *WEEK, maintain_order=True).agg(
        pl.col("kickoff_at").max().alias("week_end_at"),
        scored.sum().cast(pl.Int32).alias("n_week"),
        *(pl.col(name).last() for name in last),
        _brier("p_hat").alias("brier"),
        _brier("p_market").alias("brier_market"),
    )
    return found.select(*EVIDENCE_SCHEMA)


def _brier(forecast: str) -> pl.Expr:
    """Mean over the games where both are known; null where none is."""
    return ((pl.col(forecast) - pl.col("y")) ** 2).mean()
