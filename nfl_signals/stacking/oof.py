"""Out-of-fold predictions: every eligible game predicted by models that never saw it.

Receives folds and a fit function, so it knows neither learners nor files. What counts as eligible
is the caller's; here coverage is checked: each eligible row exactly once, no gap.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.progress import steps
from nfl_signals.stacking.splits import Fold, Indices
from nfl_signals.stats.arrays import Bools, Floats


class Forecasts(NamedTuple):
    """What a fitted model says of n games."""

    p_hat: Floats  # P(YES given no push), calibrated by what its training games showed
    p_raw: Floats  # the same before calibration
    p_push: Floats


Predictor = Callable[[Indices], Forecasts]
FitFunction = Callable[[Indices], Predictor]  # training rows -> predictor


@dataclass(frozen=True, kw_only=True)
class OofTask:
    """One learner's out-of-fold predictions of one market under one scheme."""

    market: str
    learner: str
    scheme: str  # 'walk_forward' or 'purged_kfold'
    folds: Sequence[Fold]
    trainable: Bools  # per row, whether models may be fitted on it (played games)
    eligible: Bools  # per row, whether it is to be predicted
    fit: FitFunction

    def __str__(self) -> str:
        return f"{self.market}/{self.learner}/{self.scheme}"


def out_of_fold(tasks: Sequence[OofTask], game_id: pl.Series, *, threads: int) -> pl.DataFrame:
    """`game_id, market, learner, scheme, fold, p_hat, p_raw, p_push` of all tasks, sorted by all keys.

    Fits run on several threads; their number changes no bit. IntegrityError: an eligible row of the
    folds' tests was missed, predicted twice, or given a probability that is not finite.
    """
    if not tasks:
        raise ValueError("no task to predict out of fold: name at least one learner and one market")
    jobs = [(task, fold) for task in tasks for fold in task.folds]

    # One BLAS thread: sums in another order would change the last bits.
    with threadpool_limits(limits=1), ThreadPoolExecutor(threads) as pool:
        frames = pool.map(lambda job: _predict(job[0], job[1], game_id), jobs)
        fits = steps(jobs, "fits for out-of-fold predictions")
        results = [frame for _, frame in zip(fits, frames, strict=True)]
    table = pl.concat(results).sort("market", "learner", "scheme", "fold", "game_id")
    for task in tasks:
        _check_coverage(table, task, game_id)
    return table


def check_fold(task: OofTask, fold: Fold, stored: pl.DataFrame, game_id: pl.Series) -> None:
    """Fit one fold again from its own training games: the stored forecasts must come out, bit for bit.

    IntegrityError otherwise: a table that was predicted in sample, or with a fold's games among those
    fitted on, cannot pass.
    """
    keys = ["game_id", "market", "learner", "scheme", "fold"]
    again = _predict(task, fold, game_id)
    compared = again.join(stored, on=keys, how="left", suffix="_stored")
    same = (pl.col(name).eq_missing(pl.col(f"{name}_stored")) for name in Forecasts._fields)
    wrong = compared.filter(~pl.all_horizontal(same))
    if wrong.height:
        row = wrong.row(0, named=True)
        raise IntegrityError(
            f"oof {task}, fold {fold.number}: {row['game_id']} is stored as "
            f"{row['p_hat_stored']}, but a model that never saw the fold gives {row['p_hat']} "
            f"({wrong.height} such games); it was not predicted out of fold: materialize it again."
        )


def _predict(task: OofTask, fold: Fold, game_id: pl.Series) -> pl.DataFrame:
    train = fold.train[task.trainable[fold.train]]
    test = fold.test[task.eligible[fold.test]]
    forecasts = task.fit(train)(test)
    for answers in forecasts:
        if len(answers) != len(test) or not np.isfinite(answers).all():
            raise IntegrityError(
                f"oof {task}, fold {fold.number}: "
                f"{np.isfinite(answers).sum()} finite answers for {len(test)} games"
            )
    return pl.DataFrame({"game_id": game_id.gather(test)}).with_columns(
        pl.lit(task.market).alias("market"),
        pl.lit(task.learner).alias("learner"),
        pl.lit(task.scheme).alias("scheme"),
        pl.lit(fold.number, pl.Int32).alias("fold"),
        *(pl.Series(name, answers) for name, answers in forecasts._asdict().items()),
    )


def _check_coverage(table: pl.DataFrame, task: OofTask, game_id: pl.Series) -> None:
    tested = np.concatenate([np.empty(0, np.int64), *(fold.test for fold in task.folds)])
    expected = game_id.gather(tested[task.eligible[tested]])
    mine = table.filter(market=task.market, learner=task.learner, scheme=task.scheme)["game_id"]
    missing = expected.filter(~expected.is_in(mine.implode()))
    if len(missing) or mine.is_duplicated().any() or len(mine) != len(expected):
        raise IntegrityError(
            f"oof {task}: {len(mine)} predictions for "
            f"{len(expected)} eligible games; first missing: {missing.head(1).to_list()}"
        )
