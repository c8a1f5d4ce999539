"""What documents are worth, where it is known: in leagues whose news is news, is priced, or is not."""

from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.settings import load_settings
from nfl_signals.ensemble.stacked_model import PLAIN, WITH_SIGNALS, input_names, walk_forward_stack
from nfl_signals.stacking.walk_forward import settled_yes_no
from nfl_signals.stats.bootstrap import Interval, week_block_ratio
from nfl_signals.training import baselines
from nfl_signals.training.stacks import stack_rows
from nfl_signals.workspace import tables
from nfl_signals.workspace.llm_signals import build_signals
from nfl_signals.workspace.run_context import RunContext, open_run

pytestmark = pytest.mark.slow

SEED = 3
LEAGUE = {"first_season": 2000, "n_seasons": 14, "news_effect": 1.5}
"""Enough seasons for two thousand scored games; news that moves margins half as much again."""
WORTH = 0.01  # of the Brier score: the least that unpriced news has to gain
NOISE = 0.005  # of the Brier score: the most that signals without news may cost


def read_and_predicted(home: Path, news: str) -> RunContext:
    """A league whose documents were read, and its forecasts out of fold by one quick learner."""
    sections = {"training": {"learners": ["logistic"]}, "simulator": {**LEAGUE, "news": news}}
    context = open_run(load_settings(home=home, seed=SEED, horizon="kickoff", **sections))
    for table in tables.READERS:
        tables.ingest(context, table, context.seasons)
    tables.build_gold(context, context.seasons)
    tables.build_gold_markets(context, context.seasons)
    build_signals(context, context.seasons)
    baselines.predict_out_of_fold(context)
    return context


def by_signals(context: RunContext) -> Interval:
    """Change of the moneyline's Brier score by signals, as a share of it; below 0 they help."""
    rows = stack_rows(context, "moneyline", "walk_forward")
    plain, with_signals = (
        walk_forward_stack(
            context.settings, rows, input_names(context.settings, kind), lambda _: None
        )[1]
        for kind in (PLAIN, WITH_SIGNALS)
    )
    games = settled_yes_no(
        plain.join(with_signals.select("game_id", with_signals="p_calibrated"), on="game_id")
    )
    before, after = ((games[name] - games["y"]) ** 2 for name in ("p_calibrated", "with_signals"))
    weeks = games.select(pl.col("season") * 100 + pl.col("week")).to_series()
    return week_block_ratio(
        (after - before).to_numpy(), before.to_numpy(), weeks.to_numpy(), seed=SEED
    )


def test_news_that_the_close_has_not_available_makes_the_stack_better(tmp_path: Path) -> None:
    change = by_signals(read_and_predicted(tmp_path, "not_in_line"))
    assert change.n > 1500
    assert change.estimate <= -WORTH
    assert change.high < 0


@pytest.mark.parametrize("news", ["none", "in_line"])
def test_signals_that_hold_nothing_new_cost_no_more_than_noise(tmp_path: Path, news: str) -> None:
    """Nothing is written, or the close has read it all."""
    change = by_signals(read_and_predicted(tmp_path, news))
    assert change.low <= 0 <= change.high
    assert change.high < NOISE
