"""Put a version's learners, stacks and score distribution into one folder with one card."""

import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from nfl_signals.core.files import write_json
from nfl_signals.ensemble.coherence_rows import fit_scores, settled_games
from nfl_signals.ensemble.ensemble import ENSEMBLE_FILE, SCORES_FILE
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.registry.model_card import content_hash, read_card, write_card
from nfl_signals.registry.version_store import store_version
from nfl_signals.training.baselines import only_retraining
from nfl_signals.workspace.market_games import load_market_games
from nfl_signals.workspace.run_context import RunContext

_log = logging.getLogger(__name__)

KEYS = {"features": ["game_id", "team_id"], "markets": ["game_id", "market"]}


def assemble(context: RunContext) -> dict[str, Any]:
    """Write `models/ensemble/<version>/` from the models just trained.

    The folder is complete: it can be copied anywhere and loaded there. A version that is there already
    is never overwritten by other files: they get the next name of their week.

    Returns:
        Its card.
    """
    market_games = load_market_games(context, "moneyline")
    version, learners = market_games.version(), list(context.settings.training.learners)
    played = np.flatnonzero(market_games.played)
    games = market_games.matrix.games["game_id"].gather(played)
    store = context.paths.ensembles
    staged = store / f".{version}.staged"

    def describe(name: str) -> dict[str, Any]:
        return write_card(
            staged,
            markets=list(MARKETS.values()),
            version=name,
            window=market_games.window(played),
            seed=context.settings.seed,
            extra={
                "learners": learners,
                "data": data_hashes(context.features, context.markets, games),
                **_stacks(staged),
            },
        )

    with only_retraining(context):
        _copy_parts(context, version, staged)
        write_json(staged / ENSEMBLE_FILE, {"learners": learners})
        with threadpool_limits(limits=1):  # sums in another order would change the last bits
            scores = fit_scores(settled_games(context.markets))
        write_json(staged / SCORES_FILE, scores.to_json())
        card = store_version(staged, store, version, describe=describe)
    _log.info("ensemble %s stored", card["model_version"])
    return card


def data_hashes(features: pl.DataFrame, markets: pl.DataFrame, games: pl.Series) -> dict[str, str]:
    """SHA-256 of the gold rows of played games, whatever files hold them.

    Lines of games to come move daily and no model is fitted on them, so they must not make another
    card.
    """
    tables = {"features": features, "markets": markets}
    played = {
        name: rows.filter(pl.col("game_id").is_in(games.implode())) for name, rows in tables.items()
    }
    return {name: content_hash(rows.sort(KEYS[name])) for name, rows in played.items()}


def _stacks(folder: Path) -> dict[str, Any]:
    """How each market's stacked models were calibrated, and their walk-forward scores."""
    cards = {name: read_card(folder / "stacker" / name) for name in MARKETS}
    return {
        "calibration": {
            name: {
                kind: each["calibration"]["fitted"]
                for kind, each in card["stacked_models"].items()
                if each
            }
            for name, card in cards.items()
        },
        "held_out": {name: card["held_out"] for name, card in cards.items()},
    }


def _copy_parts(context: RunContext, version: str, folder: Path) -> None:
    """Learners and stacks of a version; what a killed run left behind goes."""
    shutil.rmtree(folder, ignore_errors=True)
    for market in MARKETS:
        shutil.copytree(context.paths.stacker(market, version), folder / "stacker" / market)
        for learner in context.settings.training.learners:
            source = context.paths.baseline(market, learner, version)
            shutil.copytree(source, folder / "baseline" / market / learner)
