"""A small league trained and asked on Tuesdays: its rows have Tuesday's moment, features and price."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.errors import IntegrityError, SettingsError
from nfl_signals.features.version import feature_version
from nfl_signals.markets.decision_time import MADE, decision_at
from nfl_signals.markets.definitions import KEYS, QUOTE
from nfl_signals.markets.odds import no_vig_probability
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.steps import graded_ledger
from nfl_signals.predictions.champion import load_served_model
from nfl_signals.predictions.upcoming import append_to_ledger, predict_upcoming
from nfl_signals.registry.model_card import read_card
from nfl_signals.workspace.data_home import remembered
from nfl_signals.workspace.llm_signals import build_signals
from nfl_signals.workspace.prices import stored_prices
from nfl_signals.workspace.run_context import RunContext, open_home, open_run
from nfl_signals.workspace.tables import build_gold, build_gold_markets
from nfl_signals_tests.support.homes import copy_of
from nfl_signals_tests.support.run_contexts import settings_of
from nfl_signals_tests.support.small_training import LEAST, train

pytestmark = pytest.mark.slow

MADE_FROM_GOLD = ("ledger", "oof", "stacker", "upcoming")


def opened(home: Path, horizon: str) -> RunContext:
    return open_run(settings_of(home, training=LEAST, horizon=horizon))


@pytest.fixture(scope="module")
def tuesday(finished_home: Path, tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    """The finished home's raw tables, trained and asked again at the horizon of Tuesday."""
    home = copy_of(finished_home, tmp_path_factory.mktemp("tuesday") / "home")
    for folder in ("models", "data/gold", *(f"data/{made}" for made in MADE_FROM_GOLD)):
        shutil.rmtree(home / folder)
    context = opened(home, "tuesday")
    build_gold(context, context.seasons)
    build_gold_markets(context, context.seasons)
    build_signals(context, context.seasons)
    train(context)
    predict_upcoming(context)
    append_to_ledger(context)
    return context


def rows_of(context: RunContext) -> pl.DataFrame:
    return ledger.read(context.paths.ledger)


def last_seen(prices: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The consensus' last quote at or before each row's decision time, found row by row."""
    found = []
    for row in rows.iter_rows(named=True):
        mine = prices.filter(game_id=row["game_id"], market=row["market"], book="consensus")
        by_then = mine.filter(pl.col("observed_at") <= row["decided"]).sort("observed_at")
        found.append(by_then.tail(1).select(*KEYS, *QUOTE))
    return pl.concat(found)


def test_what_was_replayed_was_decided_on_a_tuesday_at_the_price_of_that_moment(
    tuesday: RunContext,
) -> None:
    replayed = rows_of(tuesday).filter(book="learning")
    decided = replayed.with_columns(decision_at("tuesday").alias("decided"))
    assert decided.height > 100
    assert decided["made_at"].to_list() == decided["decided"].to_list()
    sample = decided.sample(40, seed=3).sort(KEYS)
    prices = stored_prices(tuesday, tuesday.seasons)
    assert last_seen(prices, sample).sort(KEYS).equals(sample.select(*KEYS, *QUOTE))


def test_upcoming_games_have_the_newest_price_and_say_on_which_features_they_rest(
    tuesday: RunContext,
) -> None:
    upcoming = rows_of(tuesday).filter(book="production")
    prices = stored_prices(tuesday, tuesday.seasons)
    by_now = upcoming.with_columns(decided=pl.lit(tuesday.as_of)).sort(KEYS)
    assert upcoming.height > 30
    assert last_seen(prices, by_now).sort(KEYS).equals(by_now.select(*KEYS, *QUOTE))
    assert upcoming["feature_version"].unique().to_list() == [feature_version("tuesday")]
    assert feature_version("tuesday") != feature_version("kickoff")


def test_closing_line_value_is_that_of_the_table_of_prices(tuesday: RunContext) -> None:
    """Where the line stood still: what the leant-to side's probability rose by until the close."""
    graded = graded_ledger(tuesday).drop_nulls("closing_line_value")
    prices = stored_prices(tuesday, tuesday.seasons).filter(book="consensus", moment="close")
    close = prices.select(*KEYS, close="line", p_end=no_vig_probability(*map(pl.col, QUOTE[1:])))
    rows = graded.join(close, on=KEYS).filter(pl.col("line") == pl.col("close"))
    lean = (pl.col("p_hat") - pl.col("p_market")).sign()
    by_hand = rows.select(lean * (pl.col("p_end") - pl.col("p_market"))).to_series()
    assert rows.height > 20
    assert (rows["closing_line_value"] - by_hand).abs().max() < 1e-12
    assert graded["closing_line_value"].abs().max() > 0.01


def test_every_card_states_the_decision_time(tuesday: RunContext) -> None:
    cards = sorted(tuesday.paths.home.glob("models/**/card.json"))
    assert len(cards) > 10
    for card in map(read_card, (path.parent for path in cards)):
        assert card["horizon"] == "tuesday"
        assert card["decision_time"].startswith(MADE["tuesday"])
        assert card["feature_version"] == feature_version("tuesday")


def test_a_model_of_tuesday_is_not_asked_at_kickoff(tuesday: RunContext) -> None:
    settings = tuesday.settings.model_copy(update={"horizon": "kickoff"})
    with pytest.raises(IntegrityError, match=r"horizon: tuesday.*asked for .*horizon: kickoff"):
        load_served_model(replace(tuesday, settings=settings))


def test_a_home_has_one_horizon_and_remembers_it(tuesday: RunContext) -> None:
    home = tuesday.paths.home
    assert remembered(tuesday.paths)["horizon"] == "tuesday"
    for opening in (open_run, open_home):
        with pytest.raises(SettingsError, match="of horizon tuesday; horizon kickoff needs a home"):
            opening(settings_of(home, training=LEAST, horizon="kickoff"))


def test_nothing_of_wednesday_or_later_reaches_what_is_trained_on(tuesday: RunContext) -> None:
    """Every price that a blend is fitted on was observed by its Tuesday; the close is another row."""
    stacked = tuesday.read(tuesday.paths.stacked)
    markets = tuesday.markets.join(stacked.select(KEYS), on=KEYS, how="semi")
    assert set(markets["price_moment"]) <= {"open", "snapshot"}
    moved = markets.join(tuesday.closing, on=KEYS, suffix="_close").filter(
        pl.col("line") != pl.col("line_close")
    )
    assert moved.height > 100
    early = (pl.col("kickoff_at") - pl.col("decision_at")) >= timedelta(days=1)
    assert markets.filter(pl.col("outcome").is_not_null()).select(early.all()).item()
