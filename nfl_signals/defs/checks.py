"""Asset checks: blocking where nothing may go on (schemas, joins, leaks, coverage), and drift.

A proof raises the package's own error; `verdict` turns that into a failed check that carries the
message, so the UI says what the terminal says.
"""

from collections.abc import Callable
from typing import Any

import dagster as dg

from nfl_signals.defs.partitions import SEASONS
from nfl_signals.defs.resources import WorldResource
from nfl_signals.errors import NflSignalsError
from nfl_signals.pipeline import proofs
from nfl_signals.pipeline.monitoring import judge
from nfl_signals.pipeline.world import World

Proof = Callable[[World], dict[str, Any]]

DRIFT_CHECK = dg.AssetCheckKey(dg.AssetKey("calibration_metrics"), "calibration_drift")


def verdict(proof: Proof, world: World) -> dg.AssetCheckResult:
    """Run a proof: its figures as metadata when it holds, its message when it does not."""
    try:
        return dg.AssetCheckResult(passed=True, metadata=proof(world))
    except NflSignalsError as error:
        return dg.AssetCheckResult(passed=False, description=str(error))


def blocking_check(
    asset: str, name: str, proof: Proof, description: str, *, by_season: bool
) -> dg.AssetChecksDefinition:
    """A check that stops everything downstream in the same run."""

    @dg.asset_check(
        asset=asset,
        name=name,
        description=description,
        blocking=True,
        partitions_def=SEASONS if by_season else None,
    )
    def check(world: WorldResource) -> dg.AssetCheckResult:
        return verdict(proof, world.open())

    return check


@dg.asset_check(asset="calibration_metrics", name="calibration_drift")
def calibration_drift(world: WorldResource) -> dg.AssetCheckResult:
    """Has calibration drifted, by size of the error and by evidence that is valid when peeking?"""
    verdicts = judge(world.open())
    return dg.AssetCheckResult(
        passed=not any(item.drifting for item in verdicts),
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(item.sentence for item in verdicts) or "No window to judge yet.",
        metadata={
            key: value
            for item in verdicts
            for key, value in (
                (f"{item.market}_calibration_error", item.calibration_error),
                (f"{item.market}_evidence", item.e_value),
                (f"{item.market}_days_over", item.days_over),
                (f"{item.market}_games", item.n),
            )
        },
    )


CHECKS = [
    *(
        blocking_check(
            f"raw_{table}",
            "schema",
            proofs.raw_schema(table),
            "Every stored season fits the boundary's schema.",
            by_season=True,
        )
        for table in proofs.RAW_SCHEMAS
    ),
    blocking_check(
        "gold_features",
        "schema",
        proofs.features_schema,
        "Complete, finite, two rows per game, key unique.",
        by_season=True,
    ),
    blocking_check(
        "gold_features",
        "partners",
        proofs.partners,
        "Every row of every join has a partner or a listed reason.",
        by_season=True,
    ),
    blocking_check(
        "gold_features",
        "no_leak",
        proofs.no_leak,
        "As-of replay and perturbation: no feature knows what came after kickoff.",
        by_season=True,
    ),
    blocking_check(
        "gold_markets",
        "schema",
        proofs.markets_schema,
        "Prices are American odds, probabilities are in [0, 1], key unique.",
        by_season=True,
    ),
    blocking_check(
        "llm_signals",
        "schema",
        proofs.signals_schema,
        "Signals are bounded numbers or missing with a reason; documents were known before kickoff.",
        by_season=True,
    ),
    blocking_check(
        "oof_predictions",
        "coverage",
        proofs.oof_coverage,
        "Every eligible game predicted exactly once by every learner and scheme.",
        by_season=False,
    ),
    blocking_check(
        "oof_predictions",
        "out_of_fold",
        proofs.oof_honest,
        "A fold of every market, learner and scheme, fitted again, gives the stored forecasts.",
        by_season=False,
    ),
    blocking_check(
        "calibrated_predictions",
        "schema",
        proofs.stacked_contract,
        "Every game of a predicted season with line and price, once, in [0, 1].",
        by_season=False,
    ),
    blocking_check(
        "ledger",
        "sealed",
        proofs.ledger_sealed,
        "The chain of seals is unbroken; every row was made before kickoff.",
        by_season=False,
    ),
    calibration_drift,
]
