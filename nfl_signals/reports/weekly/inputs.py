"""What the weekly report and the dashboard are written from: stored tables, and the limits."""

from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from nfl_signals.alerts.backtest import BACKTEST_SCHEMA


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the alarm is held against; the same numbers as the settings' section `monitor`.

    Attributes:
        max_calibration_error: season error that counts as too large, probability.
        min_days: days that it must last for, exclusive.
        evidence: e-value to be reached.
        window_weeks: weeks with games in the window that a voice is judged on.
        literal: the plain error alone raises the alarm, whatever the evidence.
    """

    max_calibration_error: float
    min_days: int
    evidence: float
    window_weeks: int
    literal: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class WeeklyInputs:
    """Tables of one home at one instant.

    Attributes:
        evidence: `episodes.EVIDENCE_SCHEMA`, one row per series and week.
        alerts: `episodes.ALERTS_SCHEMA`, one row per episode.
        metrics: `monitors.METRICS_SCHEMA`, one row per series or version, window and week.
        curves: `monitors.CURVE_SCHEMA`, reliability at the latest week.
        graded: the ledger with outcomes, last words only.
        upcoming: the next week's predictions: the ledger's columns and p_market.
        limits: of the alarm.
        as_of: nothing known later is in the tables.
        source_name: where the games come from.
        hindsight: HINDSIGHT_SCHEMA; may be empty.
    """

    evidence: pl.DataFrame
    alerts: pl.DataFrame
    metrics: pl.DataFrame
    curves: pl.DataFrame
    graded: pl.DataFrame
    upcoming: pl.DataFrame
    limits: Limits
    as_of: datetime
    source_name: str
    alarm_backtest: pl.DataFrame = field(default_factory=BACKTEST_SCHEMA.to_frame)
