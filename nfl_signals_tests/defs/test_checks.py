"""A check that fails stops what hangs on it; drift only warns."""

from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.settings import load_settings
from nfl_signals.definitions import defs as project
from nfl_signals.defs.checks import (
    NOTHING_GRADED,
    PENDING_STEPS,
    blocking_check,
    calibration_drift,
    defs,
    result_of,
)
from nfl_signals.defs.partitions import SEASONS, range_tags, sync_seasons
from nfl_signals.workspace.run_context import RunContext, open_run
from nfl_signals.workspace.tables import SCHEMAS
from nfl_signals_tests.support.production import forecast_weeks
from nfl_signals_tests.support.run_contexts import copy_context

CHECKS = list(defs.asset_checks or [])


def holds(_: RunContext) -> dict[str, Any]:
    return {"rows": 17}


def fails(_: RunContext) -> dict[str, Any]:
    raise IntegrityError("ledger: row 3 was edited")


def breaks(_: RunContext) -> dict[str, Any]:
    raise ZeroDivisionError("a bug")


NO_RUN: RunContext = None  # type: ignore[assignment]
"""A run context that a check of these tests never looks at."""


def test_a_check_that_holds_passes_with_its_figures() -> None:
    result = result_of(holds, NO_RUN)
    assert result.passed
    assert result.metadata["rows"].value == 17


def test_a_check_that_fails_says_why() -> None:
    result = result_of(fails, NO_RUN)
    assert not result.passed
    assert result.severity == dg.AssetCheckSeverity.ERROR
    assert result.description == "ledger: row 3 was edited"


def test_a_bug_in_a_check_is_not_taken_for_a_result_of() -> None:
    with pytest.raises(ZeroDivisionError):
        result_of(breaks, NO_RUN)


@dg.asset
def upstream() -> None:
    """Stands for any checked table."""


@dg.asset(deps=[upstream])
def downstream() -> None:
    """Stands for what is made from it."""


@dg.asset
def elsewhere() -> None:
    """Hangs on nothing."""


def materialize(*parts: Any, context: RunContext) -> dg.ExecuteInProcessResult:  # noqa: ANN401
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            list(parts), resources={"run_context": context}, instance=instance, raise_on_error=False
        )


def run_with(check: Any) -> dg.ExecuteInProcessResult:  # noqa: ANN401 - a check
    asset_check = blocking_check("upstream", "holds", check, by_season=False)
    return materialize(upstream, downstream, elsewhere, asset_check, context=NO_RUN)


def made(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}  # type: ignore[union-attr]


def test_nothing_downstream_of_a_failed_check_is_made_in_the_same_run() -> None:
    result = run_with(fails)
    assert not result.success
    assert made(result) == {"upstream", "elsewhere"}
    (evaluation,) = result.get_asset_check_evaluations()
    assert (evaluation.passed, evaluation.blocking) == (False, True)
    assert evaluation.description == "ledger: row 3 was edited"


@dg.asset(partitions_def=SEASONS, backfill_policy=dg.BackfillPolicy.single_run())
def gold_markets() -> None:
    """Stands for a step that wrote nothing."""


@pytest.mark.parametrize(("seasons", "passed"), [((2020, 2021), False), ((2021, 2022), True)])
def test_a_check_demands_every_season_of_its_run(
    finished_home: Path, tmp_path: Path, seasons: tuple[int, int], passed: bool
) -> None:
    context = copy_context(finished_home, tmp_path)
    (context.paths.markets / "2020.parquet").unlink()
    check = blocking_check("gold_markets", "holds", holds, by_season=True)
    with dg.DagsterInstance.ephemeral() as instance:
        sync_seasons(instance, context.seasons)
        result = dg.materialize(
            [gold_markets, check],
            resources={"run_context": context},
            instance=instance,
            tags=range_tags(seasons),
            raise_on_error=False,
        )
    (evaluation,) = result.get_asset_check_evaluations()
    assert evaluation.passed is passed
    if not passed:
        assert "gold_markets: season 2020 holds nothing" in str(evaluation.description)


def test_everything_is_made_when_the_check_holds() -> None:
    result = run_with(holds)
    assert result.success
    assert made(result) == {"upstream", "downstream", "elsewhere"}


def test_every_raw_table_has_a_schema_check() -> None:
    checked = {
        key.asset_key.to_user_string()
        for check in CHECKS
        for key in check.check_keys
        if key.name == "schema"
    }
    assert {f"raw_{table}" for table in SCHEMAS} <= checked


@dg.asset
def calibration_metrics() -> None:
    """Stands for the metrics that the home already holds."""


@dg.asset(deps=[calibration_metrics])
def weekly_report() -> None:
    """Stands for what people read even while calibration drifts."""


def run_drift(home: Path) -> tuple[dg.ExecuteInProcessResult, Any]:
    context = open_run(load_settings(home=home))
    result = materialize(calibration_metrics, weekly_report, calibration_drift, context=context)
    (evaluation,) = result.get_asset_check_evaluations()
    return result, evaluation


@pytest.mark.slow
@pytest.mark.usefixtures("small_league")
def test_an_open_alert_fails_the_check_and_the_run_goes_on(
    finished_home: Path, tmp_path: Path
) -> None:
    context = copy_context(finished_home, tmp_path)
    forecast_weeks(context, pl.col("season") == 2024, slope=-1.0)
    result, evaluation = run_drift(tmp_path)
    assert result.success
    assert made(result) == {"calibration_metrics", "weekly_report"}
    assert (evaluation.passed, evaluation.blocking) == (False, False)
    assert evaluation.severity == dg.AssetCheckSeverity.ERROR  # the alert is critical
    assert evaluation.metadata["moneyline_model_flag"].value == "critical"
    assert evaluation.metadata["ats_model_flag"].value == "ok"
    for market in ("ats", "moneyline", "total"):
        for figure in ("calibration_error", "evidence", "days_over", "games"):
            assert f"{market}_model_{figure}" in evaluation.metadata


@pytest.mark.slow
@pytest.mark.usefixtures("small_league")
def test_a_home_whose_production_was_never_graded_passes_and_says_so(finished_home: Path) -> None:
    result, evaluation = run_drift(finished_home)
    assert result.success
    assert evaluation.passed
    assert evaluation.description == NOTHING_GRADED
    assert evaluation.metadata[PENDING_STEPS].value == []


@pytest.mark.slow
@pytest.mark.usefixtures("small_league")
def test_every_check_of_the_project_passes_on_a_finished_home(finished_home: Path) -> None:
    only = dg.define_asset_job("checks", selection=dg.AssetSelection.all_asset_checks())
    job = dg.Definitions.merge(project, dg.Definitions(jobs=[only])).resolve_job_def("checks")
    with dg.DagsterInstance.ephemeral() as instance:
        sync_seasons(instance, range(2018, 2025))
        result = job.execute_in_process(
            instance=instance,
            tags=range_tags((2018, 2024)),
            run_config={"resources": {"run_context": {"config": {"home": str(finished_home)}}}},
        )
    found = {each.asset_check_key: each for each in result.get_asset_check_evaluations()}
    assert set(found) == {key for check in CHECKS for key in check.check_keys}
    assert {key: each.description for key, each in found.items() if not each.passed} == {}
