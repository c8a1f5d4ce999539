"""What a leak looks like: a stack fitted and judged on forecasts that were made in sample.

The learner memorises: for every game it repeats the outcome of the most similar game it was
fitted on. In sample that is the game itself; out of sample it is a coin.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from nfl_signals.stacking.walk_forward import settled_yes_no, walk_forward_blend
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import expit, logit
from nfl_signals_tests.support.blend_games import brier
from nfl_signals_tests.support.walk_forward_games import GAMES, league, linear

SEASONS = range(2001, 2013)
SURE = 0.9  # what the learner says when the most similar game was a YES


class Stacked(NamedTuple):
    """Walk-forward forecasts of one stack, and what they are to be measured by."""

    p_raw: Floats
    y: Floats
    p_true: Floats
    weight: Floats


def games(seed: int) -> pl.DataFrame:
    """Seasons with the chances from which outcomes were drawn, and something that differs between games."""
    random = np.random.default_rng(seed)
    rows = league(SEASONS, seed=seed).select(pl.exclude("^p_.*$|^signal_.*$"))
    truth = 0.8 * random.normal(size=len(rows))
    yes = random.random(len(rows)) < expit(truth)
    return rows.with_columns(
        outcome=pl.Series(np.where(yes, "yes", "no")),
        p_true=expit(truth),
        p_market=expit(truth + 0.3 * random.normal(size=len(rows))),
        look=random.normal(size=len(rows)),
    )


def memory(training: pl.DataFrame, test: pl.DataFrame) -> Floats:
    """The outcome of the game that looks most alike, forecast with confidence."""
    distance = np.abs(test["look"].to_numpy()[:, None] - training["look"].to_numpy())
    won = (training["outcome"] == "yes").to_numpy()[distance.argmin(axis=1)]
    return np.where(won, SURE, 1 - SURE)


def in_sample(rows: pl.DataFrame) -> pl.DataFrame:
    """The leak: the learner predicts games that it was fitted on."""
    return rows.with_columns(p_first=memory(rows, rows))


def walk_forward(rows: pl.DataFrame) -> pl.DataFrame:
    """The learner predicts a season after being fitted on earlier ones."""
    seasons = [
        rows.filter(pl.col("season") == season).with_columns(
            p_first=memory(
                rows.filter(pl.col("season") < season), rows.filter(pl.col("season") == season)
            )
        )
        for season in SEASONS[1:]
    ]
    return pl.concat(seasons)


def stacked(rows: pl.DataFrame) -> Stacked:
    inputs = ("market", "first")
    fit_blend = partial(linear, inputs=inputs)
    table = settled_yes_no(
        walk_forward_blend(rows, inputs=inputs, fit_blend=fit_blend, min_seasons=3)
    )
    columns = ("p_raw", "y", "p_true", "weight_first")
    return Stacked(*(table[name].to_numpy() for name in columns))


@pytest.mark.parametrize("seed", range(3))
def test_a_stack_of_in_sample_forecasts_beats_the_truth_itself_and_is_therefore_a_leak(
    seed: int,
) -> None:
    """Nobody can beat the chances from which outcomes are drawn; the close is a little worse."""
    leaked = stacked(in_sample(games(seed)))
    assert len(leaked.y) == 9 * GAMES
    assert brier(leaked.p_raw, leaked.y) < brier(leaked.p_true, leaked.y) - 0.1
    assert leaked.weight.min() > 0.5


@pytest.mark.parametrize("seed", range(3))
def test_the_same_learner_out_of_sample_earns_nothing_and_the_stack_stays_with_the_market(
    seed: int,
) -> None:
    rows = games(seed)
    honest, leaked = stacked(walk_forward(rows)), stacked(in_sample(rows))
    assert brier(honest.p_raw, honest.y) > brier(honest.p_true, honest.y) - 0.005
    assert brier(honest.p_raw, honest.y) > brier(leaked.p_raw, leaked.y) + 0.1
    assert np.abs(honest.weight).max() < 0.1


@pytest.mark.parametrize("seed", range(3))
def test_weights_learned_in_sample_do_harm_on_games_to_come(seed: int) -> None:
    """The meta-learner trusts what it saw: a learner that was always right."""
    rows = games(seed)
    known, new = rows.filter(pl.col("season") < 2012), rows.filter(pl.col("season") == 2012)
    x, y = in_sample(known), (known["outcome"] == "yes").cast(pl.Float64).to_numpy()
    stack = linear(_values(x), y, 2012, inputs=("market", "first"))
    forecasts = stack.parts(_values(new.with_columns(p_first=memory(known, new)))).p_raw
    won = (new["outcome"] == "yes").cast(pl.Float64).to_numpy()
    assert brier(forecasts, won) > brier(new["p_market"].to_numpy(), won) + 0.05


def _values(rows: pl.DataFrame) -> Floats:
    return np.column_stack([logit(rows[name].to_numpy()) for name in ("p_market", "p_first")])
