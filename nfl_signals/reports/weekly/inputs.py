"""What the weekly report and the dashboard are written from."""

from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from nfl_signals.alerts.backtest import BACKTEST_SCHEMA
from nfl_signals.core.setting_sections import MonitorSettings


@dataclass(frozen=True, kw_only=True, eq=False)
class WeeklyInputs:
    """Tables of one home at one instant.

    Attributes:
        evidence: `weekly_evidence.EVIDENCE_SCHEMA`, one row per series and week.
        alerts: `episodes.ALERTS_SCHEMA`, one row per episode.
        metrics: `calibration_metrics.METRICS_SCHEMA`: per series or version, window and week.
        curves: `calibration_metrics.CURVE_SCHEMA`, reliability at the latest week.
        graded: the ledger with outcomes, one forecast per series and game.
        upcoming: the next week's predictions: the ledger's columns and p_market.
        monitor: limits of the alarm.
        as_of: nothing known later is in the tables.
        source_name: where the games come from.
        alarm_backtest: `backtest.BACKTEST_SCHEMA`; may be empty.
    """

    evidence: pl.DataFrame
    alerts: pl.DataFrame
    metrics: pl.DataFrame
    curves: pl.DataFrame
    graded: pl.DataFrame
    upcoming: pl.DataFrame
    monitor: MonitorSettings
    as_of: datetime
    source_name: str
    alarm_backtest: pl.DataFrame = field(default_factory=BACKTEST_SCHEMA.to_frame)
