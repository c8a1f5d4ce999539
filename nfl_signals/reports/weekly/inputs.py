"""What the weekly report and the dashboard are written from."""

from dataclasses import dataclass, field

import polars as pl

from nfl_signals.alerts.backtest import BACKTEST_SCHEMA
from nfl_signals.core.moment import Moment
from nfl_signals.core.setting_sections import MonitorSettings
from nfl_signals.ingest.quality import QUALITY_SCHEMA
from nfl_signals.markets.decision_time import Horizon


@dataclass(frozen=True, kw_only=True, eq=False)
class WeeklyInputs:
    """Tables of one home at one instant; nothing known after `moment.as_of` is in them."""

    evidence: pl.DataFrame  # weekly_evidence.EVIDENCE_SCHEMA, one row per series and week
    alerts: pl.DataFrame  # episodes.ALERTS_SCHEMA, one row per episode
    metrics: pl.DataFrame  # calibration_metrics.METRICS_SCHEMA: series or version, window, week
    curves: pl.DataFrame  # calibration_metrics.CURVE_SCHEMA, reliability at the latest week
    graded: pl.DataFrame  # the ledger with outcomes, one forecast per series and game
    upcoming: (
        pl.DataFrame
    )  # the next week's predictions: the ledger's columns, p_market, `best_prices.BEST`
    monitor: MonitorSettings  # limits of the alarm
    moment: Moment
    source_name: str
    horizon: Horizon
    missing: tuple[str, ...] = ()  # results, games, lines and predictions: `predictions.notices`
    quality: pl.DataFrame = field(default_factory=QUALITY_SCHEMA.to_frame)  # of the raw tables
    alarm_backtest: pl.DataFrame = field(default_factory=BACKTEST_SCHEMA.to_frame)
