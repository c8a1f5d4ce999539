"""Per market the windows of its voice, and what changed in them since the week before."""

import math
from typing import Any

import polars as pl

from nfl_signals.monitoring.rolling_windows import COUNTED
from nfl_signals.reports.weekly.inputs import Limits, WeeklyInputs
from nfl_signals.reports.weekly.series import END, Voice
from nfl_signals.reports.weekly.words import in_figures

Json = dict[str, Any]
WINDOWS = {
    "4w": "last 4 weeks",
    "8w": "last 8 weeks",
    "16w": "last 16 weeks",
    "season": "season so far",
    "all": "everything",
}
Z95 = 1.959963984540054
COPIED = (
    "window",
    "n",
    "n_push",
    "n_weeks",
    "n_market",
    "brier",
    "brier_market",
    "skill_vs_market",
    "calibration_error",
    "calibration_error_null95",
    "slope",
    "n_moved",
    "closing_line_value",
)


def window_rows(inputs: WeeklyInputs, voice: Voice) -> list[Json]:
    """One record per window of the voice at its newest week, shortest first.

    Each has the columns COPIED, `slope_low, slope_high` (95 %), `label`, and on the season's record
    `evidence` and `season_error`, as the evidence path states them.
    """
    rows = voice.rows(inputs.metrics).filter(pl.col("scope") == "series")
    rows = rows.filter(pl.col("window").is_in(list(WINDOWS)), END.max() == END)
    path = voice.rows(inputs.evidence).sort("season", "week").tail(1)
    found = {row["window"]: _window(row) for row in rows.iter_rows(named=True)}
    if path.height and "season" in found:
        last = path.row(0, named=True)
        found["season"] |= {"evidence": last["e_value"], "season_error": last["season_error"]}
    return [found[name] for name in WINDOWS if name in found]


def version_rows(metrics: pl.DataFrame, voice: Voice) -> list[Json]:
    """One record per model version of the voice over all it said, newest first."""
    rows = voice.rows(metrics).filter(
        COUNTED, pl.col("scope") == "version", pl.col("window") == "all"
    )
    rows = rows.filter(END.max().over("model_version") == END)
    newest = rows.sort("window_end_at", "model_version", descending=[True, False])
    ends = ("model_version", "window_end_season", "window_end_week")
    return [
        _window(row) | {name: row[name] for name in ends} for row in newest.iter_rows(named=True)
    ]


def changes(inputs: WeeklyInputs, voice: Voice) -> list[Json]:
    """The voice's newest week beside the one before, for what an alarm looks at.

    Returns:
        `measure, before, now, matters, words`, none in the first week of a season. The season's
        error matters when it crosses the limit, an error of a window when it crosses what chance
        alone gives in 5 % of windows, and evidence when one week multiplies it by the e-value that
        the alarm needs, which chance does in at most 1 of that many weeks (Markov's inequality).
    """
    found, limits = [], inputs.limits
    path = voice.rows(inputs.evidence).sort("season", "week").tail(2)
    if path.height == 2 and path["season"].n_unique() == path["segment"].n_unique() == 1:
        before, now = path.to_dicts()
        found += [_error_change(before, now, limits), _evidence_change(before, now, limits)]
    rows = voice.rows(inputs.metrics).filter(
        pl.col("scope") == "series", pl.col("window") == f"{limits.window_weeks}w"
    )
    last = rows.sort("window_end_at").tail(2).to_dicts()
    if len(last) == 2 and last[0]["window_end_season"] == last[1]["window_end_season"]:
        found.append(_window_change(*last, weeks=limits.window_weeks))
    return found


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


def _error_change(before: Json, now: Json, limits: Limits) -> Json:
    was, is_now, limit = before["season_error"], now["season_error"], limits.max_calibration_error
    crossed = (was > limit) != (is_now > limit)
    side = "above" if is_now > limit else "within"
    return {
        "measure": "season error",
        "before": was,
        "now": is_now,
        "matters": crossed,
        "words": f"the season's error is now {side} the limit of {limit:.3f}: "
        f"{was:.3f} to {is_now:.3f} (whether that is chance, the evidence says: "
        f"{in_figures(now['e_value'])} of the {limits.evidence:g} needed)",
    }


def _evidence_change(before: Json, now: Json, limits: Limits) -> Json:
    was, is_now = before["e_value"], now["e_value"]
    factor = is_now / was if was > 0 else math.inf
    reached = was < limits.evidence <= is_now
    sudden = factor >= max(limits.evidence, 1.0)
    verb = "has reached what an alarm needs" if reached else "multiplied within one week"
    return {
        "measure": "evidence",
        "before": was,
        "now": is_now,
        "matters": reached or sudden,
        "words": f"the evidence {verb}: {in_figures(was)} to {in_figures(is_now)}",
    }


def _window_change(before: Json, now: Json, *, weeks: int) -> Json:
    was, is_now = before["calibration_error"], now["calibration_error"]
    chance = now["calibration_error_null95"]
    over = is_now > chance
    word = "more" if over else "no more"
    return {
        "measure": f"calibration error, last {weeks} weeks",
        "before": was,
        "now": is_now,
        "matters": over != (was > before["calibration_error_null95"]),
        "words": f"the calibration error of the last {weeks} weeks is now {word} than chance alone "
        f"gives: {was:.3f} to {is_now:.3f}, chance {chance:.3f}",
    }
