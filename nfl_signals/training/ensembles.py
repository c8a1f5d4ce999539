"""Put a version's learners, stacks and score distribution into one folder with one card."""

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
from nfl_signals.workspace.market_games import MarketGames, load_market_games
from nfl_signals.workspace.run_context import RunContext
from nfl_signals.workspace.tables import load_features, load_markets

KEYS = {"features": ["game_id", "team_id"], "markets": ["game_id", "market"]}


def assemble(context: RunContext) -> dict[str, Any]:
    """Write `models/ensemble/<version>/` from the models just trained.

    The folder is complete: it can be copied anywhere and loaded there. A version that is there already
    is never overwritten by other files: they get the next name of their week.

    Returns:
        Its card.
    """
    market_games = load_market_games(context, "moneyline")
    version = market_games.version()
    shelf = context.paths.ensemble(version).parent
    staged = shelf / f".{version}.staged"
    with only_retraining(context):
        _copy_parts(context, version, staged)
        write_json(staged / ENSEMBLE_FILE, {"learners": list(context.settings.training.learners)})
        with threadpool_limits(limits=1):  # sums in another order would change the last bits
            scores = fit_scores(settled_games(load_markets(context)))
        write_json(staged / SCORES_FILE, scores.to_json())
        return store_version(
            staged,
            shelf,
            version,
            describe=lambda name: _describe(context, market_games, staged, name),
        )


def _describe(
    context: RunContext, market_games: MarketGames, folder: Path, name: str
) -> dict[str, Any]:
    return write_card(
        folder,
        markets=list(MARKETS.values()),
        version=name,
        window=market_games.window(np.flatnonzero(market_games.played)),
        seed=context.settings.seed,
        extra={
            "learners": list(context.settings.training.learners),
            "data": _data_hashes(context, market_games),
            **_stacks(context, market_games.version()),
        },
    )


def _stacks(context: RunContext, version: str) -> dict[str, Any]:
    """How each market's voices were calibrated, and their walk-forward scores."""
    cards = {name: read_card(context.paths.stacker(name, version)) for name in MARKETS}
    return {
        "calibration": {
            name: {
                voice: each["calibration"]["fitted"]
                for voice, each in card["voices"].items()
                if each
            }
            for name, card in cards.items()
        },
        "held_out": {name: card["held_out"] for name, card in cards.items()},
    }


def _data_hashes(context: RunContext, market_games: MarketGames) -> dict[str, str]:
    """SHA-256 of the gold rows that could teach: those of played games, whatever files hold them.

    Lines of games to come move daily and teach nothing, so they must not make another card.
    """
    games = market_games.matrix.games.filter(pl.Series(market_games.played)).select("game_id")
    tables = {"features": load_features(context), "markets": load_markets(context)}
    taught = {name: rows.join(games, on="game_id", how="semi") for name, rows in tables.items()}
    return {name: content_hash(rows.sort(KEYS[name])) for name, rows in taught.items()}


def _copy_parts(context: RunContext, version: str, folder: Path) -> None:
    """Learners and stacks of a version; what a killed run left behind goes."""
    shutil.rmtree(folder, ignore_errors=True)
    for market in MARKETS:
        shutil.copytree(context.paths.stacker(market, version), folder / "stacker" / market)
        for learner in context.settings.training.learners:
            source = context.paths.baseline(market, learner, version)
            shutil.copytree(source, folder / "baseline" / market / learner)
