"""Fit the base learners and predict out of fold; write models and their cards."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from nfl_signals.core.files import write_parquet
from nfl_signals.core.locks import exclusive
from nfl_signals.core.progress import steps
from nfl_signals.core.settings import Settings
from nfl_signals.core.validation import validate
from nfl_signals.learners.baseline import Baseline, fit_baseline, require
from nfl_signals.markets.definitions import MARKETS, MarketName, can_push
from nfl_signals.registry.model_card import read_card, write_card
from nfl_signals.stacking.oof import Forecasts, OofTask, Predictor, check_fold, out_of_fold
from nfl_signals.stacking.schemas import OOF
from nfl_signals.stacking.splits import Fold, purged_kfold, walk_forward
from nfl_signals.stats.arrays import Bools, Ints
from nfl_signals.training.enough_seasons import require_enough_seasons
from nfl_signals.workspace.market_games import MarketGames, load_market_games
from nfl_signals.workspace.run_context import RunContext


def only_retraining(context: RunContext) -> AbstractContextManager[None]:
    """One process writes models at a time, whoever started it; StorageError: another is running."""
    return exclusive(
        context.paths.retraining_lock,
        busy="another retraining is running; wait for it to finish.",
        seconds=context.settings.training.lock_seconds,
    )


def train_baselines(context: RunContext, name: MarketName) -> dict[str, dict[str, Any]]:
    """Fit every learner of one market on all played games, store it; its card by learner.

    Raises:
        InputError: too little has been played at known prices; a learner lacks its package.
        StorageError: another retraining is running.
    """
    training, seed = context.settings.training, context.settings.seed
    require(training.learners, training.device)
    require_enough_seasons(context)
    market_games = load_market_games(context, name)
    version, rows = market_games.version(), np.flatnonzero(market_games.played)
    cards: dict[str, dict[str, Any]] = {}
    with (
        only_retraining(context),
        threadpool_limits(limits=1),
        ThreadPoolExecutor(context.settings.threads) as pool,
    ):
        fit = partial(_fit, market_games, context.settings, rows=rows)
        fitted = pool.map(fit, training.learners)
        names = steps(list(training.learners), f"{name} learners fitted")
        for learner, baseline in zip(names, fitted, strict=True):
            folder = context.paths.baseline(name, learner, version)
            baseline.save(folder)
            cards[learner] = write_card(
                folder,
                markets=[market_games.market],
                version=version,
                horizon=context.settings.horizon,
                window=market_games.window(rows),
                seed=seed,
                extra={
                    "learner": learner,
                    "calibrator": baseline.calibrator.to_json(),
                    "importance": baseline.learner.importance(),
                },
            )
    return cards


def predict_out_of_fold(context: RunContext) -> pl.DataFrame:
    """Predict every game of every market out of fold, under both schemes, and store the table.

    The gold tables are kept beside it: they go on changing, and checks of models need the training's.
    """
    require(context.settings.training.learners, context.settings.training.device)
    require_enough_seasons(context)
    tasks, games = _tasks(context)
    table = out_of_fold(tasks, games, threads=context.settings.threads)
    write_parquet(context.paths.oof, validate(table, OOF, "oof_predictions"))
    write_parquet(context.paths.trained_on.features, context.features)
    write_parquet(context.paths.trained_on.markets, context.gold_markets)
    return table


def refit_folds(context: RunContext) -> int:
    """Fit one fold of every market, learner and scheme again and compare with what is stored.

    The fold is drawn by the run's seed and the last season, so it differs from season to season.
    IntegrityError: a stored forecast is not one of a model that never saw the game.
    """
    stored = context.read(context.paths.oof)
    random = np.random.default_rng([context.settings.seed, context.seasons[-1]])
    tasks, games = _tasks(context)
    with threadpool_limits(limits=1):
        for task in steps([task for task in tasks if task.folds], "folds fitted again"):
            drawn = int(random.integers(len(task.folds)))
            check_fold(task, task.folds[drawn], stored, games)
    return len(tasks)


def importance_table(context: RunContext) -> pl.DataFrame:
    """Importance in the newest base models: `market, learner, feature, share`.

    A feature is a column of the game matrix, or whatever else the learner reads.
    """
    rows = []
    for name in MARKETS:
        version = load_market_games(context, name).version()
        for learner in context.settings.training.learners:
            card = read_card(context.paths.baseline(name, learner, version))
            rows += [
                {"market": name, "learner": learner, "feature": feature, "share": share}
                for feature, share in card["importance"].items()
            ]
    return pl.DataFrame(rows)


def _tasks(context: RunContext) -> tuple[list[OofTask], pl.Series]:
    """What is predicted out of fold in every market, and the game of each row."""
    all_games = [load_market_games(context, name) for name in MARKETS]
    tasks = [task for each in all_games for task in oof_tasks(each, context.settings)]
    return tasks, all_games[0].matrix.games["game_id"]


def oof_tasks(market_games: MarketGames, settings: Settings) -> list[OofTask]:
    """Both schemes for every learner; K-fold predicts settled games, walk-forward all of them."""
    games, training = market_games.matrix.games, settings.training
    season, week = (games[name].to_numpy().astype(np.int64) for name in ("season", "week"))
    forward = walk_forward(season, min_train_seasons=training.min_learner_seasons)
    blocks = purged_kfold(
        season, week, n_folds=training.purged_folds, embargo_weeks=training.embargo_weeks
    )
    schemes: list[tuple[str, list[Fold], Bools]] = [
        ("walk_forward", forward, market_games.has_line),
        ("purged_kfold", blocks, market_games.has_line & market_games.played),
    ]

    pushes = market_games.table.select(can_push().fill_null(value=False)).to_series().to_numpy()

    def fit(learner: str, rows: Ints) -> Predictor:
        baseline = _fit(market_games, settings, learner, rows)

        def predict(test: Ints) -> Forecasts:
            inputs = market_games.matrix.inputs.take(test)
            p_raw, p_push = baseline.predict_raw(inputs, market_games.line[test])
            p_push = np.where(pushes[test], p_push, 0.0)
            return Forecasts(p_hat=baseline.calibrated(p_raw), p_raw=p_raw, p_push=p_push)

        return predict

    return [
        OofTask(
            market=market_games.market.name,
            learner=learner,
            scheme=scheme,
            folds=folds,
            trainable=market_games.played,
            eligible=eligible,
            fit=partial(fit, learner),
        )
        for scheme, folds, eligible in schemes
        for learner in training.learners
    ]


def _fit(market_games: MarketGames, settings: Settings, learner: str, rows: Ints) -> Baseline:
    return fit_baseline(
        market_games.matrix,
        rows,
        market_games.points,
        market_games.line,
        market=market_games.market,
        learner=learner,
        seed=settings.seed,
        device=settings.training.device,
    )
