"""Gather what a report shows and have it written."""

from pathlib import Path

from nfl_signals.feature_list import feature_version
from nfl_signals.pipeline.tables import load_markets
from nfl_signals.pipeline.training import importance_table
from nfl_signals.pipeline.world import World
from nfl_signals.reports.baseline import BaselineReportInputs, write_baseline_report
from nfl_signals.storage import read_parquet


def report_baselines(world: World) -> Path:
    """Write `reports/metrics_baseline.md`, its JSON and its charts; returns the Markdown file."""
    inputs = BaselineReportInputs(
        oof=read_parquet(world.paths.oof),
        markets=load_markets(world),
        stacked=read_parquet(world.paths.stacked),
        importance=importance_table(world),
        source_name=world.settings.source,
        feature_version=feature_version(),
        seed=world.settings.seed,
    )
    write_baseline_report(world.paths.reports, inputs)
    return world.paths.reports / "metrics_baseline.md"
