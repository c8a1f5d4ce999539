"""Gather what the weekly report and the dashboard show, and have them written."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from nfl_signals.alerts.backtest import hindsight
from nfl_signals.alerts.episodes import ALERTS_SCHEMA
from nfl_signals.core.errors import InputError
from nfl_signals.core.files import read_parquet
from nfl_signals.monitoring.steps import graded_ledger, read_metrics
from nfl_signals.monitoring.weekly_evidence import EVIDENCE_SCHEMA
from nfl_signals.reports.dashboard.page import write_dashboard
from nfl_signals.reports.weekly.inputs import Limits, WeeklyInputs
from nfl_signals.reports.weekly.numbers import newest_week
from nfl_signals.reports.weekly.report import write_weekly_report
from nfl_signals.workspace.run_context import World


@dataclass(frozen=True, kw_only=True)
class Written:
    """A report on disk: where, and its Markdown."""

    path: Path
    text: str


def report_week(world: World) -> Written:
    """Write `reports/weekly/{season}-w{week}.md`, its JSON and its charts.

    Raises:
        InputError: a stage that it reads has not run, or there is no week to report on.
    """
    inputs = weekly_inputs(world)
    path = world.paths.weekly_report(*newest_week(inputs))
    return Written(path=path, text=write_weekly_report(path, inputs))


def report_dashboard(world: World) -> Path:
    """Write `reports/dashboard.html`, one file that opens without a network.

    Raises:
        InputError: a stage that it reads has not run, or there is no week to report on.
    """
    return write_dashboard(world.paths.dashboard, weekly_inputs(world))


def weekly_inputs(world: World) -> WeeklyInputs:
    """The stored tables as they are now.

    Raises:
        InputError: a stage that wrote one of them has not run, or was another version.
    """
    monitor, graded = world.settings.monitor, graded_ledger(world)
    return WeeklyInputs(
        evidence=_stored(world.paths.weekly_evidence, EVIDENCE_SCHEMA),
        alerts=_stored(world.paths.alerts, ALERTS_SCHEMA),
        metrics=read_metrics(world),
        curves=read_parquet(world.paths.reliability),
        graded=graded,
        upcoming=read_parquet(world.paths.upcoming),
        limits=Limits(
            max_calibration_error=monitor.max_calibration_error,
            min_days=monitor.min_days,
            evidence=monitor.evidence,
            window_weeks=monitor.window_weeks,
            literal=monitor.rule == "literal",
        ),
        as_of=world.as_of,
        source_name=world.settings.source,
        hindsight=hindsight(graded, monitor),
    )


def _stored(path: Path, schema: pl.Schema) -> pl.DataFrame:
    rows = read_parquet(path)
    if rows.schema != schema:
        raise InputError(
            f"{path}: written by another version; materialize calibration_metrics again."
        )
    return rows
