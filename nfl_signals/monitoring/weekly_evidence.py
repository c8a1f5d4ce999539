"""The evidence path: each series' error and the evidence against it, week by week."""

import polars as pl

from nfl_signals.monitoring.rolling_windows import SERIES, Series, series_of

WEEK = ["season", "week"]
EVIDENCE_SCHEMA = pl.Schema(
    {
        "market": pl.String(),
        "book": pl.String(),
        "signal_source": pl.String(),
        "model_version": pl.String(),  # of the newest prediction of the week
        "season": pl.Int32(),
        "week": pl.Int32(),
        "week_end_at": pl.Datetime("us", "UTC"),  # last kickoff of the week
        "segment": pl.Int32(),  # counts the models served in book production; 0 elsewhere
        "n_week": pl.Int32(),  # graded games of the week, pushes left out
        "n_season": pl.Int32(),  # of the season so far, since the segment began
        "season_error": pl.Float64(),  # recalibration error of the season so far, debiased
        "season_ece": pl.Float64(),  # ten equal bins, bias and all: the literal rule's error
        "e_value": pl.Float64(),  # of the season so far and its memory
        "brier": pl.Float64(),  # of the week's games
        "brier_price": pl.Float64(),  # of the no-vig prices at the pick, of the games with prices
        "brier_close": pl.Float64(),  # of the no-vig close at the line taken, where it is known
    }
)


def evidence_path(graded: pl.DataFrame) -> pl.DataFrame:
    """One row per series and week with graded games.

    `graded` as `steps.graded_at` gives it. Where a series has several forecasts of a game, the last
    counts; rows without an outcome are left out. Returns EVIDENCE_SCHEMA, sorted by series and week. A
    row depends on no later game.
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
        _brier("p_market").alias("brier_price"),
        _brier("p_close").alias("brier_close"),
    )
    return found.select(*EVIDENCE_SCHEMA)


def _brier(forecast: str) -> pl.Expr:
    """Mean over the games where both are known; null where none is."""
    return ((pl.col(forecast) - pl.col("y")) ** 2).mean()
