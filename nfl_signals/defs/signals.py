"""upcoming_predictions, ledger, calibration_metrics and the reports: what people and checks read."""

import dagster as dg

from nfl_signals.defs.resources import WorldResource
from nfl_signals.markets import MARKETS
from nfl_signals.pipeline.forecasting import append_to_ledger, predict_upcoming, skipped_games
from nfl_signals.pipeline.monitoring import update_metrics
from nfl_signals.pipeline.reporting import report_ablation, report_baselines


@dg.asset(
    group_name="signals",
    kinds={"polars", "parquet"},
    deps=["gold_features", "gold_markets", "llm_signals", "ensemble"],
)
def upcoming_predictions(world: WorldResource) -> dg.MaterializeResult[None]:
    """The next week's games by the model that speaks."""
    upcoming = predict_upcoming(world.open())
    skipped = skipped_games(world.open())
    return dg.MaterializeResult(
        metadata={
            "rows": upcoming.height,
            **{f"skipped_{name}": len(games) for name, games in skipped.items()},
        }
    )


@dg.asset(
    group_name="signals",
    kinds={"polars", "parquet"},
    deps=["calibrated_predictions", "upcoming_predictions"],
)
def ledger(world: WorldResource) -> dg.MaterializeResult[None]:
    """Sealed, append-only predictions: production, and the walk-forward replay as learning book."""
    counts = append_to_ledger(world.open())
    return dg.MaterializeResult(metadata={f"rows_{book}": n for book, n in counts.items()})


@dg.asset(group_name="signals", kinds={"polars", "parquet"}, deps=["ledger", "gold_markets"])
def calibration_metrics(world: WorldResource) -> dg.MaterializeResult[None]:
    """Rolling Brier, log loss, calibration error and reliability of every voice and market."""
    metrics = update_metrics(world.open())
    return dg.MaterializeResult(metadata={"windows": metrics.height})


@dg.asset(group_name="signals", kinds={"markdown"}, deps=["calibrated_predictions"])
def metrics_baseline(world: WorldResource) -> dg.MaterializeResult[None]:
    """Report on base learners, stack and close over the same walk-forward games."""
    path = report_baselines(world.open())
    return dg.MaterializeResult(metadata={"report": dg.MetadataValue.path(str(path))})


@dg.asset(
    group_name="signals",
    kinds={"markdown"},
    deps=["calibrated_predictions", *(f"baseline_{name}" for name in MARKETS)],
)
def ablation_stacker(world: WorldResource) -> dg.MaterializeResult[None]:
    """Report on what each part of the stack is worth, over the same walk-forward games."""
    path = report_ablation(world.open())
    return dg.MaterializeResult(metadata={"report": dg.MetadataValue.path(str(path))})


SIGNAL_ASSETS = [
    upcoming_predictions,
    ledger,
    calibration_metrics,
    metrics_baseline,
    ablation_stacker,
]
