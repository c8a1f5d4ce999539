"""What every step reads is what its asset waits for, and each table is read once."""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from nfl_signals.alerts.steps import update_alerts
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring.steps import update_metrics
from nfl_signals.predictions.challenger import challenge_upcoming
from nfl_signals.predictions.champion import promote_first
from nfl_signals.predictions.registration import register_ensemble
from nfl_signals.predictions.upcoming import append_to_ledger, predict_upcoming
from nfl_signals.promotion.automatic import decide, recalibrate
from nfl_signals.reports.steps import (
    report_ablation,
    report_backtest,
    report_baselines,
    report_dashboard,
    report_week,
)
from nfl_signals.training.baselines import predict_out_of_fold, train_baselines
from nfl_signals.training.ensembles import assemble
from nfl_signals.training.stacks import collect_stacked, train_stack
from nfl_signals.workspace.llm_signals import build_signals
from nfl_signals.workspace.run_context import RunContext
from nfl_signals.workspace.tables import build_gold, build_gold_markets
from nfl_signals_tests.defs.test_definitions import DEPS
from nfl_signals_tests.support.production import home_with_a_second_version
from nfl_signals_tests.support.small_training import open_small

Step = Callable[[RunContext], object]


def ensemble(context: RunContext) -> None:
    promote_first(context, str(assemble(context)["model_version"]))


def upcoming_predictions(context: RunContext) -> None:
    predict_upcoming(context)
    challenge_upcoming(context)


STEPS: dict[str, Step] = {
    **{
        f"baseline_{name}": lambda context, name=name: train_baselines(context, name)
        for name in MARKETS
    },
    "oof_predictions": predict_out_of_fold,
    **{
        f"stacker_{name}": lambda context, name=name: train_stack(context, name) for name in MARKETS
    },
    "calibrated_predictions": collect_stacked,
    "ensemble": ensemble,
    "registered_ensemble": register_ensemble,
    "recalibrated_ensemble": recalibrate,
    "promotion": decide,
    "upcoming_predictions": upcoming_predictions,
    "ledger": append_to_ledger,
    "calibration_metrics": update_metrics,
    "alerts": update_alerts,
    "backtest": report_backtest,
    "metrics_baseline": report_baselines,
    "ablation_stacker": report_ablation,
    "weekly_report": report_week,
    "dashboard": report_dashboard,
    # Last, for they put back the weeks that the small home was cut by.
    "gold_features": lambda context: build_gold(context, context.seasons),
    "gold_markets": lambda context: build_gold_markets(context, context.seasons),
    "llm_signals": lambda context: build_signals(context, context.seasons),
}
FEEDBACK: dict[str, set[str]] = {
    "ensemble": {"promotion"},
    "registered_ensemble": {"promotion", "ledger"},
    "recalibrated_ensemble": {"promotion", "ensemble", "ledger"},
    "promotion": {"ledger"},
    "upcoming_predictions": {"ledger"},
    "ledger": {"promotion"},  # which notes heads; predictions wait for it
}
"""What earlier runs left, and what depends on the step in turn: Dagster's graph has no circles."""
ORDER: dict[str, set[str]] = {
    "promotion": {
        *("registered_ensemble", "recalibrated_ensemble"),
        # Here the newer version is of weeks that the small home was cut by: no gate is asked.
        *("ensemble", "calibrated_predictions", "oof_predictions"),
    },
    "weekly_report": {"raw_prices"},  # of games to come, and here are none
    "dashboard": {"raw_prices"},
    "recalibrated_ensemble": {"gold_markets"},
}
"""Waited for without being read: decisions come one after the other, and no alert is open here."""
APPENDED = {"promotion": {"ledger"}, "ledger": {"ledger"}}
"""Read again because the step itself appends to it: under the lock, and afterwards."""
PLACES = (
    (r"data/raw/(\w+)/.*", r"raw_\1"),
    (r"data/gold/(\w+)\.parquet.*", r"gold_\1"),
    (r"data/llm/signals\.parquet.*", "llm_signals"),
    (r"data/oof/.*", "oof_predictions"),
    (r"data/stacker/markets/(\w+)\.parquet", r"stacker_\1"),
    (r"data/stacker/predictions\.parquet", "calibrated_predictions"),
    (r"data/upcoming/\w+\.parquet", "upcoming_predictions"),
    (r"data/ledger/predictions\.parquet", "ledger"),
    (r"data/analysis/alerts\.parquet", "alerts"),
    (r"data/analysis/\w+\.parquet", "calibration_metrics"),
    (r"models/history\.jsonl", "promotion"),
    (r"models/(baseline|stacker)/(\w+)/.*", r"\1_\2"),
    (r"models/ensemble/v.*", "ensemble"),
    (r"models/registry/.*", "registered_ensemble"),
)
"""Where what an asset writes lies below a home."""


def asset_of(path: Path, home: Path) -> str | None:
    """The asset that writes a path of a home; None where none does."""
    name = path.relative_to(home).as_posix()
    found = (re.sub(place, asset, name) for place, asset in PLACES if re.fullmatch(place, name))
    return next(found, None)


class Recorder:
    """Every file below a home that this process opens for reading, while it listens."""

    def __init__(self) -> None:
        self.home: Path | None = None
        self.opened: list[Path] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.home is None or event != "open" or not isinstance(arguments[0], str):
            return
        reading = arguments[1] is None or not set(str(arguments[1])) & set("wax+")
        path = Path(arguments[0])
        if reading and path.is_relative_to(self.home):
            self.opened.append(path)

    @contextmanager
    def listening(self, home: Path) -> Iterator[None]:
        self.home, self.opened = home, []
        try:
            yield
        finally:
            self.home = None


RECORDER = Recorder()


@pytest.fixture(scope="module")
def reads(
    small_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Counter[Path], set[str]]]:
    """By asset: how often its step read each table, and the assets that it read anything of."""
    to = tmp_path_factory.mktemp("reads") / "home"
    home = home_with_a_second_version(small_home, to, first="v202403", second="v202404")
    read_parquet, found = pl.read_parquet, {}
    for asset, step in STEPS.items():
        tables: list[Path] = []

        def recorded(files: list[Path], *, glob: bool, tables: list[Path] = tables) -> pl.DataFrame:
            tables.append(files[0].parent if files[0].parent.suffix else files[0])
            return read_parquet(files, glob=glob)

        context = open_small(home)
        with pytest.MonkeyPatch.context() as patch, RECORDER.listening(home):
            patch.setattr(pl, "read_parquet", recorded)
            step(context)
        touched = {asset_of(path, home) for path in [*tables, *RECORDER.opened]}
        found[asset] = Counter(tables), {each for each in touched if each is not None}
    return found


@pytest.mark.slow
@pytest.mark.parametrize("asset", STEPS)
def test_a_step_reads_what_its_asset_waits_for_and_nothing_else(
    reads: dict[str, tuple[Counter[Path], set[str]]], asset: str
) -> None:
    touched = reads[asset][1] - {asset}
    assert touched - FEEDBACK.get(asset, set()) <= DEPS[asset]
    assert DEPS[asset] - ORDER.get(asset, set()) <= touched


@pytest.mark.slow
@pytest.mark.parametrize("asset", STEPS)
def test_a_step_reads_each_table_once(
    reads: dict[str, tuple[Counter[Path], set[str]]], asset: str
) -> None:
    twice = {path.parent.name for path, count in reads[asset][0].items() if count > 1}
    assert twice <= APPENDED.get(asset, set())
