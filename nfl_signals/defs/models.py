"""Everything that fits: learners, out-of-fold predictions, stacks, ensembles, and the gate on them."""

from typing import Any

import dagster as dg

from nfl_signals.defs.resources import Run
from nfl_signals.defs.tables import Result, asset, table_result
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.predictions.champion import promote_first
from nfl_signals.predictions.registration import point_aliases, register_ensemble
from nfl_signals.promotion.automatic import decide, recalibrate
from nfl_signals.registry.decision_log import Decision
from nfl_signals.training.baselines import predict_out_of_fold, train_baselines
from nfl_signals.training.ensembles import assemble
from nfl_signals.training.stacks import collect_stacked, train_stack
from nfl_signals.workspace.run_context import RunContext

RETRAINING_POOL = "retraining"
MODEL: dict[str, Any] = {"group_name": "models"}
WRITER = MODEL | {"pool": RETRAINING_POOL}
"""Of assets that write models: one run at a time."""
GOLD = ["gold_features", "gold_markets"]
BASELINES = [f"baseline_{name}" for name in MARKETS]
STACKERS = [f"stacker_{name}" for name in MARKETS]


def baseline_asset(name: MarketName) -> dg.AssetsDefinition:
    """The asset that fits one market's base learners."""

    @asset(
        name=f"baseline_{name}",
        description=f"{MARKETS[name].title}: the base learners, which never see a price.",
        **WRITER,
        kinds={"scikitlearn", "lightgbm", "xgboost"},
        deps=GOLD,
    )
    def baseline(run_context: Run) -> Result:
        cards = train_baselines(run_context, name)
        return dg.MaterializeResult(
            metadata={learner: card["model_hash"] for learner, card in cards.items()}
            | {"model_version": next(iter(cards.values()))["model_version"]}
        )

    return baseline


@asset(**WRITER, kinds={"polars", "parquet"}, deps=GOLD)
def oof_predictions(run_context: Run) -> Result:
    """Every game predicted by models that never saw it: walk-forward and purged K-fold."""
    table = predict_out_of_fold(run_context)
    counts = {
        f"rows_{scheme}": rows
        for scheme, rows in table.group_by("scheme").len().sort("scheme").iter_rows()
    }
    return table_result(table, counts, stored=run_context.paths.oof)


def stacker_asset(name: MarketName) -> dg.AssetsDefinition:
    """The asset that fits one market's stack and calibrator."""

    @asset(
        name=f"stacker_{name}",
        description=f"{MARKETS[name].title}: calibrated blends, with and without signals.",
        **WRITER,
        kinds={"numpy"},
        deps=[*GOLD, "oof_predictions", "llm_signals"],
    )
    def stacker(run_context: Run) -> Result:
        card = train_stack(run_context, name)
        held_out = {f"held_out_{key}": value for key, value in card["held_out"].items()}
        return _model_result(card, **held_out)

    return stacker


@asset(**MODEL, kinds={"polars", "parquet"}, deps=[*STACKERS, "gold_markets"])
def calibrated_predictions(run_context: Run) -> Result:
    """Walk-forward predictions with coherent markets, each season from earlier ones only."""
    table = collect_stacked(run_context)
    seasons = {"seasons": table["season"].n_unique()}
    return table_result(table, seasons, stored=run_context.paths.stacked)


@asset(**WRITER, kinds={"polars"}, deps=[*GOLD, *BASELINES, *STACKERS])
def ensemble(run_context: Run) -> Result:
    """The whole ensemble in one folder that answers requests, wherever it lies."""
    card = assemble(run_context)
    promote_first(run_context, str(card["model_version"]))
    return _model_result(card)


@asset(**WRITER, kinds={"mlflow"}, deps=["ensemble", *GOLD, "llm_signals"])
def registered_ensemble(run_context: Run) -> Result:
    """The ensemble as a version in the MLflow registry, with the aliases champion and challenger."""
    version = register_ensemble(run_context)
    return dg.MaterializeResult(
        metadata={
            "model_version": version.version,
            "number": version.number,
            "aliases": ", ".join(version.aliases) or "none",
            "folder": dg.MetadataValue.path(str(version.folder)),
        }
    )


@asset(**WRITER, kinds={"polars"}, deps=["gold_markets"])
def recalibrated_ensemble(run_context: Run) -> Result:
    """Answer to an alert: a copy of the champion, recalibrated on its own games, if the gate passes it.

    Reads the ledger of earlier runs, which depends on what is decided here.
    """
    return _decision_result(run_context, recalibrate(run_context), "no alert needs a recalibration")


@asset(
    **WRITER,
    kinds={"polars"},
    deps=[
        "registered_ensemble",
        "recalibrated_ensemble",
        "oof_predictions",
        "calibrated_predictions",
        "ensemble",
        "gold_markets",
    ],
)
def promotion(run_context: Run) -> Result:
    """The gate on the newest ensemble: promote, reject, or insufficient evidence.

    Reads the ledger of earlier runs, which depends on what is decided here.
    """
    return _decision_result(
        run_context,
        decide(run_context),
        "the newest ensemble is champion, judged, or still undecided",
    )


def _model_result(card: dict[str, object], **metadata: object) -> Result:
    names = {name: str(card[name]) for name in ("model_version", "model_hash")}
    return dg.MaterializeResult(
        metadata=names | metadata,  # type: ignore[arg-type]
        data_version=dg.DataVersion(names["model_hash"]),
    )


def _decision_result(run_context: RunContext, decision: Decision | None, otherwise: str) -> Result:
    """A decision as metadata, and that there was none where there was none."""
    if decision is None:
        return dg.MaterializeResult(metadata={"decision": "none", "why": otherwise})
    return dg.MaterializeResult(
        metadata={
            "decision": decision.kind,
            "version": decision.version,
            "why": decision.sentence,
            **point_aliases(run_context),
        }
    )


defs = dg.Definitions(
    assets=[
        *(baseline_asset(name) for name in MARKETS),
        oof_predictions,
        *(stacker_asset(name) for name in MARKETS),
        calibrated_predictions,
        ensemble,
        registered_ensemble,
        recalibrated_ensemble,
        promotion,
    ]
)
