"""Fit base models, out-of-fold predictions, stacks and calibrators; write models and their cards."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from filelock import FileLock, Timeout
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from nfl_signals import scores
from nfl_signals.baselines import LEARNERS, Baseline, fit_baseline
from nfl_signals.boundary import validate
from nfl_signals.calibration import PlattCalibrator, fit_platt
from nfl_signals.cards import read_card, write_card
from nfl_signals.errors import StorageError
from nfl_signals.folds import Fold, purged_kfold, walk_forward
from nfl_signals.markets import MARKETS, MarketName
from nfl_signals.oof import OofTask, Predictor, out_of_fold
from nfl_signals.pipeline.questions import Question, ask
from nfl_signals.pipeline.tables import load_markets
from nfl_signals.pipeline.world import World
from nfl_signals.progress import steps
from nfl_signals.replay import replay_blend, replay_calibration, scored, stack_inputs
from nfl_signals.schemas import OOF, stacked_schema
from nfl_signals.stacker import MARKET, Stack, fit_stack
from nfl_signals.storage import read_parquet, write_parquet

LEARNER_NAMES = list(LEARNERS)
STACK_INPUTS = [MARKET, *LEARNER_NAMES]
STACKED_COLUMNS = list(stacked_schema(LEARNER_NAMES).columns)


@contextmanager
def only_retraining(world: World) -> Iterator[None]:
    """One process writes models at a time, whoever started it.

    Raises:
        StorageError: another retraining is running.
    """
    world.paths.retraining_lock.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(world.paths.retraining_lock, timeout=world.settings.training.lock_seconds)
    try:
        with lock:
            yield
    except Timeout:
        raise StorageError(
            f"{world.paths.retraining_lock}: another retraining is running; wait for it to finish."
        ) from None


def train_baselines(world: World, name: MarketName) -> dict[str, dict[str, Any]]:
    """Fit every learner of one market on all played games and store it with its card.

    Returns:
        Cards by learner.
    """
    question = ask(world, name)
    rows = np.flatnonzero(question.played)
    version = question.version()
    cards = {}
    with only_retraining(world), threadpool_limits(limits=1):
        for learner in steps(LEARNER_NAMES, f"{name} learners fitted"):
            baseline = _fit(world, question, learner, rows)
            folder = world.paths.baseline(name, learner, version)
            baseline.save(folder)
            cards[learner] = write_card(
                folder,
                market=question.market,
                version=version,
                window=question.window(rows),
                seed=world.settings.seed,
                extra={"learner": learner, "importance": _importance(baseline)},
            )
    return cards


def predict_out_of_fold(world: World) -> pl.DataFrame:
    """Predict every game of every market out of fold, under both schemes, and store the table."""
    questions = [ask(world, name) for name in MARKETS]
    tasks = [task for question in questions for task in _tasks(world, question)]
    games = questions[0].matrix.games["game_id"]
    table = out_of_fold(tasks, games, threads=world.settings.threads)
    write_parquet(world.paths.oof, validate(table, OOF, "oof_predictions"))
    return table


def train_stack(world: World, name: MarketName) -> dict[str, Any]:
    """Fit one market's stack and calibrator; replay both walk-forward; store all.

    The stored stack is fitted on purged K-fold forecasts of every settled game, its calibrator on
    the walk-forward stack's forecasts. Every figure on its card comes from the walk-forward replay.

    Returns:
        The card.
    """
    oof, markets = read_parquet(world.paths.oof), load_markets(world)
    inputs = partial(stack_inputs, oof, markets, market=name, learners=LEARNER_NAMES)
    training = world.settings.training
    blended = replay_blend(
        inputs(scheme="walk_forward"),
        inputs=STACK_INPUTS,
        fit_blend=_fit_blend,
        min_seasons=training.min_stack_seasons,
    )
    replayed = replay_calibration(
        blended, fit_calibrator=fit_platt, min_seasons=training.min_calibration_seasons
    )
    complete = inputs(scheme="purged_kfold")
    stack = _fit_blend(*scored(complete, [f"p_{item}" for item in STACK_INPUTS]))
    raw, outcome = scored(blended, ["p_raw"])
    calibrator = fit_platt(raw[:, 0], outcome)
    with only_retraining(world):
        write_parquet(world.paths.stacked_part(name), replayed.select(STACKED_COLUMNS))
        return _store_stack(world, ask(world, name), stack, calibrator, replayed)


def collect_stacked(world: World) -> pl.DataFrame:
    """Put the three markets' walk-forward predictions together and store the table."""
    parts = [read_parquet(world.paths.stacked_part(name)) for name in MARKETS]
    table = pl.concat(parts).sort("season", "week", "kickoff_at", "game_id", "market")
    table = validate(table, stacked_schema(LEARNER_NAMES), "calibrated_predictions")
    write_parquet(world.paths.stacked, table)
    return table


def importance_table(world: World) -> pl.DataFrame:
    """Feature importance of the newest base models: `market, learner, feature, share`."""
    rows = []
    for name in MARKETS:
        version = ask(world, name).version()
        for learner in LEARNER_NAMES:
            card = read_card(world.paths.baseline(name, learner, version))
            rows += [
                {"market": name, "learner": learner, "feature": feature, "share": share}
                for feature, share in card["importance"].items()
            ]
    return pl.DataFrame(rows)


def _fit(world: World, question: Question, learner: str, rows: NDArray[np.int64]) -> Baseline:
    return fit_baseline(
        question.matrix,
        rows,
        question.points,
        market=question.market,
        learner=learner,
        seed=world.settings.seed,
    )


def _importance(baseline: Baseline) -> dict[str, float]:
    shares = baseline.learner.importance().tolist()
    return dict(zip(baseline.names, shares, strict=True))


def _tasks(world: World, question: Question) -> list[OofTask]:
    """Both schemes for every learner; K-fold predicts settled games, walk-forward all of them."""
    games, training = question.matrix.games, world.settings.training
    season = games["season"].to_numpy().astype(np.int64)
    week = games["week"].to_numpy().astype(np.int64)
    forward = walk_forward(season, min_train_seasons=training.min_learner_seasons)
    blocks = purged_kfold(
        season, week, n_folds=training.purged_folds, embargo_weeks=training.embargo_weeks
    )
    schemes: list[tuple[str, list[Fold], NDArray[np.bool_]]] = [
        ("walk_forward", forward, question.answerable),
        ("purged_kfold", blocks, question.answerable & question.played),
    ]

    def fit(learner: str, rows: NDArray[np.int64]) -> Predictor:
        baseline = _fit(world, question, learner, rows)
        return lambda test: baseline.predict(question.matrix.x[test], question.line[test])

    return [
        OofTask(
            market=question.market.name,
            learner=learner,
            scheme=scheme,
            folds=folds,
            trainable=question.played,
            eligible=eligible,
            fit=partial(fit, learner),
        )
        for scheme, folds, eligible in schemes
        for learner in LEARNER_NAMES
    ]


def _fit_blend(probabilities: NDArray[np.float64], y: NDArray[np.float64]) -> Stack:
    return fit_stack(probabilities, y, inputs=STACK_INPUTS)


def _store_stack(
    world: World,
    question: Question,
    stack: Stack,
    calibrator: PlattCalibrator,
    replayed: pl.DataFrame,
) -> dict[str, Any]:
    name, version = question.market.name, question.version()
    folder: Path = world.paths.stacker(name, version)
    stack.save(folder)
    calibrator.save(folder)
    bases = {
        learner: read_card(world.paths.baseline(name, learner, version))["model_hash"]
        for learner in LEARNER_NAMES
    }
    return write_card(
        folder,
        market=question.market,
        version=version,
        window=question.window(np.flatnonzero(question.played)),
        seed=world.settings.seed,
        extra={
            "base_models": bases,
            "calibration": {
                "method": "platt",
                "intercept": calibrator.intercept,
                "slope": calibrator.slope,
                "n_games": calibrator.n_games,
            },
            "held_out": _held_out(replayed),
        },
    )


def _held_out(replayed: pl.DataFrame) -> dict[str, Any]:
    """Walk-forward scores of calibrated stack and close on the same games; empty without any."""
    p, y = scored(replayed, ["p_hat", "p_market"])
    if not len(y):
        return {"n_games": 0}
    return {
        "n_games": len(y),
        "brier": scores.brier(p[:, 0], y),
        "log_loss": scores.log_loss(p[:, 0], y),
        "calibration_error": scores.debiased_calibration_error(p[:, 0], y),
        "brier_close": scores.brier(p[:, 1], y),
    }
