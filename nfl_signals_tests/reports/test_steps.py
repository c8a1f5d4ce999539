"""Reports of a finished home: complete, about the same games, and the same however often written."""

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from nfl_signals.alerts.steps import update_alerts
from nfl_signals.core.errors import InputError
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring.steps import update_metrics
from nfl_signals.reports.ablation.variants import forecasters
from nfl_signals.reports.shared.forecasters import FINAL, PRICE
from nfl_signals.reports.steps import (
    learner_contributions,
    report_ablation,
    report_backtest,
    report_dashboard,
    report_week,
    weekly_inputs,
)
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.run_contexts import contents, copy_context, rewrite


@pytest.fixture(scope="module")
def numbers(finished_home: Path) -> dict[str, Any]:
    return json.loads((finished_home / "reports" / "ablation_stacker.json").read_text())


def test_a_finished_run_has_an_ablation_of_every_market(
    finished_home: Path, numbers: dict[str, Any]
) -> None:
    assert [part["market"] for part in numbers["markets"]] == list(MARKETS)
    for part in numbers["markets"]:
        assert len({row["n"] for row in part["forecasters"]}) == 1
        assert part["forecasters"][0]["forecaster"] == FINAL
        assert [row["learner"] for row in part["contributions"]] == [
            "logistic",
            "lightgbm",
            "xgboost",
        ]
        for chart in part["charts"].values():
            assert (finished_home / "reports" / chart).exists()


def test_every_forecaster_that_was_tried_is_shown_or_named_as_absent(
    finished_home: Path, numbers: dict[str, Any], tmp_path: Path
) -> None:
    wanted = set(forecasters(copy_context(finished_home, tmp_path).settings))
    for part in numbers["markets"]:
        shown = {row["forecaster"] for row in part["forecasters"]}
        assert shown | set(part["absent"]) == wanted


def test_contributions_are_those_of_the_newest_model_of_every_learner(
    finished_home: Path, numbers: dict[str, Any], tmp_path: Path
) -> None:
    context = copy_context(finished_home, tmp_path)
    (newest,) = (tmp_path / "models/baseline/ats/logistic").iterdir()
    shutil.copytree(newest, newest.with_name("v201901"))
    found = learner_contributions(context, "ats")
    assert found == numbers["markets"][0]["contributions"]
    assert found[0]["version"] == newest.name


def test_a_learner_without_a_stored_model_is_an_error_that_names_the_job(
    finished_home: Path, tmp_path: Path
) -> None:
    context = copy_context(finished_home, tmp_path)
    shutil.rmtree(tmp_path / "models/baseline/total/lightgbm")
    with pytest.raises(InputError, match="holds no model yet; run the retraining job first"):
        learner_contributions(context, "total")


@pytest.fixture(scope="module")
def backtest(finished_home: Path) -> dict[str, Any]:
    return json.loads((finished_home / "reports" / "backtest.json").read_text())


def test_a_finished_run_has_a_backtest_whose_scores_are_the_ablations(
    numbers: dict[str, Any], backtest: dict[str, Any]
) -> None:
    for mine, ablation in zip(backtest["markets"], numbers["markets"], strict=True):
        cards = {row["forecaster"]: row for row in ablation["forecasters"]}
        overall = mine["overall"]
        assert overall["n"] == cards[FINAL]["n"] > 0
        for name, forecaster, score in (
            ("brier", FINAL, "brier"),
            ("accuracy", FINAL, "accuracy"),
            ("brier_price", PRICE, "brier"),
        ):
            assert overall[name]["estimate"] == cards[forecaster][score]["estimate"]


def test_closing_line_value_is_that_of_the_weekly_report(
    context: RunContext, backtest: dict[str, Any]
) -> None:
    everything = {"scope": "series", "window": "all", "book": "learning", "signal_source": "model"}
    rows = pl.read_parquet(context.paths.calibration).filter(**everything).sort("window_end_at")
    for part in backtest["markets"]:
        newest = rows.filter(market=part["market"]).tail(1).to_dicts()[0]
        found, close = part["overall"]["closing_line_value"], part["overall"]["close"]
        assert found["n"] == newest["n_valued"]
        assert found["estimate"] == pytest.approx(newest["closing_line_value"])
        if not backtest["at_close"]:
            assert close["n"] == newest["n_close"]
            assert close["brier_close"]["estimate"] == pytest.approx(newest["brier_close"])


def test_writing_the_backtest_again_changes_no_byte(context: RunContext) -> None:
    before = contents(context.paths.reports)
    assert report_backtest(context) == context.paths.reports / "backtest.md"
    assert contents(context.paths.reports) == before


@pytest.mark.slow
def test_writing_the_report_again_changes_no_byte(finished_home: Path, tmp_path: Path) -> None:
    context = copy_context(finished_home, tmp_path)
    before = {k: v for k, v in contents(tmp_path / "reports").items() if "ablation" in k}
    shutil.rmtree(tmp_path / "reports")
    assert report_ablation(context) == tmp_path / "reports" / "ablation_stacker.md"
    assert contents(tmp_path / "reports") == before


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    return copy_context(finished_home, tmp_path)


def test_the_report_is_named_after_the_newest_week_with_results(context: RunContext) -> None:
    path = report_week(context)
    assert path == context.paths.reports / "weekly" / "2024-w09.md"
    numbers = json.loads(path.with_suffix(".json").read_text())
    assert (numbers["season"], numbers["week"]) == (2024, 9)
    assert len(numbers["predictions"]) == pl.read_parquet(context.paths.upcoming).height


def test_a_finished_run_without_graded_production_shows_walk_forward(context: RunContext) -> None:
    text = report_week(context).read_text()
    assert "judged on walk-forward forecasts, as production has too few games." in text
    assert "Serving week 10: the model" in text


def test_the_dashboard_is_one_file(context: RunContext) -> None:
    context.paths.dashboard.unlink(missing_ok=True)
    before = set(contents(context.paths.reports))
    assert report_dashboard(context) == context.paths.dashboard
    assert set(contents(context.paths.reports)) - before == {"dashboard.html"}


@pytest.mark.slow
def test_writing_week_and_dashboard_again_changes_no_byte(context: RunContext) -> None:
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


@pytest.mark.slow
def test_every_step_logs_what_it_wrote(
    context: RunContext, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="nfl_signals"):
        report_backtest(context)
        report_week(context)
        report_dashboard(context)
    assert caplog.messages[0].startswith("backtest: ")
    assert "weekly report of 2024 week 9: 3 markets, 0 alerts open" in caplog.messages
    assert caplog.messages[-1].startswith("dashboard: ")
