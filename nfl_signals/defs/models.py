"""baseline_*, oof_predictions, stacker_*, calibrated_predictions: everything that fits."""

import dagster as dg

from nfl_signals.defs.resources import RunContextResource
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.predictions.champion import promote_first
from nfl_signals.predictions.registration import point_aliases, register_ensemble
from nfl_signals.promotion.automatic import decide, recalibrate
from nfl_signals.registry.decision_log import Decision
from nfl_signals.training.baselines import predict_out_of_fold, train_baselines
from nfl_signals.training.ensembles import assemble
from nfl_signals.training.stacks import collect_stacked, train_stack

RETRAINING_POOL = "retraining"


def baseline_asset(name: MarketName) -> dg.AssetsDefinition:
    """The asset that fits one market's base learners."""

    @dg.asset(
        name=f"baseline_{name}",
        description=f"{MARKETS[name].title}: the base learners, which never see a price.",
        group_name="models",
        kinds={"scikitlearn", "lightgbm", "xgboost"},
        pool=RETRAINING_POOL,
        deps=["gold_features", "gold_markets"],
    )
    def baseline(run_context: RunContextResource) -> dg.MaterializeResult[None]:
        cards = train_baselines(run_context.open(), name)
        return dg.MaterializeResult(
            metadata={learner: card["model_hash"] for learner, card in cards.items()}
            | {"model_version": next(iter(cards.values()))["model_version"]}
        )

    return baseline


@dg.asset(
    group_name="models",
    kinds={"polars", "parquet"},
    pool=RETRAINING_POOL,
    deps=[f"baseline_{name}" for name in MARKETS],
)
def oof_predictions(run_context: RunContextResource) -> dg.MaterializeResult[None]:
    """Every game predicted by models that never saw it: walk-forward and purged K-fold."""
    table = predict_out_of_fold(run_context.open())
    counts = table.group_by("scheme").len().sort("scheme").iter_rows()
    return dg.MaterializeResult(metadata={f"rows_{scheme}": rows for scheme, rows in counts})


def stacker_asset(name: MarketName) -> dg.AssetsDefinition:
    """The asset that fits one market's stack and calibrator."""

    @dg.asset(
        name=f"stacker_{name}",
        description=f"{MARKETS[name].title}: calibrated blends, with and without signals.",
        group_name="models",
        kinds={"numpy"},
        pool=RETRAINING_POOL,
        deps=["oof_predictions", "llm_signals"],
    )
    def stacker(run_context: RunContextResource) -> dg.MaterializeResult[None]:
        card = train_stack(run_context.open(), name)
        return dg.MaterializeResult(
            metadata={
                "model_version": card["model_version"],
                "model_hash": card["model_hash"],
                **{f"held_out_{key}": value for key, value in card["held_out"].items()},
            }
        )

    return stacker


@dg.asset(
    group_name="models",
    kinds={"polars", "parquet"},
    deps=[f"stacker_{name}" for name in MARKETS],
)
def calibrated_predictions(run_context: RunContextResource) -> dg.MaterializeResult[None]:
    """Walk-forward predictions whose markets agree, each season from earlier ones only."""
    table = collect_stacked(run_context.open())
    return dg.MaterializeResult(
        metadata={"rows": table.height, "seasons": table["season"].n_unique()}
    )


@dg.asset(
    group_name="models",
    kinds={"polars"},
    pool=RETRAINING_POOL,
    deps=["calibrated_predictions"],
)
def ensemble(run_context: RunContextResource) -> dg.MaterializeResult[None]:
    """The whole ensemble in one folder that answers requests, wherever it lies."""
    opened = run_context.open()
    card = assemble(opened)
    promote_first(opened, str(card["model_version"]))
    return dg.MaterializeResult(
        metadata={"model_version": card["model_version"], "model_hash": card["model_hash"]}
    )


@dg.asset(group_name="models", kinds={"mlflow"}, pool=RETRAINING_POOL, deps=["ensemble"])
def registered_ensemble(run_context: RunContextResource) -> dg.MaterializeResult[None]:
    """The ensemble as a version in the MLflow registry; aliases say who speaks."""
    version = register_ensemble(run_context.open())
    return dg.MaterializeResult(
        metadata={
            "model_version": version.version,
            "number": version.number,
            "aliases": ", ".join(version.aliases) or "none",
            "folder": dg.MetadataValue.path(str(version.folder)),
        }
    )


@dg.asset(group_name="models", kinds={"polars"}, pool=RETRAINING_POOL)
def recalibrated_ensemble(run_context: RunContextResource) -> dg.MaterializeResult[None]:
    """Answer to an alert: the champion straightened by its own games, if the gate lets it."""
    return answered(
        run_context, recalibrate(run_context.open()), "No alert asks for a recalibration."
    )


@dg.asset(
    group_name="models",
    kinds={"polars"},
    pool=RETRAINING_POOL,
    deps=["registered_ensemble", "recalibrated_ensemble"],
)
def promotion(run_context: RunContextResource) -> dg.MaterializeResult[None]:
    """The gate on the newest ensemble: promote, reject, or not enough to tell."""
    return answered(
        run_context, decide(run_context.open()), "Nothing to decide: the newest has been judged."
    )


def answered(
    run_context: RunContextResource, decision: Decision | None, otherwise: str
) -> dg.MaterializeResult[None]:
    """A decision as metadata; the registry's aliases follow it."""
    aliases = point_aliases(run_context.open()) if decision else {}
    facts = {"answer": decision.kind, "version": decision.version} if decision else {}
    sentence = decision.sentence if decision else otherwise
    return dg.MaterializeResult(metadata={**facts, **aliases, "sentence": sentence})


MODEL_ASSETS = [
    *(baseline_asset(name) for name in MARKETS),
    oof_predictions,
    *(stacker_asset(name) for name in MARKETS),
    calibrated_predictions,
    ensemble,
    registered_ensemble,
    recalibrated_ensemble,
    promotion,
]
