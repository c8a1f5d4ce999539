"""Grade the ledger, measure calibration, judge drift.

What is stored is also what makes the next update cheap: windows whose games have not changed are
taken from it. It never decides a number, so a file that is missing, unreadable or of another
version costs a full computation and nothing else, wherever an earlier update was killed.
"""

import polars as pl

from nfl_signals import ledger
from nfl_signals.closing_line import with_closing_line_value
from nfl_signals.errors import InputError
from nfl_signals.history import RESULT_DELAY
from nfl_signals.monitors import (
    METRICS_SCHEMA,
    DriftVerdict,
    calibration_metrics,
    drift,
    reliability_table,
)
from nfl_signals.pipeline.tables import load_markets
from nfl_signals.pipeline.world import World
from nfl_signals.storage import read_parquet, write_json, write_parquet


def graded_ledger(world: World) -> pl.DataFrame:
    """Ledger rows with outcomes and closes known at the run's `as_of`, one per voice and game."""
    known = pl.col("kickoff_at") + RESULT_DELAY <= world.as_of
    markets = load_markets(world)
    points = markets.select("game_id", "market", pl.when(known).then("points"))
    wide = points.pivot(on="market", index="game_id", values="points")
    outcomes = wide.select("game_id", pl.col("moneyline").alias("result"), "total")
    graded = ledger.latest_before_kickoff(ledger.grade(ledger.read(world.paths.ledger), outcomes))
    return with_closing_line_value(graded, markets.filter(known))


def read_metrics(world: World) -> pl.DataFrame:
    """Stored rows of `calibration_metrics`.

    Raises:
        InputError: there are none yet, or they were measured by another version.
    """
    metrics = read_parquet(world.paths.calibration)
    if metrics.schema != METRICS_SCHEMA:
        raise InputError(
            f"{world.paths.calibration}: written by another version; materialize "
            "calibration_metrics again."
        )
    return metrics


def update_metrics(world: World) -> pl.DataFrame:
    """Rolling calibration of the ledger as it is now; stores metrics, reliability and flags."""
    graded, seed = graded_ledger(world), world.settings.seed
    weeks = world.settings.monitor.window_weeks
    try:
        stored = read_metrics(world)
    except InputError:
        stored = None
    metrics = calibration_metrics(graded, window_weeks=weeks, seed=seed, stored=stored)
    write_parquet(world.paths.calibration, metrics)
    curves = reliability_table(graded, window_weeks=weeks, seed=seed)
    write_parquet(world.paths.reliability, curves)
    flags = {item.market: "drift" if item.drifting else "ok" for item in judge(world)}
    write_json(world.paths.period_flags, flags)
    return metrics


def judge(world: World) -> list[DriftVerdict]:
    """One verdict per market on the voice that counts: production once it can be judged.

    Until a production series has a window of its own, the walk-forward replay stands in for it.

    Raises:
        InputError: no metrics are stored, or none over the window that the settings ask for.
    """
    metrics, window = read_metrics(world), f"{world.settings.monitor.window_weeks}w"
    if metrics.height and window not in metrics["window"]:
        raise InputError(
            f"{world.paths.calibration}: no window of {window}, which monitor.window_weeks asks "
            "for; materialize calibration_metrics again."
        )
    verdicts = drift(metrics, world.settings.monitor)
    chosen: dict[str, DriftVerdict] = {}
    for verdict in sorted(verdicts, key=lambda item: item.book == "production"):
        chosen[verdict.market] = verdict
    return list(chosen.values())
