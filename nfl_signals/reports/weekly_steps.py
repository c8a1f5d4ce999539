"""Steps of the weekly report and the dashboard: load the stored tables, write the pages."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from nfl_signals.alerts.backtest import alarm_backtest
from nfl_signals.alerts.episodes import ALERTS_SCHEMA
from nfl_signals.core.errors import InputError
from nfl_signals.monitoring.steps import graded_ledger, read_metrics
from nfl_signals.monitoring.weekly_evidence import EVIDENCE_SCHEMA
from nfl_signals.reports.dashboard.page import write_dashboard
from nfl_signals.reports.weekly.inputs import WeeklyInputs
from nfl_signals.reports.weekly.numbers import newest_week
from nfl_signals.reports.weekly.report import write_weekly_report
from nfl_signals.workspace.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Written:
    """A report on disk: where, and its Markdown."""

    path: Path
    text: str


def report_week(context: RunContext) -> Written:
    """Write `reports/weekly/{season}-w{week}.md`, its JSON and its charts.

    Raises:
        InputError: a stage that it reads has not run, or there is no week to report on.
    """
    inputs = weekly_inputs(context)
    path = context.paths.weekly_report(*newest_week(inputs))
    return Written(path=path, text=write_weekly_report(path, inputs))


def report_dashboard(context: RunContext) -> Path:
    """Write `reports/dashboard.html`, one file that opens without a network.

    Raises:
        InputError: a stage that it reads has not run, or there is no week to report on.
    """
    return write_dashboard(context.paths.dashboard, weekly_inputs(context))


def weekly_inputs(context: RunContext) -> WeeklyInputs:
    """The stored tables as they are now.

    Raises:
        InputError: a stage that wrote one of them has not run, or was another version.
    """
    monitor, graded = context.settings.monitor, graded_ledger(context)
    return WeeklyInputs(
        evidence=_stored(context, context.paths.weekly_evidence, EVIDENCE_SCHEMA),
        alerts=_stored(context, context.paths.alerts, ALERTS_SCHEMA),
        metrics=read_metrics(context),
        curves=context.read(context.paths.reliability),
        graded=graded,
        upcoming=context.read(context.paths.upcoming),
        monitor=monitor,
        as_of=context.as_of,
        source_name=context.settings.source,
        alarm_backtest=context.derive(alarm_backtest, graded, monitor),
    )


def _stored(context: RunContext, path: Path, schema: pl.Schema) -> pl.DataFrame:
    rows = context.read(path)
    if rows.schema != schema:
        raise InputError(
            f"{path}: written by another version; materialize calibration_metrics again."
        )
    return rows
