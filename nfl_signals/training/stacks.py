"""Fit stacks and calibrators, replay them season by season; write models and their cards."""

import shutil
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from nfl_signals.core.files import read_parquet, write_parquet
from nfl_signals.core.progress import steps
from nfl_signals.core.validation import validate
from nfl_signals.ensemble.coherence_rows import coherent_season, settled_games
from nfl_signals.ensemble.stacked_model import (
    PLAIN,
    WITH_SIGNALS,
    StackedModel,
    blend_fitter,
    calibrate_blend,
    input_names,
    walk_forward_stack,
)
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.registry.model_card import write_card
from nfl_signals.stacking.inputs import (
    drop_missing_signals,
    game_signals,
    logit_matrix,
    stack_inputs,
)
from nfl_signals.stacking.schemas import stacked_schema
from nfl_signals.stacking.walk_forward import prefer_signals, settled_yes_no, walk_forward_coherence
from nfl_signals.stats import scores
from nfl_signals.training.baselines import only_retraining
from nfl_signals.training.weight_advice import weight_adviser
from nfl_signals.workspace.llm_signals import load_signals
from nfl_signals.workspace.market_games import MarketGames, load_market_games
from nfl_signals.workspace.run_context import RunContext
from nfl_signals.workspace.tables import load_features, load_markets


@dataclass(frozen=True, kw_only=True, eq=False)
class Trained:
    """One voice of one market.

    Attributes:
        voice: fitted on every settled game; None where no season could be calibrated.
        replayed: its walk-forward answers, each season from earlier seasons only.
        card: what the card says of calibrator and advice.
    """

    voice: StackedModel | None
    replayed: pl.DataFrame
    card: dict[str, Any]


def train_stack(context: RunContext, name: MarketName) -> dict[str, Any]:
    """Fit one market's voices; replay both walk-forward; store all.

    The stored blends are fitted on purged K-fold forecasts of every settled game, their calibrators
    on the walk-forward blends' forecasts. Every figure on the card comes from the walk-forward replay.

    Returns:
        The card.
    """
    market_games = load_market_games(context, name)
    forward, settled = (
        stack_rows(context, name, scheme) for scheme in ("walk_forward", "purged_kfold")
    )
    with threadpool_limits(limits=1):  # sums in another order would change the last bits
        trained = {
            voice: _train(context, name, voice, forward=forward, settled=settled)
            for voice in steps((PLAIN, WITH_SIGNALS), f"{name} stacks fitted")
        }
    replayed = prefer_signals(trained[PLAIN].replayed, trained[WITH_SIGNALS].replayed)
    with only_retraining(context):
        write_parquet(context.paths.stacked_part(name), replayed)
        return _store(context, market_games, trained, replayed)


def collect_stacked(context: RunContext) -> pl.DataFrame:
    """Make the three markets' walk-forward predictions agree, and store the table."""
    markets = load_markets(context)
    parts = pl.concat(read_parquet(context.paths.stacked_part(name)) for name in MARKETS)
    lines = markets.select("game_id", "market", "line")
    rows = parts.join(lines, on=["game_id", "market"], maintain_order="left")
    schema = stacked_schema(context.settings.training.learners)
    with threadpool_limits(limits=1):
        agreed = walk_forward_coherence(rows, settled_games(markets), agree=coherent_season)
    table = agreed.select(list(schema.columns))
    write_parquet(context.paths.stacked, validate(table, schema, "calibrated_predictions"))
    return table


def stack_rows(context: RunContext, name: MarketName, scheme: str) -> pl.DataFrame:
    """`stack_values.stack_inputs` of one market, with signals where both teams have them."""
    home = load_features(context).filter(pl.col("is_home")).select("game_id", "team_id")
    rows = stack_inputs(
        read_parquet(context.paths.oof),
        load_markets(context),
        market=name,
        scheme=scheme,
        learners=context.settings.training.learners,
    )
    signals = game_signals(load_signals(context), home, MARKETS[name])
    return rows.join(signals, on="game_id", how="left", maintain_order="left")


def _train(
    context: RunContext,
    name: MarketName,
    voice: str,
    *,
    forward: pl.DataFrame,
    settled: pl.DataFrame,
) -> Trained:
    settings = context.settings
    inputs = input_names(settings, voice)
    adviser = weight_adviser(context, name, inputs)
    blended, replayed = walk_forward_stack(settings, forward, inputs, adviser)
    if voice == WITH_SIGNALS and replayed.is_empty():
        return Trained(voice=None, replayed=replayed, card={})
    taught = settled_yes_no(drop_missing_signals(settled, inputs))
    current = context.seasons[-1]
    fit_blend = blend_fitter(settings, inputs, adviser)
    blend = fit_blend(logit_matrix(taught, inputs), taught["y"].to_numpy(), current)
    fitted, calibration = calibrate_blend(settings, blend, settled_yes_no(blended))
    advice = adviser(current)
    card = {"calibration": calibration, "advice": None if advice is None else asdict(advice)}
    return Trained(voice=fitted, replayed=replayed, card=card)


def _store(
    context: RunContext,
    market_games: MarketGames,
    trained: dict[str, Trained],
    replayed: pl.DataFrame,
) -> dict[str, Any]:
    name, version = market_games.market.name, market_games.version()
    folder = context.paths.stacker(name, version)
    # A version trained again must not keep a voice that it no longer has.
    shutil.rmtree(folder, ignore_errors=True)
    for voice, result in trained.items():
        if result.voice is not None:
            result.voice.save(folder, voice)
    return write_card(
        folder,
        markets=[market_games.market],
        version=version,
        window=market_games.window(np.flatnonzero(market_games.played)),
        seed=context.settings.seed,
        extra={
            "stack": context.settings.training.stack,
            "voices": {voice: each.card for voice, each in trained.items()},
            "held_out": _held_out(replayed),
        },
    )


def _held_out(replayed: pl.DataFrame) -> dict[str, Any]:
    """Walk-forward scores of calibrated stack and close on the same games; empty without any."""
    rows = settled_yes_no(replayed)
    if rows.is_empty():
        return {"n_games": 0}
    p, close, y = (rows[column].to_numpy() for column in ("p_calibrated", "p_market", "y"))
    return {
        "n_games": len(y),
        "brier": scores.brier(p, y),
        "log_loss": scores.log_loss(p, y),
        "calibration_error": scores.debiased_calibration_error(p, y),
        "brier_close": scores.brier(close, y),
    }
