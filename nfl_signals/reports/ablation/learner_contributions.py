"""How far each feature moves each stored base learner, on the last season's games."""

import numpy as np
import polars as pl

from nfl_signals.learners.baseline import Baseline
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.registry.model_version import latest_version
from nfl_signals.workspace.market_games import MarketGames, load_market_games
from nfl_signals.workspace.run_context import RunContext

SCHEMA = {
    "market": pl.String,
    "learner": pl.String,
    "version": pl.String,
    "season": pl.Int64,
    "n": pl.Int64,
    "feature": pl.String,
    "mean_abs": pl.Float64,
}


def contribution_table(context: RunContext) -> pl.DataFrame:
    """Mean absolute contribution of every feature, by the learners' own decompositions.

    Returns:
        `market, learner, version, season, n, feature, mean_abs`: n games of the last stored season;
        logits for the moneyline, points for ats and total. A learner without a decomposition of its
        own has no rows.

    Raises:
        InputError: a learner has no stored model.
        IntegrityError: the newest was fitted on other feature columns than today's.
    """
    return pl.DataFrame([row for name in MARKETS for row in _market(context, name)], schema=SCHEMA)


def _market(context: RunContext, name: MarketName) -> list[dict[str, object]]:
    market_games = load_market_games(context, name)
    learners = context.settings.training.learners
    return [row for learner in learners for row in _learner(context, market_games, learner)]


def _learner(
    context: RunContext, market_games: MarketGames, learner: str
) -> list[dict[str, object]]:
    name, matrix = market_games.market.name, market_games.matrix
    version = latest_version(context.paths.baseline(name, learner, "newest").parent)
    baseline = Baseline.load(context.paths.baseline(name, learner, version), matrix.names)
    seasons = matrix.games["season"].to_numpy()
    last = np.flatnonzero(seasons == seasons.max())
    found = baseline.learner.contributions(matrix.inputs.take(last))
    if found is None:
        return []
    constant = {"market": name, "learner": learner, "version": version}
    games = {"season": int(seasons.max()), "n": len(last)}
    return [
        {**constant, **games, "feature": feature, "mean_abs": float(size)}
        for feature, size in zip(matrix.names, np.abs(found[0]).mean(axis=0), strict=True)
    ]
