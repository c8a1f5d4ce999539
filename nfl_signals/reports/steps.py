"""Gather what a report shows and have it written."""

from pathlib import Path

from nfl_signals.features.version import feature_version
from nfl_signals.reports.ablation.learner_contributions import contribution_table
from nfl_signals.reports.ablation.numbers import AblationInputs
from nfl_signals.reports.ablation.report import write_ablation_report
from nfl_signals.reports.ablation.variants import ablation_table, forecasters
from nfl_signals.reports.baseline.report import BaselineReportInputs, write_baseline_report
from nfl_signals.reports.data_dictionary import write_data_dictionary
from nfl_signals.training.baselines import importance_table
from nfl_signals.workspace.run_context import RunContext


def report_baselines(context: RunContext) -> Path:
    """Write `metrics_baseline` (Markdown, JSON, charts) and the data dictionary into `reports/`.

    Returns:
        `reports/metrics_baseline.md`.
    """
    inputs = BaselineReportInputs(
        oof=context.read(context.paths.oof),
        markets=context.markets,
        stacked=context.read(context.paths.stacked),
        importance=importance_table(context),
        source_name=context.settings.source,
        feature_version=feature_version(),
        seed=context.settings.seed,
    )
    write_baseline_report(context.paths.reports, inputs)
    write_data_dictionary(context.paths.reports, context.features)
    return context.paths.reports / "metrics_baseline.md"


def report_ablation(context: RunContext) -> Path:
    """Replay the stack with each part taken out, and write `ablation_stacker` into `reports/`.

    Returns:
        `reports/ablation_stacker.md`.

    Raises:
        InputError: a learner has no stored model.
        IntegrityError: the newest was fitted on other feature columns than today's.
    """
    inputs = AblationInputs(
        table=ablation_table(context),
        wanted=forecasters(context.settings),
        learners=context.settings.training.learners,
        stacked=context.read(context.paths.stacked),
        markets=context.markets,
        movers=contribution_table(context),
        source_name=context.settings.source,
        feature_version=feature_version(),
        seed=context.settings.seed,
    )
    write_ablation_report(context.paths.reports, inputs)
    return context.paths.reports / "ablation_stacker.md"
