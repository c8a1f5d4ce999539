"""Gather what a report shows and have it written."""

from pathlib import Path

from nfl_signals.feature_version import feature_version
from nfl_signals.pipeline.tables import load_features, load_markets
from nfl_signals.pipeline.training import importance_table
from nfl_signals.pipeline.world import World
from nfl_signals.reports.baseline import BaselineReportInputs, write_baseline_report
from nfl_signals.reports.dictionary import write_data_dictionary
from nfl_signals.storage import read_parquet


def report_baselines(world: World) -> Path:
    """Write `metrics_baseline` (Markdown, JSON, charts) and the data dictionary into `reports/`.

    Returns:
        `reports/metrics_baseline.md`.
    """
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
    write_data_dictionary(world.paths.reports, load_features(world))
    return world.paths.reports / "metrics_baseline.md"
