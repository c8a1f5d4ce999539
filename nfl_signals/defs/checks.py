"""Asset checks: blocking where nothing may go on (schemas, joins, leaks, coverage), and drift.

A check raises the package's own error; `result_of` turns that into a failed check that carries the
message, so the UI says what the terminal says.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import dagster as dg
import polars as pl

from nfl_signals.alerts.series_status import SeriesStatus
from nfl_signals.alerts.steps import alert_state
from nfl_signals.checks import models, tables
from nfl_signals.checks.freshness import outcomes_fresh
from nfl_signals.checks.tables import Check, Figures, demand_seasons
from nfl_signals.core.errors import NflSignalsError
from nfl_signals.defs.partitions import SEASONS, chosen_seasons
from nfl_signals.defs.resources import Run
from nfl_signals.promotion.automatic import pending_steps, waiting_sentence
from nfl_signals.workspace.run_context import RunContext
from nfl_signals.workspace.tables import SCHEMAS

NOTHING_GRADED = "No forecast of book production has been graded yet."
PENDING_STEPS = "pending_steps"
"""Metadata of the drift check: the steps that are pending, as `automatic.PendingStep`."""
DRIFT_CHECK = dg.AssetCheckKey(dg.AssetKey("calibration_metrics"), "calibration_drift")
BY_SEASON: list[tuple[str, str, Check]] = [
    *((f"raw_{table}", "schema", tables.raw_schema(table)) for table in SCHEMAS),
    ("gold_features", "schema", tables.features_schema),
    ("gold_features", "referential_integrity", tables.referential_integrity),
    ("gold_features", "no_leak", tables.no_leak),
    ("gold_markets", "schema", tables.markets_schema),
    ("llm_signals", "schema", tables.signals_schema),
]
PREDICTIONS: list[tuple[str, str, Check]] = [
    ("upcoming_predictions", "by_served_model", models.upcoming_by_served_model),
    ("upcoming_predictions", "explained", models.upcoming_explained),
    ("ledger", "upcoming_sealed", models.upcoming_sealed),
]
WHOLE: list[tuple[str, str, Check]] = [
    ("oof_predictions", "coverage", tables.oof_coverage),
    ("oof_predictions", "out_of_fold", tables.out_of_fold),
    ("calibrated_predictions", "schema", tables.stacked_contract),
    ("ledger", "sealed", tables.ledger_sealed),
]


def result_of(check: Check, run_context: RunContext) -> dg.AssetCheckResult:
    """Run a check: its figures as metadata when it holds, its message when it does not."""
    try:
        return dg.AssetCheckResult(passed=True, metadata=check(run_context))
    except NflSignalsError as error:
        return dg.AssetCheckResult(passed=False, description=str(error))


def blocking_check(
    asset: str, name: str, check: Check, *, by_season: bool
) -> dg.AssetChecksDefinition:
    """A check that stops everything downstream in the same run."""

    @dg.asset_check(
        asset=asset,
        name=name,
        description=(check.__doc__ or "").split("\n")[0],
        blocking=True,
        partitions_def=SEASONS if by_season else None,
    )
    def checked(context: dg.AssetCheckExecutionContext, run_context: Run) -> dg.AssetCheckResult:
        def demanding(of: RunContext) -> Figures:
            if by_season:  # a schema holds on no rows too
                demand_seasons(of, asset, chosen_seasons(context))
            return check(of)

        return result_of(demanding, run_context)

    return checked


def prediction_check(asset: str, name: str, check: Check) -> dg.AssetChecksDefinition:
    """A check of the stored predictions; its failure is answered by predicting again."""

    @dg.asset_check(asset=asset, name=name, description=(check.__doc__ or "").split("\n")[0])
    def checked(run_context: Run) -> dg.AssetCheckResult:
        return result_of(check, run_context)

    return checked


def quality_check(table: str) -> dg.AssetChecksDefinition:
    """A warning that stops nothing: what was repaired, set aside and missing in a raw table."""
    check = tables.raw_quality(table)

    @dg.asset_check(
        asset=f"raw_{table}",
        name="quality",
        description=(check.__doc__ or "").split("\n")[0],
        partitions_def=SEASONS,
    )
    def checked(run_context: Run) -> dg.AssetCheckResult:
        found = result_of(check, run_context)
        rows = run_context.quality.filter(table=table)
        counts = dict(rows.group_by("rule").agg(pl.col("rows").sum()).sort("rule").iter_rows())
        return dg.AssetCheckResult(
            passed=found.passed,
            severity=dg.AssetCheckSeverity.WARN,
            description=found.description,
            metadata=counts,
        )

    return checked


@dg.asset_check(asset="calibration_metrics", name="calibration_drift")
def calibration_drift(run_context: Run) -> dg.AssetCheckResult:
    """Is an alert open on a forecast of book production? Read by the sensor that answers it."""
    statuses, gate = alert_state(run_context).statuses(), run_context.settings.gate
    sentences = [status.sentence + waiting_sentence(status, gate) for status in statuses]
    critical = any(status.flag == "critical" for status in statuses)
    pending = [asdict(each) for each in pending_steps(run_context)]
    return dg.AssetCheckResult(
        passed=not any(status.alarming for status in statuses),
        severity=dg.AssetCheckSeverity.ERROR if critical else dg.AssetCheckSeverity.WARN,
        description=" ".join(sentences) or NOTHING_GRADED,
        metadata={PENDING_STEPS: pending, **figures(statuses)},
    )


def figures(statuses: Sequence[SeriesStatus]) -> dict[str, Any]:
    """What Dagster plots of each series over time."""
    names = {"flag": "flag", "calibration_error": "error", "evidence": "evidence"}
    names |= {"days_over": "days_over", "games": "n_games"}
    return {
        f"{status.market}_{status.signal_source}_{name}": getattr(status, attribute)
        for status in statuses
        for name, attribute in names.items()
    }


@dg.asset_check(asset="calibration_metrics", name="fresh")
def fresh(run_context: Run) -> dg.AssetCheckResult:
    """Is every forecast of book production graded within 24 hours of its game's end?"""
    return result_of(outcomes_fresh, run_context)


defs = dg.Definitions(
    asset_checks=[
        *(blocking_check(*each, by_season=True) for each in BY_SEASON),
        *(blocking_check(*each, by_season=False) for each in WHOLE),
        *(prediction_check(*each) for each in PREDICTIONS),
        *(quality_check(table) for table in SCHEMAS),
        calibration_drift,
        fresh,
    ]
)
