"""Fit the stacked models of a market, walk them forward season by season; write models and cards."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from nfl_signals.core.files import write_parquet
from nfl_signals.core.progress import steps
from nfl_signals.core.settings import Settings
from nfl_signals.core.validation import validate
from nfl_signals.ensemble.coherence_rows import coherent_season
from nfl_signals.ensemble.stacked_model import (
    PLAIN,
    WITH_SIGNALS,
    StackedModel,
    blend_fitter,
    calibrate_blend,
    input_names,
    walk_forward_stack,
)
from nfl_signals.features.decision_prices import at_decision
from nfl_signals.features.settled_games import settled_games
from nfl_signals.markets.definitions import KEYS, MARKETS, MarketName, can_tie
from nfl_signals.registry.model_card import write_card
from nfl_signals.stacking.inputs import (
    SIGNALS,
    drop_missing_signals,
    game_signals,
    logit_matrix,
    stack_inputs,
)
from nfl_signals.stacking.prior import Adviser
from nfl_signals.stacking.schemas import stacked_schema
from nfl_signals.stacking.walk_forward import prefer_signals, settled_yes_no, walk_forward_coherence
from nfl_signals.stats import scores
from nfl_signals.training.baselines import only_retraining
from nfl_signals.training.weight_advice import weight_adviser
from nfl_signals.workspace.market_games import load_market_games
from nfl_signals.workspace.run_context import RunContext


@dataclass(frozen=True, kw_only=True, eq=False)
class Trained:
    """One stacked model of one market."""

    model: StackedModel | None  # of every settled game; None where no season could be calibrated
    walk_forward: pl.DataFrame  # its forecasts, each season from earlier seasons only
    card: dict[str, Any]  # calibration and advice, for the model card


def train_stack(context: RunContext, name: MarketName) -> dict[str, Any]:
    """Fit one market's stacked models, walk both forward, and store all; the card.

    The stored blends are fitted on purged K-fold forecasts of every settled game, their calibrators
    on the walk-forward blends' forecasts. Every figure on the card comes from the walk-forward.
    """
    forward = stack_rows(context, name, "walk_forward")
    settled = stack_rows(context, name, "purged_kfold")
    trained = {}
    with threadpool_limits(limits=1):  # sums in another order would change the last bits
        for kind in steps((PLAIN, WITH_SIGNALS), f"{name} stacks fitted"):
            inputs = input_names(context.settings, kind)
            adviser = weight_adviser(context.settings, context.paths.llm_responses, name, inputs)
            trained[kind] = fit_stacked_model(
                context.settings, forward, settled, inputs, adviser, season=context.seasons[-1]
            )
    walk_forward = prefer_signals(*(each.walk_forward for each in trained.values()))
    with only_retraining(context):
        write_parquet(context.paths.stacked_part(name), walk_forward)
        return _store(context, name, trained, walk_forward)


def fit_stacked_model(
    settings: Settings,
    forward: pl.DataFrame,
    settled: pl.DataFrame,
    inputs: Sequence[str],
    adviser: Adviser,
    *,
    season: int,
) -> Trained:
    """Walk a stacked model forward, then fit it on every settled game to predict `season`.

    `forward` are `stack_rows` of the walk-forward scheme, `settled` those of purged K-fold.
    """
    blended, walk_forward = walk_forward_stack(settings, forward, inputs, adviser)
    if not set(SIGNALS).isdisjoint(inputs) and walk_forward.is_empty():
        return Trained(model=None, walk_forward=walk_forward, card={})
    training = settled_yes_no(drop_missing_signals(settled, inputs))
    fit_blend = blend_fitter(settings, inputs, adviser)
    blend = fit_blend(logit_matrix(training, inputs), training["y"].to_numpy(), season)
    model, calibration = calibrate_blend(settings, blend, settled_yes_no(blended))
    advice = adviser(season)
    card = {"calibration": calibration, "advice": None if advice is None else asdict(advice)}
    return Trained(model=model, walk_forward=walk_forward, card=card)


def collect_stacked(context: RunContext) -> pl.DataFrame:
    """Make the three markets' walk-forward predictions coherent, and store the table."""
    parts = pl.concat(context.read(context.paths.stacked_part(name)) for name in MARKETS)
    lines = context.markets.select("game_id", "market", "line")
    rows = parts.join(lines, on=KEYS, maintain_order="left")
    rows = rows.with_columns(can_tie=can_tie())
    schema = stacked_schema(context.settings.training.learners)
    settled = settled_games(context.closing)
    with threadpool_limits(limits=1):
        coherent = walk_forward_coherence(rows, settled, make_coherent=coherent_season)
    table = coherent.select(list(schema.columns))
    write_parquet(context.paths.stacked, validate(table, schema, "calibrated_predictions"))
    return table


def stack_rows(context: RunContext, name: MarketName, scheme: str) -> pl.DataFrame:
    """`inputs.stack_inputs` of one market at the prices of decision time, with signals of both teams."""
    oof = context.read(context.paths.oof)
    return rows_of_stack(
        context, name, scheme, oof=oof, markets=context.markets, signals=context.signals
    )


def rows_of_stack(
    context: RunContext,
    name: MarketName,
    scheme: str,
    *,
    oof: pl.DataFrame,
    markets: pl.DataFrame,
    signals: pl.DataFrame,
) -> pl.DataFrame:
    """`stack_rows` of other tables than those that are stored."""
    home = context.features.filter(pl.col("is_home")).select("game_id", "team_id")
    learners = context.settings.training.learners
    decided = markets.filter(at_decision(context.settings.horizon))
    rows = stack_inputs(oof, decided, market=name, scheme=scheme, learners=learners)
    found = game_signals(signals, home, MARKETS[name])
    return rows.join(found, on="game_id", how="left", maintain_order="left")


def walked_forward(context: RunContext, name: MarketName, rows: pl.DataFrame) -> pl.DataFrame:
    """The walk-forward of a market's stack over `rows_of_stack`: with signals where that model forecasts."""
    walked = []
    for kind in (PLAIN, WITH_SIGNALS):
        inputs = input_names(context.settings, kind)
        adviser = weight_adviser(context.settings, context.paths.llm_responses, name, inputs)
        walked.append(walk_forward_stack(context.settings, rows, inputs, adviser)[1])
    return prefer_signals(*walked)


def _store(
    context: RunContext,
    name: MarketName,
    trained: Mapping[str, Trained],
    walk_forward: pl.DataFrame,
) -> dict[str, Any]:
    market_games = load_market_games(context, name)
    version = market_games.version()
    folder = context.paths.stacker(name, version)
    # A version trained again must not keep a stacked model that it no longer has.
    shutil.rmtree(folder, ignore_errors=True)
    for kind, each in trained.items():
        if each.model is not None:
            each.model.save(folder, kind)
    return write_card(
        folder,
        markets=[market_games.market],
        version=version,
        horizon=context.settings.horizon,
        window=market_games.window(np.flatnonzero(market_games.played)),
        seed=context.settings.seed,
        extra={
            "stack": context.settings.training.stack,
            "stacked_models": {kind: each.card for kind, each in trained.items()},
            "held_out": held_out(walk_forward),
        },
    )


def held_out(walk_forward: pl.DataFrame) -> dict[str, Any]:
    """Walk-forward scores of calibrated stack and price on the same games; empty without any."""
    rows = settled_yes_no(walk_forward)
    if rows.is_empty():
        return {"n_games": 0}
    p, price, y = (rows[column].to_numpy() for column in ("p_calibrated", "p_market", "y"))
    return {
        "n_games": len(y),
        "brier": scores.brier(p, y),
        "log_loss": scores.log_loss(p, y),
        "calibration_error": scores.debiased_calibration_error(p, y),
        "brier_price": scores.brier(price, y),
    }
