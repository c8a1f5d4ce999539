"""In which past seasons each rule would have raised an alarm: the shipped one and the literal one.

Two series of the shadow book (`learning`): the walk-forward model, and the no-vig close on the same
games. The close is as well calibrated as forecasts get, so an alarm on it is a false one.
"""

from typing import Any

import polars as pl

from nfl_signals.alerts.alarm_rule import WARNING, Alarm
from nfl_signals.alerts.episodes import reading_of
from nfl_signals.core.setting_sections import MonitorSettings
from nfl_signals.monitoring.rolling_windows import COUNTED, SERIES
from nfl_signals.monitoring.weekly_evidence import evidence_path

WALK_FORWARD, CLOSE = "model, walk-forward", "no-vig close"
RULES = {"weeks_literal": "literal", "weeks_shipped": MonitorSettings().rule}

BACKTEST_SCHEMA = pl.Schema(
    {
        "market": pl.String(),
        "series": pl.String(),  # model, walk-forward; no-vig close
        "season": pl.Int32(),
        "weeks_literal": pl.Int32(),  # weeks in which the error alone would have been an alarm
        "weeks_shipped": pl.Int32(),  # weeks in which the shipped rule would have raised one
        "final_error": pl.Float64(),  # of the whole season, ten equal bins, probability
    }
)


def alarm_backtest(graded: pl.DataFrame, policy: MonitorSettings) -> pl.DataFrame:
    """Weeks of every past season in which each rule would have raised the alarm.

    `graded` as `monitoring.graded_ledger` gives it; the limits' own rule does not matter. Returns
    BACKTEST_SCHEMA, by market, series and season.
    """
    model = graded.filter(COUNTED, book="learning", signal_source="model")
    close = model.drop_nulls("p_close").with_columns(p_hat="p_close")
    rows = [
        row
        for name, forecasts in ((WALK_FORWARD, model), (CLOSE, close))
        for path in evidence_path(forecasts).partition_by(SERIES, maintain_order=True)
        for row in _seasons(name, path, policy)
    ]
    return pl.DataFrame(rows, schema=BACKTEST_SCHEMA).sort("market", "series", "season")


def _seasons(name: str, path: pl.DataFrame, policy: MonitorSettings) -> list[dict[str, Any]]:
    weeks, raised = [reading_of(week) for week in path.iter_rows(named=True)], []
    for weeks_of, rule in RULES.items():
        alarm = Alarm(policy.model_copy(update={"rule": rule}))
        levels = [int(alarm.read(week).level) for week in weeks]
        raised.append(pl.Series(weeks_of, [level >= WARNING for level in levels], dtype=pl.Int32))
    return (
        path.with_columns(*raised)
        .group_by("market", "season", maintain_order=True)
        .agg(pl.col(*RULES).sum(), final_error=pl.col("season_ece").last())
        .with_columns(series=pl.lit(name))
        .to_dicts()
    )
