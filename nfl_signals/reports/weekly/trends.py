"""What the charts show of one series: the weeks behind it, and its reliability curve."""

import numpy as np
import polars as pl

from nfl_signals.core.files import Json
from nfl_signals.reports.weekly.inputs import WeeklyInputs
from nfl_signals.reports.weekly.series import END, SeriesLabel
from nfl_signals.reports.weekly.windows import WINDOWS, Z95

SEASONS_SHOWN = 3  # as many as the evidence remembers
PATH = ("season", "week", "segment", "n_season", "season_error", "season_ece", "e_value")
CURVES = ("season", "all")
SCORED = {"brier": "p_hat", "brier_price": "p_market", "brier_close": "p_close"}
POINT = ("n", "mean_p", "mean_y", "low", "high", "consistent_low", "consistent_high")


def trends(inputs: WeeklyInputs, series: SeriesLabel) -> Json:
    """All that is drawn of one series.

    Returns `path`: the evidence path over the newest seasons, the columns PATH, a record per week;
    `rolling`: of `rolling_rows`; `curves`: by name of the newest window, the columns POINT, a
    record per bin; `curve_labels`.
    """
    path = _recent(series.rows(inputs.evidence).sort("season", "week"))
    newest = series.rows(inputs.curves).sort("bin").filter(END.max() == END, scope="series")
    curves = {name: newest.filter(window=name).select(POINT) for name in CURVES}
    return {
        "path": path.select(PATH).to_dicts(),
        "rolling": rolling_rows(inputs, series),
        "curves": {name: rows.to_dicts() for name, rows in curves.items() if rows.height},
        "curve_labels": {name: WINDOWS[name] for name in CURVES},
    }


def rolling_rows(inputs: WeeklyInputs, series: SeriesLabel) -> list[Json]:
    """Brier score of the series, of its price at the pick and of the close, window by window.

    All three over the games of which both are known. Returns a record per week: season, week, n,
    brier, brier_price, brier_close, and half_width: 1.96 standard errors of the mean difference from
    the close per game, weeks taken as blocks (the sandwich estimator clustered by week, Cameron and
    Miller 2015, J. Human Resources 50(2), eq. 11); null where one week is all there is.
    """
    forecasts = series.rows(inputs.graded).sort("made_at", maintain_order=True)
    last = forecasts.unique("game_id", keep="last").sort("game_id")  # as the monitor counts them
    weekly = (
        last.drop_nulls(["y", *SCORED.values()])
        .group_by("season", "week", maintain_order=True)
        .agg(
            pl.len().alias("n"),
            *(((pl.col(p) - pl.col("y")) ** 2).sum().alias(name) for name, p in SCORED.items()),
        )
        .sort("season", "week")
    )
    long = inputs.monitor.window_weeks
    ends = range(1, weekly.height + 1)
    found = [_rolled(weekly.slice(max(0, end - long), min(end, long))) for end in ends]
    return _recent(pl.DataFrame(found)).to_dicts() if found else []


def _recent(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("season") > pl.col("season").max() - SEASONS_SHOWN)


def _rolled(weeks: pl.DataFrame) -> Json:
    n, difference = weeks["n"].to_numpy(), (weeks["brier"] - weeks["brier_close"]).to_numpy()
    total, blocks = int(n.sum()), len(n)
    rest = difference - n * difference.sum() / total
    error = np.sqrt((rest**2).sum() * blocks / max(blocks - 1, 1)) / total
    return {
        "season": weeks["season"][-1],
        "week": weeks["week"][-1],
        "n": total,
        **{name: weeks[name].sum() / total for name in SCORED},
        "half_width": Z95 * float(error) if blocks > 1 else None,
    }
