"""The weekly report and the dashboard of a finished home."""

import json
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.alerts.steps import update_alerts
from nfl_signals.core.errors import InputError
from nfl_signals.monitoring.steps import update_metrics
from nfl_signals.reports.weekly_steps import report_dashboard, report_week, weekly_inputs
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.run_contexts import contents, copy_context, rewrite


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    return copy_context(finished_home, tmp_path)


def test_the_report_is_named_after_the_newest_week_with_results(context: RunContext) -> None:
    written = report_week(context)
    assert written.path == context.paths.reports / "weekly" / "2024-w09.md"
    assert written.path.read_text() == written.text
    numbers = json.loads(written.path.with_suffix(".json").read_text())
    assert (numbers["season"], numbers["week"]) == (2024, 9)
    assert len(numbers["predictions"]) == pl.read_parquet(context.paths.upcoming).height


def test_a_finished_run_without_graded_production_shows_walk_forward(context: RunContext) -> None:
    text = report_week(context).text
    assert "judged on walk-forward forecasts, as production has too few games." in text
    assert "Serving week 10: the model" in text


def test_the_dashboard_is_one_file(context: RunContext) -> None:
    context.paths.dashboard.unlink(missing_ok=True)
    before = set(contents(context.paths.reports))
    assert report_dashboard(context) == context.paths.dashboard
    assert set(contents(context.paths.reports)) - before == {"dashboard.html"}


def test_writing_both_again_changes_no_byte(context: RunContext) -> None:
    update_metrics(context)
    update_alerts(context)
    report_week(context)
    report_dashboard(context)
    first = contents(context.paths.reports)
    report_week(context)
    report_dashboard(context)
    assert contents(context.paths.reports) == first


def test_limits_are_those_of_the_settings(finished_home: Path, tmp_path: Path) -> None:
    monitor = {"rule": "literal", "max_calibration_error": 0.07}
    limits = weekly_inputs(copy_context(finished_home, tmp_path, monitor=monitor)).monitor
    assert (limits.rule, limits.max_calibration_error) == ("literal", 0.07)


def test_a_table_of_another_version_is_refused_by_name(context: RunContext) -> None:
    rewrite(context.paths.alerts, pl.lit(1).alias("more"))
    with pytest.raises(InputError, match=r"alerts\.parquet: written by another version"):
        report_week(context)
