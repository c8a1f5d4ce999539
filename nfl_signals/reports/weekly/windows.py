"""Per market the windows of its series, and what changed in them since the week before."""

import math

import polars as pl

from nfl_signals.core.files import Json
from nfl_signals.monitoring.rolling_windows import COUNTED
from nfl_signals.reports.weekly.inputs import WeeklyInputs
from nfl_signals.reports.weekly.series import END, SeriesLabel

WINDOWS = {
    "4w": "last 4 weeks",
    "8w": "last 8 weeks",
    "16w": "last 16 weeks",
    "season": "season so far",
    "all": "everything",
}
Z95 = 1.959963984540054
COPIED = """window n n_push n_weeks brier n_price brier_price skill_vs_price n_close brier_close
skill_vs_close calibration_error calibration_error_null95 slope n_valued closing_line_value""".split()
END_NAMES = ("model_version", "window_end_season", "window_end_week")


def window_rows(inputs: WeeklyInputs, series: SeriesLabel) -> list[Json]:
    """One record per window of the series at its newest week, shortest first.

    Each has the columns COPIED, `slope_low, slope_high` (95 %), `label`, and on the season's record
    `evidence` and `season_error`, as the evidence path states them.
    """
    rows = series.rows(inputs.metrics).filter(pl.col("scope") == "series")
    rows = rows.filter(pl.col("window").is_in(list(WINDOWS)), END.max() == END)
    found = {row["window"]: _window(row) for row in rows.to_dicts()}
    for last in _last_weeks(inputs, series, 1):
        if "season" in found:
            found["season"] |= {"evidence": last["e_value"], "season_error": last["season_error"]}
    return [found[name] for name in WINDOWS if name in found]


def version_rows(metrics: pl.DataFrame, series: SeriesLabel) -> list[Json]:
    """One record per model version of the series over all its forecasts, newest first."""
    rows = series.rows(metrics).filter(COUNTED, scope="version", window="all")
    rows = rows.filter(END.max().over("model_version") == END)
    newest = rows.sort("window_end_at", "model_version", descending=[True, False])
    return [_window(row) | {name: row[name] for name in END_NAMES} for row in newest.to_dicts()]


def changes(inputs: WeeklyInputs, series: SeriesLabel) -> list[Json]:
    """The series' newest week beside the one before, for what an alarm looks at.

    Returns `measure, before, now, limit, matters`, none in the first week of a season. The season's
    error matters when it crosses the limit, an error of a window when it crosses what chance alone
    gives in 5 % of windows, and evidence when it reaches the e-value that the alarm needs or one
    week multiplies it by that, which chance does in at most 1 of that many weeks (Markov's
    inequality).
    """
    found, monitor = [], inputs.monitor
    path = _last_weeks(inputs, series, 2)
    if len(path) == 2 and all(path[0][name] == path[1][name] for name in ("season", "segment")):
        limit, needed = monitor.max_calibration_error, monitor.evidence
        error = _crossing("season error", path, "season_error", [limit, limit])
        evidence = _crossing("evidence", path, "e_value", [needed, needed])
        before, now = evidence["before"], evidence["now"]
        factor = now / before if before > 0 else math.inf
        sudden = before < needed <= now or factor >= max(needed, 1.0)
        found = [error, evidence | {"matters": sudden}]
    window = f"{monitor.window_weeks}w"
    rows = series.rows(inputs.metrics).filter(scope="series", window=window)
    last = rows.sort("window_end_at").tail(2).to_dicts()
    if len(last) == 2 and last[0]["window_end_season"] == last[1]["window_end_season"]:
        name = f"calibration error, last {monitor.window_weeks} weeks"
        chance = [row["calibration_error_null95"] for row in last]
        found.append(_crossing(name, last, "calibration_error", chance))
    return found


def _crossing(measure: str, weeks: list[Json], column: str, limits: list[float]) -> Json:
    """A change from one week to the next; it matters when it crosses each week's limit."""
    before, now = (row[column] for row in weeks)
    crossed = (before > limits[0]) != (now > limits[1])
    named = {"measure": measure, "before": before, "now": now}
    return named | {"limit": limits[1], "matters": crossed}


def _last_weeks(inputs: WeeklyInputs, series: SeriesLabel, n: int) -> list[Json]:
    return series.rows(inputs.evidence).sort("season", "week").tail(n).to_dicts()


def _window(row: Json) -> Json:
    slope = row["slope"]
    wide = None if slope is None or row["slope_se"] is None else Z95 * row["slope_se"]
    return {name: row[name] for name in COPIED} | {
        "label": WINDOWS[row["window"]],
        "slope_low": None if wide is None else slope - wide,
        "slope_high": None if wide is None else slope + wide,
        "evidence": None,
        "season_error": None,
    }
