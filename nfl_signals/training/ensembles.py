"""Put a version's learners, stacks and score distribution into one folder with one card."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from nfl_signals.core.files import write_json
from nfl_signals.ensemble.ensemble import ENSEMBLE_FILE, SCORES_FILE
from nfl_signals.features.settled_games import fit_scores, settled_games
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.registry.model_card import content_hash, read_card, write_card
from nfl_signals.registry.version_store import staging, store_version
from nfl_signals.training.baselines import only_retraining
from nfl_signals.workspace.market_games import load_market_games
from nfl_signals.workspace.run_context import RunContext

KEYS = {"features": ["game_id", "team_id"], "markets": ["game_id", "market"]}


def assemble(context: RunContext) -> dict[str, Any]:
    """Write `models/ensemble/<version>/` from the models just trained; its card.

    The folder is complete: it can be copied anywhere and loaded there. A version that is there already
    is never overwritten by other files: they get the next name of their week.
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
            horizon=context.settings.horizon,
            window=market_games.window(played),
            seed=context.settings.seed,
            extra={
                "learners": learners,
                "data": data_hashes(context.features, context.markets, games),
                **_stacks(staged),
            },
        )

    with only_retraining(context), staging(staged):
        for market in MARKETS:
            shutil.copytree(context.paths.stacker(market, version), staged / "stacker" / market)
            for learner in learners:
                source = context.paths.baseline(market, learner, version)
                shutil.copytree(source, staged / "baseline" / market / learner)
        write_json(staged / ENSEMBLE_FILE, {"learners": learners})
        with threadpool_limits(limits=1):  # sums in another order would change the last bits
            scores = fit_scores(settled_games(context.closing))
        write_json(staged / SCORES_FILE, scores.to_json())
        return store_version(staged, store, version, describe=describe)


def data_hashes(features: pl.DataFrame, markets: pl.DataFrame, games: pl.Series) -> dict[str, str]:
    """SHA-256 of the gold rows of the given played games, whatever files hold them.

    No model is fitted on the daily moving lines of games to come: they must not make another card.
    """
    played = pl.col("game_id").is_in(games.implode())
    tables = {"features": features, "markets": markets}
    return {
        name: content_hash(rows.filter(played).sort(KEYS[name])) for name, rows in tables.items()
    }


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
