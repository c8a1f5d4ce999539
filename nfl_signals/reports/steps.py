"""Load what a report is made from, compute its numbers, store text, numbers and charts."""

from functools import partial
from pathlib import Path
from typing import Any

from nfl_signals.features.version import feature_version
from nfl_signals.learners.baseline import Baseline
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.registry.model_version import latest_version
from nfl_signals.reports.ablation.contributions import feature_contributions
from nfl_signals.reports.ablation.numbers import ablation_numbers
from nfl_signals.reports.ablation.variants import ablation_table, blended_variants, forecasters
from nfl_signals.reports.baseline.numbers import baseline_numbers
from nfl_signals.reports.data_dictionary import write_data_dictionary
from nfl_signals.reports.shared.report import write_report
from nfl_signals.training.baselines import importance_table
from nfl_signals.training.stacks import stack_rows
from nfl_signals.training.weight_advice import weight_adviser
from nfl_signals.workspace.market_games import load_market_games
from nfl_signals.workspace.run_context import RunContext

Json = dict[str, Any]


def report_baselines(context: RunContext) -> Path:
    """Write `metrics_baseline` (Markdown, JSON, charts) and the data dictionary into `reports/`.

    Returns:
        `reports/metrics_baseline.md`.
    """
    numbers = baseline_numbers(
        oof=context.read(context.paths.oof),
        markets=context.markets,
        stacked=context.read(context.paths.stacked),
        importance=importance_table(context),
        seed=context.settings.seed,
    )
    write_report(context.paths.reports, "metrics_baseline", _origin(context) | numbers)
    write_data_dictionary(context.paths.reports, context.features)
    return context.paths.reports / "metrics_baseline.md"


def report_ablation(context: RunContext) -> Path:
    """Walk the stack forward with each part taken out, and write `ablation_stacker`.

    Returns:
        `reports/ablation_stacker.md`.

    Raises:
        InputError: a learner has no stored model.
        IntegrityError: the newest was fitted on other feature columns than today's.
    """
    settings, markets = context.settings, context.markets
    stacked = context.read(context.paths.stacked)
    blends = {
        name: blended_variants(
            settings,
            stack_rows(context, name, "walk_forward"),
            partial(weight_adviser, settings, context.paths.llm_responses, name),
        )
        for name in MARKETS
    }
    numbers = ablation_numbers(
        table=ablation_table(settings, stacked=stacked, markets=markets, blends=blends),
        wanted=forecasters(settings),
        learners=settings.training.learners,
        stacked=stacked,
        markets=markets,
        contributions={name: learner_contributions(context, name) for name in MARKETS},
        seed=settings.seed,
    )
    write_report(context.paths.reports, "ablation_stacker", _origin(context) | numbers)
    return context.paths.reports / "ablation_stacker.md"


def learner_contributions(context: RunContext, name: MarketName) -> list[Json]:
    """`feature_contributions` of the newest model of every learner that can be decomposed.

    Raises:
        InputError: a learner has no stored model.
        IntegrityError: the newest was fitted on other feature columns than today's.
    """
    games, found = load_market_games(context, name), []
    for learner in context.settings.training.learners:
        version = latest_version(context.paths.baseline(name, learner, "newest").parent)
        folder = context.paths.baseline(name, learner, version)
        baseline = Baseline.load(folder, games.matrix.names)
        found.append(feature_contributions(games, baseline, version))
    return [row for row in found if row is not None]


def _origin(context: RunContext) -> Json:
    return {
        "source": context.settings.source,
        "feature_version": feature_version(),
        "seed": context.settings.seed,
    }
