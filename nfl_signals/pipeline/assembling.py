"""Put a version's learners, stacks and score distribution into one folder with one card."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from nfl_signals.cards import write_card
from nfl_signals.markets import MARKETS
from nfl_signals.pipeline.agreeing import fit_scores, settled_games
from nfl_signals.pipeline.ensemble import ENSEMBLE_FILE, SCORES_FILE
from nfl_signals.pipeline.learning import only_retraining
from nfl_signals.pipeline.questions import ask
from nfl_signals.pipeline.tables import load_markets
from nfl_signals.pipeline.world import World
from nfl_signals.storage import write_json


def assemble(world: World) -> dict[str, Any]:
    """Write `models/ensemble/<version>/` from the models just trained.

    The folder is complete: it can be copied anywhere and loaded there.

    Returns:
        Its card.
    """
    question = ask(world, "moneyline")
    version = question.version()
    folder = world.paths.ensemble(version)
    with only_retraining(world):
        _copy_parts(world, version, folder)
        write_json(folder / ENSEMBLE_FILE, {"learners": list(world.settings.training.learners)})
        with threadpool_limits(limits=1):  # sums in another order would change the last bits
            scores = fit_scores(settled_games(load_markets(world)))
        write_json(folder / SCORES_FILE, scores.to_json())
        return write_card(
            folder,
            markets=list(MARKETS.values()),
            version=version,
            window=question.window(np.flatnonzero(question.played)),
            seed=world.settings.seed,
            extra={"learners": list(world.settings.training.learners)},
        )


def _copy_parts(world: World, version: str, folder: Path) -> None:
    """Learners and stacks of a version; a version trained again leaves nothing of its old self."""
    shutil.rmtree(folder, ignore_errors=True)
    for market in MARKETS:
        shutil.copytree(world.paths.stacker(market, version), folder / "stacker" / market)
        for learner in world.settings.training.learners:
            source = world.paths.baseline(market, learner, version)
            shutil.copytree(source, folder / "baseline" / market / learner)
