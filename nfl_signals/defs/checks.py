"""Asset checks: blocking where nothing may go on (schemas, joins, leaks, coverage), and drift.

A proof raises the package's own error; `verdict` turns that into a failed check that carries the
message, so the UI says what the terminal says.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import dagster as dg

from nfl_signals.alerts.steps import SeriesStatus, current_alerts
from nfl_signals.checks import tables
from nfl_signals.checks.freshness import outcomes_fresh
from nfl_signals.core.errors import NflSignalsError
from nfl_signals.defs.partitions import SEASONS
from nfl_signals.defs.resources import RunContextResource
from nfl_signals.promotion.automatic import pending_steps, waiting_sentence
from nfl_signals.workspace.run_context import RunContext

Check = Callable[[RunContext], dict[str, Any]]

NOTHING_GRADED = "No forecast of book production has been graded yet."
PENDING_STEPS = "due"
"""Metadata of the drift check: the answers that are due, as `responding.Due`."""
DRIFT_CHECK = dg.AssetCheckKey(dg.AssetKey("calibration_metrics"), "calibration_drift")


def verdict(proof: Check, run_context: RunContext) -> dg.AssetCheckResult:
    """Run a proof: its figures as metadata when it holds, its message when it does not."""
    try:
        return dg.AssetCheckResult(passed=True, metadata=proof(run_context))
    except NflSignalsError as error:
        return dg.AssetCheckResult(passed=False, description=str(error))


def blocking_check(
    asset: str, name: str, proof: Check, description: str, *, by_season: bool
) -> dg.AssetChecksDefinition:
    """A check that stops everything downstream in the same run."""

    @dg.asset_check(
        asset=asset,
        name=name,
        description=description,
        blocking=True,
        partitions_def=SEASONS if by_season else None,
    )
    def check(run_context: RunContextResource) -> dg.AssetCheckResult:
        return verdict(proof, run_context.open())

    return check


@dg.asset_check(asset="calibration_metrics", name="calibration_drift")
def calibration_drift(run_context: RunContextResource) -> dg.AssetCheckResult:
    """Is an alert open on a forecast of book production? Read by the sensor that answers it."""
    found = current_alerts(run_context.open())
    standings = found.statuses()
    said = [
        standing.sentence + waiting_sentence(run_context.open(), standing) for standing in standings
    ]
    grave = any(standing.flag == "critical" for standing in standings)
    return dg.AssetCheckResult(
        passed=not any(standing.alarming for standing in standings),
        severity=dg.AssetCheckSeverity.ERROR if grave else dg.AssetCheckSeverity.WARN,
        description=" ".join(said) or NOTHING_GRADED,
        metadata={
            PENDING_STEPS: [asdict(each) for each in pending_steps(run_context.open(), found)],
            **figures(standings),
        },
    )


def figures(standings: Sequence[SeriesStatus]) -> dict[str, Any]:
    """What Dagster plots of each voice over time."""
    names = {"flag": "flag", "calibration_error": "error", "evidence": "evidence"}
    names |= {"days_over": "days_over", "games": "n_games"}
    return {
        f"{standing.market}_{standing.signal_source}_{name}": getattr(standing, attribute)
        for standing in standings
        for name, attribute in names.items()
    }


@dg.asset_check(asset="calibration_metrics", name="fresh")
def fresh(run_context: RunContextResource) -> dg.AssetCheckResult:
    """Is every forecast of book production graded within 24 hours of its game's end?"""
    return verdict(outcomes_fresh, run_context.open())


CHECKS = [
    *(
        blocking_check(
            f"raw_{table}",
            "schema",
            tables.raw_schema(table),
            "Every stored season fits the boundary's schema.",
            by_season=True,
        )
        for table in tables.RAW_SCHEMAS
    ),
    blocking_check(
        "gold_features",
        "schema",
        tables.features_schema,
        "Complete, finite, two rows per game, key unique.",
        by_season=True,
    ),
    blocking_check(
        "gold_features",
        "partners",
        tables.referential_integrity,
        "Every row of every join has a partner or a listed reason.",
        by_season=True,
    ),
    blocking_check(
        "gold_features",
        "no_leak",
        tables.no_leak,
        "As-of replay and perturbation: no feature knows what came after kickoff.",
        by_season=True,
    ),
    blocking_check(
        "gold_markets",
        "schema",
        tables.markets_schema,
        "Prices are American odds, probabilities are in [0, 1], key unique.",
        by_season=True,
    ),
    blocking_check(
        "llm_signals",
        "schema",
        tables.signals_schema,
        "Signals are bounded numbers or missing with a reason; documents were known before kickoff.",
        by_season=True,
    ),
    blocking_check(
        "oof_predictions",
        "coverage",
        tables.oof_coverage,
        "Every eligible game predicted exactly once by every learner and scheme.",
        by_season=False,
    ),
    blocking_check(
        "oof_predictions",
        "out_of_fold",
        tables.oof_honest,
        "A fold of every market, learner and scheme, fitted again, gives the stored forecasts.",
        by_season=False,
    ),
    blocking_check(
        "calibrated_predictions",
        "schema",
        tables.stacked_contract,
        "Every game of a predicted season with line and price, once, in [0, 1].",
        by_season=False,
    ),
    blocking_check(
        "ledger",
        "sealed",
        tables.ledger_sealed,
        "The chain of seals is unbroken; every row was made before kickoff.",
        by_season=False,
    ),
    calibration_drift,
    fresh,
]
