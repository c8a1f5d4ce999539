"""Stacking: no season learns from itself, the same data give the same bytes, one writer at a time."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from filelock import FileLock

from nfl_signals.checks.catalog import ALL_CHECKS
from nfl_signals.core.errors import IntegrityError, StorageError
from nfl_signals.core.files import read_parquet
from nfl_signals.ensemble.stacked_model import PLAIN, WITH_SIGNALS
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.registry.model_card import model_hash, read_card
from nfl_signals.stacking.inputs import SIGNALS
from nfl_signals.training import baselines, stacks
from nfl_signals.workspace.run_context import RunContext, open_run
from nfl_signals_tests.support.run_contexts import contents, predict_in_sample, settings_of
from nfl_signals_tests.support.small_training import LEAST, WEEKS, flip_outcomes, open_small, train

LEARNER_NAMES = ("logistic", "lightgbm", "xgboost")
PREDICTED = [2021, 2022, 2023, 2024]  # one season to learn, one to blend, one to calibrate


@pytest.fixture
def trained(small_kickoff_home: Path) -> RunContext:
    """Small and trained; tests that change it make a copy."""
    return open_small(small_kickoff_home, horizon="kickoff")


@pytest.fixture
def copy(small_kickoff_home: Path, tmp_path: Path) -> RunContext:
    shutil.copytree(small_kickoff_home, tmp_path, dirs_exist_ok=True)
    return open_small(tmp_path, horizon="kickoff")


@pytest.mark.parametrize("name", MARKETS)
def test_the_card_of_a_stack_states_how_each_stacked_model_was_calibrated_and_on_what(
    trained: RunContext, name: MarketName
) -> None:
    card = read_card(trained.paths.stacker(name, "v202403"))
    assert card["model_hash"] == model_hash(trained.paths.stacker(name, "v202403"))
    assert card["stack"] == "logistic"
    assert list(card["stacked_models"]) == [PLAIN, WITH_SIGNALS]
    for model in card["stacked_models"].values():
        calibration = model["calibration"]
        # Isotonic needs more games than three weeks a season hold.
        assert set(calibration["log_loss"]) == {"platt", "temperature", "beta", "identity"}
        best = min(calibration["log_loss"].values())
        assert calibration["log_loss"][calibration["method"]] == best
        assert calibration["fitted"]["method"] == calibration["method"]
        assert calibration["seasons"] == PREDICTED
        assert calibration["interval"]["n_weeks"] == len(PREDICTED) * WEEKS + WEEKS
        assert model["advice"] is None
    assert set(card["held_out"]) == {
        "n_games",
        "brier",
        "log_loss",
        "calibration_error",
        "brier_price",
    }


@pytest.mark.parametrize("name", MARKETS)
def test_held_out_scores_are_those_of_the_walk_forward(
    trained: RunContext, name: MarketName
) -> None:
    markets = trained.markets.select("game_id", "market", "outcome")
    rows = read_parquet(trained.paths.stacked).join(markets, on=["game_id", "market"])
    rows = rows.filter((pl.col("market") == name) & pl.col("outcome").is_in(["yes", "no"]))
    y = (rows["outcome"] == "yes").cast(pl.Float64)
    held_out = read_card(trained.paths.stacker(name, "v202403"))["held_out"]
    assert held_out["n_games"] == rows.height
    assert held_out["brier"] == pytest.approx(((rows["p_calibrated"] - y) ** 2).mean())
    assert held_out["brier_price"] == pytest.approx(((rows["p_market"] - y) ** 2).mean())


def test_without_a_settled_walk_forward_the_card_claims_no_score(trained: RunContext) -> None:
    walk_forward = read_parquet(trained.paths.stacked_part("ats"))
    assert stacks.held_out(walk_forward)["n_games"] > 0
    assert stacks.held_out(walk_forward.clear()) == {"n_games": 0}


def test_the_stacked_table_has_every_game_with_line_and_price_from_the_first_predicted_season(
    trained: RunContext,
) -> None:
    stacked = read_parquet(trained.paths.stacked)
    due = trained.markets.filter(
        pl.col("p_market").is_not_null()
        & pl.col("line").is_not_null()
        & pl.col("season").is_in(PREDICTED)
    )
    keys = ["game_id", "market"]
    assert stacked.select(keys).sort(keys).equals(due.select(keys).sort(keys))
    assert stacked["season"].unique().sort().to_list() == PREDICTED
    inputs = ("market", *LEARNER_NAMES)
    assert set(stacked.columns) == {
        *("game_id", "market", "season", "week", "kickoff_at"),
        *(f"p_{name}" for name in (*inputs, "raw", "calibrated", "hat", "push")),
        *(f"weight_{name}" for name in ("intercept", *inputs, *SIGNALS)),
        *(f"signal_{name}" for name in SIGNALS),
        *("calibrator", "venn_abers_low", "venn_abers_high", "llm_available"),
    }
    assert stacked.equals(stacked.sort("season", "week", "kickoff_at", "game_id", "market"))
    assert stacked.null_count().sum_horizontal().item() == 0
    assert stacked["llm_available"].all()


@pytest.mark.slow
def test_no_forecast_of_a_season_depends_on_its_own_or_later_outcomes(
    trained: RunContext, copy: RunContext
) -> None:
    """Features are left alone, so only what the models are fitted on can carry the future back."""
    before, oof_before = read_parquet(trained.paths.stacked), read_parquet(trained.paths.oof)
    flip_outcomes(copy, 2023)
    after, oof_after = train(copy), read_parquet(copy.paths.oof)
    until, later = pl.col("season") <= 2023, pl.col("season") > 2023
    assert after.filter(until).equals(before.filter(until))
    assert (after.filter(later)["p_hat"] != before.filter(later)["p_hat"]).all()
    forward = pl.col("scheme") == "walk_forward"
    old = pl.col("game_id").str.slice(0, 4).cast(pl.Int32) <= 2023
    assert oof_after.filter(forward & old).equals(oof_before.filter(forward & old))
    assert not oof_after.filter(~forward & old).equals(oof_before.filter(~forward & old))


@pytest.mark.slow
def test_a_stack_fitted_on_forecasts_in_sample_looks_better_than_it_is(
    trained: RunContext, copy: RunContext
) -> None:
    """Coverage is as it should be; only a fold fitted again shows the two tables to differ."""
    predict_in_sample(copy)
    ALL_CHECKS["oof_predictions: coverage"](copy)
    with pytest.raises(IntegrityError, match="was not predicted out of fold"):
        ALL_CHECKS["oof_predictions: out of fold"](copy)
    for name in MARKETS:
        honest = read_card(trained.paths.stacker(name, "v202403"))["held_out"]
        flattered = stacks.train_stack(copy, name)["held_out"]
        assert flattered["n_games"] == honest["n_games"]
        assert flattered["brier"] < 0.99 * honest["brier"]


@pytest.mark.slow
def test_training_again_gives_the_same_bytes_on_any_number_of_threads(
    trained: RunContext, tmp_path: Path
) -> None:
    shutil.copytree(trained.paths.home, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "models")
    context = open_run(settings_of(tmp_path, horizon="kickoff", training=LEAST, threads=3))
    train(context)
    assert contents(tmp_path) == contents(trained.paths.home)


def test_a_second_retraining_is_refused_while_one_runs(copy: RunContext) -> None:
    before = contents(copy.paths.home)
    with FileLock(copy.paths.retraining_lock):
        for stage in (baselines.train_baselines, stacks.train_stack):
            with pytest.raises(StorageError, match="another retraining is running"):
                stage(copy, "ats")
    assert contents(copy.paths.home) == before
    stacks.train_stack(copy, "ats")
    assert contents(copy.paths.home) == before
