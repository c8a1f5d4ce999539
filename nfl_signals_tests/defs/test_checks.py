"""A proof that fails becomes a check that stops what hangs on it; drift only warns."""

from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from nfl_signals.checks.tables import RAW_SCHEMAS
from nfl_signals.core.errors import IntegrityError
from nfl_signals.defs.checks import (
    CHECKS,
    NOTHING_GRADED,
    PENDING_STEPS,
    blocking_check,
    calibration_drift,
    verdict,
)
from nfl_signals.defs.resources import RunContextResource
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.production import forecast_weeks
from nfl_signals_tests.support.run_contexts import copy_world


class Nowhere(RunContextResource):
    """A world that a proof of these tests never looks at."""

    def open(self) -> RunContext:
        return None  # type: ignore[return-value]


def holds(_: RunContext) -> dict[str, Any]:
    return {"rows": 17}


def fails(_: RunContext) -> dict[str, Any]:
    raise IntegrityError("ledger: row 3 was edited")


def breaks(_: RunContext) -> dict[str, Any]:
    raise ZeroDivisionError("a bug")


NO_WORLD: RunContext = None  # type: ignore[assignment]


def test_a_proof_that_holds_passes_with_its_figures() -> None:
    result = verdict(holds, NO_WORLD)
    assert result.passed
    assert result.metadata["rows"].value == 17


def test_a_proof_that_fails_says_why() -> None:
    result = verdict(fails, NO_WORLD)
    assert not result.passed
    assert result.severity == dg.AssetCheckSeverity.ERROR
    assert result.description == "ledger: row 3 was edited"


def test_a_bug_in_a_proof_is_not_taken_for_a_verdict() -> None:
    with pytest.raises(ZeroDivisionError):
        verdict(breaks, NO_WORLD)


@dg.asset
def upstream() -> None:
    """Stands for any checked table."""


@dg.asset(deps=[upstream])
def downstream() -> None:
    """Stands for what is made from it."""


@dg.asset
def elsewhere() -> None:
    """Hangs on nothing."""


def materialize(*parts: Any, context: RunContextResource) -> dg.ExecuteInProcessResult:  # noqa: ANN401
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            list(parts), resources={"run_context": context}, instance=instance, raise_on_error=False
        )


def run_with(proof: Any) -> dg.ExecuteInProcessResult:  # noqa: ANN401 - a proof
    check = blocking_check("upstream", "holds", proof, "What must hold.", by_season=False)
    return materialize(upstream, downstream, elsewhere, check, context=Nowhere())


def made(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}  # type: ignore[union-attr]


def test_nothing_downstream_of_a_failed_proof_is_made_in_the_same_run() -> None:
    result = run_with(fails)
    assert not result.success
    assert made(result) == {"upstream", "elsewhere"}
    (evaluation,) = result.get_asset_check_evaluations()
    assert (evaluation.passed, evaluation.blocking) == (False, True)
    assert evaluation.description == "ledger: row 3 was edited"


def test_everything_is_made_when_the_proof_holds() -> None:
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
    assert {f"raw_{table}" for table in RAW_SCHEMAS} <= checked


@dg.asset
def calibration_metrics() -> None:
    """Stands for the metrics that the home already holds."""


@dg.asset(deps=[calibration_metrics])
def weekly_report() -> None:
    """Stands for what people read even while calibration drifts."""


def run_drift(home: Path) -> tuple[dg.ExecuteInProcessResult, Any]:
    context = RunContextResource(home=str(home))
    result = materialize(calibration_metrics, weekly_report, calibration_drift, context=context)
    (evaluation,) = result.get_asset_check_evaluations()
    return result, evaluation


@pytest.mark.slow
@pytest.mark.usefixtures("small_league")
def test_an_open_alert_fails_the_check_and_the_run_goes_on(
    finished_home: Path, tmp_path: Path
) -> None:
    context = copy_world(finished_home, tmp_path)
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
    context = RunContextResource(home=str(finished_home))
    checks = [check for check in CHECKS if check is not calibration_drift]
    results = {key: check(context=context) for check in checks for key in check.check_keys}
    assert len(results) == 14
    assert {key: result.description for key, result in results.items() if not result.passed} == {}
