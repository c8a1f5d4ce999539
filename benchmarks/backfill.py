"""What Dagster costs: the walk-forward backfill as assets, beside the same fits in a plain loop."""

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import dagster as dg
import numpy as np
from comparison import HOME
from numpy.typing import NDArray
from terminal import run, show
from threadpoolctl import threadpool_limits

from nfl_signals.core.files import read_json
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import load_settings
from nfl_signals.definitions import defs
from nfl_signals.defs.launch import register_seasons
from nfl_signals.defs.partitions import RANGE_END, RANGE_START
from nfl_signals.learners.baseline import fit_baseline
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.stacking.splits import Fold, purged_kfold, walk_forward
from nfl_signals.workspace.market_games import MarketGames, load_market_games
from nfl_signals.workspace.run_context import RunContext, open_run

MANUAL = """\
Fits every base learner of three markets over every fold: walk-forward by season, purged K-fold, and
once on all games. First as Dagster assets (baseline_*, oof_predictions), checks left out and put in,
writing tables, models and cards; then in a plain loop over the same folds on as many threads, which
predicts the same games and writes nothing. One after the other, several times, on copies of a
finished home; medians, and how busy the cores were (1 = all of them, all the time).

  NFL_SIGNALS_HOME=/tmp/real NFL_SIGNALS_NFLVERSE=/data/nflverse nfl-signals run --source nflverse
  NFL_SIGNALS_NFLVERSE=/data/nflverse python benchmarks/backfill.py --home /tmp/real
"""
ASSETS = [*(f"baseline_{name}" for name in MARKETS), "oof_predictions"]
Rows = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Time:
    """Of one run: wall-clock and processor seconds."""

    seconds: float
    cpu: float

    @property
    def busy(self) -> float:
        """Share of all cores that this process kept busy; less where others wanted them too."""
        return self.cpu / self.seconds / (os.cpu_count() or 1)


def main() -> None:
    """Print one table."""
    options = _arguments()
    home = Path(options.home).absolute()
    source = read_json(Paths(home).run_record)["source"]
    context = open_run(load_settings(home=home, source=source))
    ways: dict[str, Callable[[RunContext], None]] = {
        "plain loop": plain,
        "Dagster assets": lambda copy: with_dagster(copy, checks=False),
        "Dagster assets and checks": lambda copy: with_dagster(copy, checks=True),
    }
    times: dict[str, list[Time]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, way in ways.items():
            with copied(context) as copy:
                times[name].append(timed(way, copy))
    base = median(time.seconds for time in times["plain loop"])
    rows = [
        [
            name,
            f"{median(time.seconds for time in each):.1f}",
            f"{min(time.seconds for time in each):.1f}-{max(time.seconds for time in each):.1f}",
            f"{median(time.busy for time in each):.2f}",
            f"{median(time.cpu for time in each):.1f}",
            f"{median(time.seconds for time in each) / base:.2f}",
        ]
        for name, each in times.items()
    ]
    title = f"{len(context.seasons)} seasons, {context.settings.threads} threads, {options.rounds} rounds"
    show(title, ["", "seconds", "range", "busy", "CPU seconds", "ratio to plain"], rows)


def plain(context: RunContext) -> None:
    """Every fit and every prediction, in a loop on threads."""
    jobs = [
        (games, learner, train, test)
        for games in (load_market_games(context, name) for name in MARKETS)
        for train, test in _splits(context, games)
        for learner in context.settings.training.learners
    ]

    def fit(job: tuple[MarketGames, str, Rows, Rows]) -> None:
        games, learner, train, test = job
        model = fit_baseline(
            games.matrix,
            train,
            games.points,
            games.line,
            market=games.market,
            learner=learner,
            seed=context.settings.seed,
        )
        model.predict(games.matrix.inputs.take(test), games.line[test])

    with threadpool_limits(limits=1), ThreadPoolExecutor(context.settings.threads) as pool:
        list(pool.map(fit, jobs))


def with_dagster(context: RunContext, *, checks: bool) -> None:
    """The same as assets of the project's own graph, in one run in this process."""
    keys = [dg.AssetKey(name) for name in ASSETS]
    job = defs.resolve_job_def("retraining")
    with dg.DagsterInstance.get() as instance:
        job.get_subset(
            asset_selection=set(keys), asset_check_selection=None if checks else set()
        ).execute_in_process(
            instance=instance,
            run_config={
                "resources": {"run_context": {"config": {"home": str(context.paths.home)}}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            tags={RANGE_START: str(context.seasons[0]), RANGE_END: str(context.seasons[-1])},
        )


def timed(way: Callable[[RunContext], None], context: RunContext) -> Time:
    """Wall clock and busy cores of one way on one copy."""
    start, cpu = perf_counter(), process_time()
    way(context)
    seconds = perf_counter() - start
    return Time(seconds=seconds, cpu=process_time() - cpu)


@contextmanager
def copied(context: RunContext) -> Iterator[RunContext]:
    """A run context in a home of its own, where nothing that is written matters."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        left_out = shutil.ignore_patterns("dagster_home", "models")
        shutil.copytree(context.paths.home, home, ignore=left_out)
        copy = replace(
            context, paths=Paths(home), settings=context.settings.model_copy(update={"home": home})
        )
        os.environ["NFL_SIGNALS_SOURCE"] = context.settings.source
        register_seasons(copy)
        yield copy


def _splits(context: RunContext, games: MarketGames) -> Iterator[tuple[Rows, Rows]]:
    """Training and test rows of both schemes, and all games once."""
    training, schedule = context.settings.training, games.matrix.games
    season, week = (schedule[name].to_numpy().astype(np.int64) for name in ("season", "week"))
    folds: list[Fold] = [
        *walk_forward(season, min_train_seasons=training.min_learner_seasons),
        *purged_kfold(
            season, week, n_folds=training.purged_folds, embargo_weeks=training.embargo_weeks
        ),
    ]
    for fold in folds:
        yield fold.train[games.played[fold.train]], fold.test[games.has_line[fold.test]]
    everything = np.flatnonzero(games.played)
    yield everything, everything[:0]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=MANUAL, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--home", metavar="DIR", default=HOME, help="finished home (default: NFL_SIGNALS_HOME)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="repetitions (default: 3)")
    options = parser.parse_args()
    if not options.home:
        parser.error("give --home DIR or set NFL_SIGNALS_HOME")
    return options


if __name__ == "__main__":
    run(main)
