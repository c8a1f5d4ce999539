"""Figures with week-block intervals that several benchmarks print."""

import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nfl_signals.core.paths import Paths
from nfl_signals.core.setting_sections import TrainingSettings
from nfl_signals.core.settings import load_settings
from nfl_signals.ingest.source import DirectoryRelease
from nfl_signals.stats.bootstrap import Interval, week_block_interval, week_block_ratio
from nfl_signals.workspace.data_home import remembered
from nfl_signals.workspace.run_context import RunContext

Floats = NDArray[np.float64]

SEED = 20_250_907
DRAWS = 2000
LEVEL = 0.95
HOME = os.environ.get("NFL_SIGNALS_HOME")
LEARNERS = list(TrainingSettings().learners)


def mean(values: Floats, weeks: ArrayLike) -> Interval:
    """Mean per game with its 95 % week-block interval."""
    return week_block_interval(values, weeks, seed=SEED, draws=DRAWS, level=LEVEL)


def ratio(numerator: Floats, denominator: Floats, weeks: ArrayLike) -> Interval:
    """Ratio of two sums over the same games with its 95 % week-block interval."""
    return week_block_ratio(numerator, denominator, weeks, seed=SEED, draws=DRAWS, level=LEVEL)


def root(of_squares: Interval) -> Interval:
    """Interval of a root mean square from that of the mean square."""
    return Interval(
        estimate=float(np.sqrt(of_squares.estimate)),
        low=float(np.sqrt(of_squares.low)),
        high=float(np.sqrt(of_squares.high)),
        n=of_squares.n,
        n_blocks=of_squares.n_blocks,
    )


def text(interval: Interval, digits: int, scale: float = 1.0) -> str:
    """'0.2104 [0.2055, 0.2153]'."""
    shown = [
        f"{scale * end:.{digits}f}" for end in (interval.estimate, interval.low, interval.high)
    ]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]"


def stored_home(home: str) -> RunContext:
    """The run context of a finished home, for reading its tables; the source is not opened."""
    settings = load_settings(fallback=remembered(Paths(Path(home))), home=home)
    return RunContext(
        settings=settings,
        paths=Paths(settings.home),
        release=DirectoryRelease(Path(home)),
        seasons=(),
        as_of=datetime.max.replace(tzinfo=UTC),
    )
