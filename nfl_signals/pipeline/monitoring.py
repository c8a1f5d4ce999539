"""Grade the ledger, measure calibration, judge drift."""

import polars as pl

from nfl_signals import ledger
from nfl_signals.history import RESULT_DELAY
from nfl_signals.monitors import DriftVerdict, calibration_metrics, drift, reliability_table
from nfl_signals.pipeline.tables import load_markets
from nfl_signals.pipeline.world import World
from nfl_signals.storage import read_parquet, write_json, write_parquet


def graded_ledger(world: World) -> pl.DataFrame:
    """Ledger rows with outcomes known at the run's `as_of`, one per voice and game."""
    known = pl.col("kickoff_at") + RESULT_DELAY <= world.as_of
    points = load_markets(world).select("game_id", "market", pl.when(known).then("points"))
    wide = points.pivot(on="market", index="game_id", values="points")
    outcomes = wide.select("game_id", pl.col("moneyline").alias("result"), "total")
    return ledger.latest_before_kickoff(ledger.grade(ledger.read(world.paths.ledger), outcomes))


def update_metrics(world: World) -> pl.DataFrame:
    """Recompute rolling calibration from the ledger; store metrics, reliability and flags."""
    graded = graded_ledger(world)
    weeks = world.settings.monitor.window_weeks
    metrics = calibration_metrics(graded, window_weeks=weeks, seed=world.settings.seed)
    write_parquet(world.paths.calibration, metrics)
    write_parquet(world.paths.reliability, reliability_table(graded, window_weeks=weeks))
    flags = {item.market: "drift" if item.drifting else "ok" for item in judge(world)}
    write_json(world.paths.period_flags, flags)
    return metrics


def judge(world: World) -> list[DriftVerdict]:
    """One verdict per market on the voice that counts: production once it can be judged.

    Until a production series has a window of its own, the walk-forward replay stands in for it.
    """
    verdicts = drift(read_parquet(world.paths.calibration), world.settings.monitor)
    chosen: dict[str, DriftVerdict] = {}
    for verdict in sorted(verdicts, key=lambda item: item.book == "production"):
        chosen[verdict.market] = verdict
    return list(chosen.values())
