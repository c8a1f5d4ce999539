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
from nfl_signals.ensemble.coherence_rows import replay_agree, settled_games
from nfl_signals.ensemble.stacked_model import (
    PLAIN,
    WITH_SIGNALS,
    Voice,
    blend_fitter,
    fit_voice,
    replay_voice,
    voice_inputs,
)
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.registry.model_card import write_card
from nfl_signals.stacking.inputs import complete, game_signals, stack_inputs, values
from nfl_signals.stacking.schemas import stacked_schema
from nfl_signals.stacking.walk_forward import prefer_signals, replay_agreement, scored
from nfl_signals.stats import scores
from nfl_signals.training.baselines import only_retraining
from nfl_signals.training.weight_advice import weight_adviser
from nfl_signals.workspace.llm_signals import load_signals
from nfl_signals.workspace.market_games import Question, ask
from nfl_signals.workspace.run_context import World
from nfl_signals.workspace.tables import load_features, load_markets


@dataclass(frozen=True, kw_only=True, eq=False)
class Trained:
    """One voice of one market.

    Attributes:
        voice: fitted on every settled game; None where no season could be calibrated.
        replayed: its walk-forward answers, each season from earlier seasons only.
        card: what the card says of calibrator and advice.
    """

    voice: Voice | None
    replayed: pl.DataFrame
    card: dict[str, Any]


def train_stack(world: World, name: MarketName) -> dict[str, Any]:
    """Fit one market's voices; replay both walk-forward; store all.

    The stored blends are fitted on purged K-fold forecasts of every settled game, their calibrators
    on the walk-forward blends' forecasts. Every figure on the card comes from the walk-forward replay.

    Returns:
        The card.
    """
    question = ask(world, name)
    forward, settled = (
        stack_rows(world, name, scheme) for scheme in ("walk_forward", "purged_kfold")
    )
    with threadpool_limits(limits=1):  # sums in another order would change the last bits
        trained = {
            voice: _train(world, name, voice, forward=forward, settled=settled)
            for voice in steps((PLAIN, WITH_SIGNALS), f"{name} stacks fitted")
        }
    replayed = prefer_signals(trained[PLAIN].replayed, trained[WITH_SIGNALS].replayed)
    with only_retraining(world):
        write_parquet(world.paths.stacked_part(name), replayed)
        return _store(world, question, trained, replayed)


def collect_stacked(world: World) -> pl.DataFrame:
    """Make the three markets' walk-forward predictions agree, and store the table."""
    markets = load_markets(world)
    parts = pl.concat(read_parquet(world.paths.stacked_part(name)) for name in MARKETS)
    lines = markets.select("game_id", "market", "line")
    rows = parts.join(lines, on=["game_id", "market"], maintain_order="left")
    schema = stacked_schema(world.settings.training.learners)
    with threadpool_limits(limits=1):
        agreed = replay_agreement(rows, settled_games(markets), agree=replay_agree)
    table = agreed.select(list(schema.columns))
    write_parquet(world.paths.stacked, validate(table, schema, "calibrated_predictions"))
    return table


def stack_rows(world: World, name: MarketName, scheme: str) -> pl.DataFrame:
    """`stack_values.stack_inputs` of one market, with signals where both teams have them."""
    home = load_features(world).filter(pl.col("is_home")).select("game_id", "team_id")
    rows = stack_inputs(
        read_parquet(world.paths.oof),
        load_markets(world),
        market=name,
        scheme=scheme,
        learners=world.settings.training.learners,
    )
    signals = game_signals(load_signals(world), home, MARKETS[name])
    return rows.join(signals, on="game_id", how="left", maintain_order="left")


def _train(
    world: World, name: MarketName, voice: str, *, forward: pl.DataFrame, settled: pl.DataFrame
) -> Trained:
    settings = world.settings
    inputs = voice_inputs(settings, voice)
    adviser = weight_adviser(world, name, inputs)
    blended, replayed = replay_voice(settings, forward, inputs, adviser)
    if voice == WITH_SIGNALS and replayed.is_empty():
        return Trained(voice=None, replayed=replayed, card={})
    taught = scored(complete(settled, inputs))
    current = world.seasons[-1]
    fit_blend = blend_fitter(settings, inputs, adviser)
    blend = fit_blend(values(taught, inputs), taught["y"].to_numpy(), current)
    fitted, calibration = fit_voice(settings, blend, scored(blended))
    advice = adviser(current)
    card = {"calibration": calibration, "advice": None if advice is None else asdict(advice)}
    return Trained(voice=fitted, replayed=replayed, card=card)


def _store(
    world: World,
    question: Question,
    trained: dict[str, Trained],
    replayed: pl.DataFrame,
) -> dict[str, Any]:
    name, version = question.market.name, question.version()
    folder = world.paths.stacker(name, version)
    # A version trained again must not keep a voice that it no longer has.
    shutil.rmtree(folder, ignore_errors=True)
    for voice, result in trained.items():
        if result.voice is not None:
            result.voice.save(folder, voice)
    return write_card(
        folder,
        markets=[question.market],
        version=version,
        window=question.window(np.flatnonzero(question.played)),
        seed=world.settings.seed,
        extra={
            "stack": world.settings.training.stack,
            "voices": {voice: each.card for voice, each in trained.items()},
            "held_out": _held_out(replayed),
        },
    )


def _held_out(replayed: pl.DataFrame) -> dict[str, Any]:
    """Walk-forward scores of calibrated stack and close on the same games; empty without any."""
    rows = scored(replayed)
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
