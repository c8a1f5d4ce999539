"""Seven seasons of three weeks: the fewest games that a pipeline can be trained on."""

import shutil
from pathlib import Path

import polars as pl

from nfl_signals.markets.definitions import MARKETS
from nfl_signals.predictions.champion import seat_first
from nfl_signals.training.baselines import predict_out_of_fold, train_baselines
from nfl_signals.training.ensembles import assemble
from nfl_signals.training.stacks import collect_stacked, train_stack
from nfl_signals.workspace.run_context import World, open_world
from nfl_signals_tests.support.worlds import copy_world, drop_rows, rewrite, settings_of

LEAST = {
    "min_learner_seasons": 1,
    "min_stack_seasons": 1,
    "min_calibration_seasons": 1,
    "purged_folds": 2,
    "lock_seconds": 0.0,
}
WEEKS = 3


def open_small(home: Path, **training: object) -> World:
    """A copy made by `untrained`, opened again; `training` changes its section."""
    return open_world(settings_of(home, training=LEAST | training))


def untrained(finished: Path, home: Path) -> World:
    """The finished home cut to three weeks a season, without any model."""
    world = copy_world(finished, home, training=LEAST)
    for folder in (world.paths.features, world.paths.markets):
        for file in folder.glob("*.parquet"):
            drop_rows(file, pl.col("week") > WEEKS)
    shutil.rmtree(home / "models")
    return world


def train_learners(world: World) -> pl.DataFrame:
    """Base models of every market, and their forecasts out of fold, which are returned."""
    for name in MARKETS:
        train_baselines(world, name)
    return predict_out_of_fold(world)


def train(world: World) -> pl.DataFrame:
    """Everything that `run` trains, put together; returns the stacked table."""
    train_learners(world)
    for name in MARKETS:
        train_stack(world, name)
    stacked = collect_stacked(world)
    seat_first(world, str(assemble(world)["model_version"]))
    return stacked


def flip_outcomes(world: World, first_season: int) -> None:
    """Whoever covered did not: points mirrored at the line, in this season and later ones."""
    for file in world.paths.markets.glob("*.parquet"):
        if int(file.stem) >= first_season:
            swapped = pl.col("outcome").replace({"yes": "no", "no": "yes"})
            rewrite(file, (2 * pl.col("line") - pl.col("points")).alias("points"), swapped)
