"""What the charts show of one series: the weeks behind it, and its reliability curve."""

from typing import Any

import numpy as np
import polars as pl

from nfl_signals.reports.weekly.inputs import WeeklyInputs
from nfl_signals.reports.weekly.series import END, Voice
from nfl_signals.reports.weekly.windows import WINDOWS, Z95

Json = dict[str, Any]
SEASONS_SHOWN = 3  # as many as the evidence remembers
PATH = ("season", "week", "segment", "n_season", "season_error", "season_ece", "e_value")
POINT = ("n", "mean_p", "mean_y", "low", "high", "consistent_low", "consistent_high")


def path_rows(inputs: WeeklyInputs, voice: Voice) -> list[Json]:
    """The evidence path over the newest seasons: the columns PATH, a record per week."""
    rows = voice.rows(inputs.evidence).sort("season", "week")
    return _recent(rows).select(PATH).to_dicts()


def rolling_rows(inputs: WeeklyInputs, voice: Voice) -> list[Json]:
    """Brier score of the voice and of the no-vig close over the same games, window by window.

    Returns:
        A record per week: season, week, n, brier, brier_market, and half_width: 1.96 standard
        errors of the mean difference per game, weeks taken as blocks (the sandwich estimator
        clustered by week, Cameron and Miller 2015, J. Human Resources 50(2), eq. 11); null where
        one week is all there is.
    """
    said = voice.rows(inputs.graded).sort("made_at", maintain_order=True)
    games = said.unique("game_id", keep="last").sort(
        "game_id"
    )  # the last word, as the monitor counts it
    weekly = (
        games.drop_nulls(["y", "p_market"])
        .group_by("season", "week", maintain_order=True)
        .agg(
            n=pl.len(),
            mine=((pl.col("p_hat") - pl.col("y")) ** 2).sum(),
            close=((pl.col("p_market") - pl.col("y")) ** 2).sum(),
        )
        .sort("season", "week")
    )
    long = inputs.limits.window_weeks
    ends = range(1, weekly.height + 1)
    found = [_rolled(weekly.slice(max(0, end - long), min(end, long))) for end in ends]
    return _recent(pl.DataFrame(found)).to_dicts() if found else []


def curve_rows(inputs: WeeklyInputs, voice: Voice, window: str) -> list[Json]:
    """The reliability curve of the newest window of that name: the columns POINT, a bin a record."""
    rows = voice.rows(inputs.curves).filter(
        pl.col("scope") == "series", pl.col("window") == window, END.max() == END
    )
    return rows.sort("bin").select(POINT).to_dicts()


def trends(inputs: WeeklyInputs, voice: Voice) -> Json:
    """All that is drawn of one series."""
    curves = {name: curve_rows(inputs, voice, name) for name in ("season", "all")}
    return {
        "path": path_rows(inputs, voice),
        "rolling": rolling_rows(inputs, voice),
        "curves": {name: rows for name, rows in curves.items() if rows},
        "curve_labels": {name: WINDOWS[name] for name in curves},
    }


def _recent(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("season") > pl.col("season").max() - SEASONS_SHOWN)


def _rolled(weeks: pl.DataFrame) -> Json:
    n, difference = weeks["n"].to_numpy(), (weeks["mine"] - weeks["close"]).to_numpy()
    total, blocks = int(n.sum()), len(n)
    rest = difference - n * difference.sum() / total
    error = np.sqrt((rest**2).sum() * blocks / max(blocks - 1, 1)) / total
    return {
        "season": weeks["season"][-1],
        "week": weeks["week"][-1],
        "n": total,
        "brier": weeks["mine"].sum() / total,
        "brier_market": weeks["close"].sum() / total,
        "half_width": Z95 * float(error) if blocks > 1 else None,
    }
