"""Steps of the reports: load what one is made from, compute its numbers, store text and charts.

Each raises InputError where a stage that it reads has not run.
"""

import logging
from functools import partial
from pathlib import Path

import polars as pl

from nfl_signals.alerts.backtest import alarm_backtest
from nfl_signals.alerts.episodes import ALERTS_SCHEMA
from nfl_signals.core.errors import InputError
from nfl_signals.core.files import Json
from nfl_signals.features.version import feature_version
from nfl_signals.learners.baseline import Baseline
from nfl_signals.markets.decision_time import meaning
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.monitoring.steps import graded_ledger, read_metrics
from nfl_signals.monitoring.weekly_evidence import EVIDENCE_SCHEMA
from nfl_signals.predictions.notices import notices
from nfl_signals.predictions.upcoming import best_priced, sealed_upcoming
from nfl_signals.registry.model_version import latest_version
from nfl_signals.reports.ablation.contributions import feature_contributions
from nfl_signals.reports.ablation.numbers import ablation_numbers
from nfl_signals.reports.ablation.variants import ablation_table, blended_variants, forecasters
from nfl_signals.reports.backtest.numbers import backtest_numbers
from nfl_signals.reports.baseline.numbers import baseline_numbers
from nfl_signals.reports.dashboard.page import write_dashboard
from nfl_signals.reports.data_dictionary import write_data_dictionary
from nfl_signals.reports.shared.report import write_report
from nfl_signals.reports.weekly.inputs import WeeklyInputs
from nfl_signals.reports.weekly.numbers import newest_week
from nfl_signals.reports.weekly.report import write_weekly_report
from nfl_signals.training.baselines import importance_table
from nfl_signals.training.stacks import stack_rows
from nfl_signals.training.weight_advice import weight_adviser
from nfl_signals.workspace.market_games import load_market_games
from nfl_signals.workspace.run_context import RunContext

_log = logging.getLogger(__name__)


def baseline_figures(context: RunContext, *, seed: int) -> Json:
    """Every number of the report `metrics_baseline`; `seed` is of its intervals."""
    context = context.as_trained
    return baseline_numbers(
        oof=context.read(context.paths.oof),
        markets=context.markets,
        stacked=context.read(context.paths.stacked),
        importance=importance_table(context),
        seed=seed,
    )


def backtest_figures(context: RunContext, *, seed: int) -> Json:
    """Every number of the report `backtest`; `seed` is of its intervals."""
    context = context.as_trained
    return backtest_numbers(
        stacked=context.read(context.paths.stacked),
        markets=context.markets,
        closing=None if context.settings.horizon == "kickoff" else context.closing,
        seed=seed,
    )


def report_baselines(context: RunContext) -> Path:
    """Write `metrics_baseline` (its Markdown is returned) and the data dictionary."""
    numbers = baseline_figures(context, seed=context.settings.seed)
    path = _write(context, "metrics_baseline", numbers)
    write_data_dictionary(context.paths.reports, context.features, context.settings.horizon)
    scored = [len(part["same_games"]) for part in numbers["markets"]]
    found = (sum(scored), len(scored), len(numbers["too_good"]))
    _log.info("baseline report: %d score cards of %d markets, %d too good to believe", *found)
    return path


def report_backtest(context: RunContext) -> Path:
    """Write `backtest`: the walk-forward stack at decision time, its bets, and the close after it."""
    numbers = backtest_figures(context, seed=context.settings.seed)
    path = _write(context, "backtest", numbers)
    placed = [part["overall"]["bets"]["n"] for part in numbers["markets"]]
    _log.info(
        "backtest: %d bets in %d markets, %d figures too good to believe",
        sum(placed),
        len(placed),
        len(numbers["too_good"]),
    )
    return path


def report_ablation(context: RunContext) -> Path:
    """Walk the stack forward with each part taken out, and write `ablation_stacker`.

    Raises:
        InputError: a learner has no stored model.
        IntegrityError: the newest was fitted on other feature columns than today's.
    """
    context = context.as_trained
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
    table = ablation_table(settings, stacked=stacked, markets=markets, blends=blends)
    wanted = forecasters(settings)
    numbers = ablation_numbers(
        table=table,
        wanted=wanted,
        learners=settings.training.learners,
        stacked=stacked,
        markets=markets,
        contributions={name: learner_contributions(context, name) for name in MARKETS},
        seed=settings.seed,
    )
    path = _write(context, "ablation_stacker", numbers)
    _log.info("ablation report: %d forecasters, %d forecasts scored", len(wanted), table.height)
    return path


def report_week(context: RunContext) -> Path:
    """Write `reports/weekly/{season}-w{week}.md`, its JSON and its charts."""
    inputs = weekly_inputs(context)
    season, week = newest_week(inputs)
    path = context.paths.weekly_report(season, week)
    write_weekly_report(path, inputs)
    found = (len(MARKETS), inputs.alerts.filter(state="open").height)
    _log.info("weekly report of %d week %d: %d markets, %d alerts open", season, week, *found)
    return path


def report_dashboard(context: RunContext) -> Path:
    """Write `reports/dashboard.html`, one file that opens without a network."""
    inputs = weekly_inputs(context)
    path = write_dashboard(context.paths.dashboard, inputs)
    _log.info("dashboard: %d bytes, %d alerts", path.stat().st_size, inputs.alerts.height)
    return path


def learner_contributions(context: RunContext, name: MarketName) -> list[Json]:
    """`feature_contributions` of the newest model of every learner that can be decomposed."""
    games, found = load_market_games(context, name), []
    for learner in context.settings.training.learners:
        version = latest_version(context.paths.baseline(name, learner, "newest").parent)
        folder = context.paths.baseline(name, learner, version)
        baseline = Baseline.load(folder, games.matrix.names)
        found.append(feature_contributions(games, baseline, version))
    return [row for row in found if row is not None]


def weekly_inputs(context: RunContext) -> WeeklyInputs:
    """The stored tables as they are now; those of another version are refused."""
    paths, monitor, graded = context.paths, context.settings.monitor, graded_ledger(context)
    upcoming = best_priced(context, sealed_upcoming(context))
    return WeeklyInputs(
        evidence=_stored(context, paths.weekly_evidence, EVIDENCE_SCHEMA),
        alerts=_stored(context, paths.alerts, ALERTS_SCHEMA),
        metrics=read_metrics(context),
        curves=context.read(paths.reliability),
        graded=graded,
        upcoming=upcoming,
        missing=tuple(notices(context.markets, upcoming, context.moment)),
        monitor=monitor,
        moment=context.moment,
        source_name=context.settings.source,
        horizon=context.settings.horizon,
        quality=context.quality,
        alarm_backtest=context.derive(alarm_backtest, graded, monitor),
    )


def _stored(context: RunContext, path: Path, schema: pl.Schema) -> pl.DataFrame:
    rows = context.read(path)
    if rows.schema != schema:
        raise InputError(
            f"{path}: written by another version; materialize calibration_metrics again."
        )
    return rows


def origin(context: RunContext, *, seed: int) -> Json:
    """What every report on forecasters states first: source, horizon, version of features, seed."""
    horizon = context.settings.horizon
    return {
        "source": context.settings.source,
        "horizon": horizon,
        "decision_time": meaning(horizon),
        "feature_version": feature_version(horizon),
        "seed": seed,
    }


def _write(context: RunContext, name: str, numbers: Json) -> Path:
    """A report with its origin stated first; the path of its Markdown."""
    stated = origin(context, seed=context.settings.seed) | numbers
    write_report(context.paths.reports, name, stated)
    return context.paths.reports / f"{name}.md"
