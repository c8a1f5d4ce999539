"""Training and test games: walk-forward by season, and purged, embargoed season-week K-fold.

Method of purging and embargo: Lopez de Prado, Advances in Financial Machine Learning (2018),
chapter 7. Groups are whole weeks: games of one week share injuries, weather and news.
"""

from dataclasses import dataclass

import numpy as np

from nfl_signals.stats.arrays import Ints

Indices = Ints


@dataclass(frozen=True, kw_only=True, eq=False)
class Fold:
    """Ascending row numbers to learn from and to predict, disjoint."""

    number: int  # the predicted season (walk-forward) or the block's number from 0 (K-fold)
    train: Indices
    test: Indices


def walk_forward(season: Indices, *, min_train_seasons: int) -> list[Fold]:
    """Each season that has enough earlier ones predicted from all of them, ascending.

    Example:
        >>> folds = walk_forward(np.array([2001, 2001, 2002, 2003]), min_train_seasons=1)
        >>> [(f.number, f.train.tolist(), f.test.tolist()) for f in folds]
        [(2002, [0, 1], [2]), (2003, [0, 1, 2], [3])]
    """
    return [
        Fold(
            number=int(current),
            train=np.flatnonzero(season < current),
            test=np.flatnonzero(season == current),
        )
        for current in np.unique(season)[min_train_seasons:]
    ]


def purged_kfold(season: Indices, week: Indices, *, n_folds: int, embargo_weeks: int) -> list[Fold]:
    """Contiguous blocks of weeks, each predicted from the other blocks less a safety margin.

    Weeks are numbered through all seasons. A block's own weeks never train (grouping). The week
    before it is purged: its late games may be settled after the block begins. The `embargo_weeks`
    after it are dropped: there the block's results weigh most in features. They are in later training
    rows as well, for windows reach 10 games back, and season to date and ratings further; a scheme
    without any is `walk_forward`. Every row is in exactly one `test`. ValueError: fewer weeks than folds.

    Example:
        >>> weeks = np.array([1, 2, 3, 4, 5, 6])
        >>> folds = purged_kfold(np.full(6, 2023), weeks, n_folds=3, embargo_weeks=1)
        >>> [(f.train.tolist(), f.test.tolist()) for f in folds]
        [([3, 4, 5], [0, 1]), ([0, 5], [2, 3]), ([0, 1, 2], [4, 5])]
    """
    keys = season.astype(np.int64) * 100 + week
    weeks, position = np.unique(keys, return_inverse=True)
    if len(weeks) < n_folds:
        raise ValueError(f"{len(weeks)} weeks cannot be split into {n_folds} folds")
    folds = []
    for number, block in enumerate(np.array_split(np.arange(len(weeks)), n_folds)):
        first, last = block[0], block[-1]
        outside = (position < first - 1) | (position > last + embargo_weeks)
        inside = (position >= first) & (position <= last)
        folds.append(
            Fold(number=number, train=np.flatnonzero(outside), test=np.flatnonzero(inside))
        )
    return folds
