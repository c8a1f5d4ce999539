"""Seven seasons of three weeks: the fewest games that a pipeline can be trained on."""

import shutil
from pathlib import Path

import polars as pl

from nfl_signals.markets.decision_time import Horizon
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.predictions.champion import promote_first
from nfl_signals.training.baselines import predict_out_of_fold, train_baselines
from nfl_signals.training.ensembles import assemble
from nfl_signals.training.stacks import collect_stacked, train_stack
from nfl_signals.workspace.run_context import RunContext, open_run
from nfl_signals_tests.support.run_contexts import copy_context, drop_rows, rewrite, settings_of

LEAST = {
    "min_learner_seasons": 1,
    "min_stack_seasons": 1,
    "min_calibration_seasons": 1,
    "purged_folds": 2,
    "lock_seconds": 0.0,
}
WEEKS = 3


def open_small(home: Path, *, horizon: Horizon = "tuesday", **training: object) -> RunContext:
    """A copy made by `untrained`, opened again; `training` changes its section."""
    return open_run(settings_of(home, horizon=horizon, training=LEAST | training))


def untrained(finished: Path, home: Path, *, horizon: Horizon = "tuesday") -> RunContext:
    """The finished home cut to three weeks a season, without any model."""
    context = copy_context(finished, home, horizon=horizon, training=LEAST)
    for folder in (context.paths.features, context.paths.markets):
        for file in folder.glob("*.parquet"):
            drop_rows(file, pl.col("week") > WEEKS)
    shutil.rmtree(home / "models")
    return context


def train_learners(context: RunContext) -> pl.DataFrame:
    """Base models of every market, and their forecasts out of fold, which are returned."""
    for name in MARKETS:
        train_baselines(context, name)
    return predict_out_of_fold(context)


def train(context: RunContext) -> pl.DataFrame:
    """Everything that `run` trains, put together; returns the stacked table."""
    train_learners(context)
    for name in MARKETS:
        train_stack(context, name)
    stacked = collect_stacked(context)
    promote_first(context, str(assemble(context)["model_version"]))
    return stacked


def flip_outcomes(context: RunContext, first_season: int) -> None:
    """Whoever covered did not: points mirrored at the line, in this season and later ones."""
    for file in context.paths.markets.glob("*.parquet"):
        if int(file.stem) >= first_season:
            swapped = pl.col("outcome").replace({"yes": "no", "no": "yes"})
            rewrite(file, (2 * pl.col("line") - pl.col("points")).alias("points"), swapped)
