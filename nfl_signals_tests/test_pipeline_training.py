"""Training: no season learns from itself, the same data give the same bytes, one writer at a time."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from filelock import FileLock

from nfl_signals.cards import model_hash, read_card
from nfl_signals.errors import InputError, StorageError
from nfl_signals.feature_version import feature_version
from nfl_signals.game_matrix import game_matrix
from nfl_signals.markets import MARKETS, MarketName
from nfl_signals.pipeline import training
from nfl_signals.pipeline.questions import ask, latest_version
from nfl_signals.pipeline.tables import load_features, load_markets
from nfl_signals.pipeline.world import World, open_world
from nfl_signals.storage import read_parquet
from nfl_signals_tests.worlds import contents, copy_world, drop_rows, rewrite, settings_of

LEAST = {
    "min_learner_seasons": 1,
    "min_stack_seasons": 1,
    "min_calibration_seasons": 1,
    "purged_folds": 2,
    "lock_seconds": 0.0,
}
WEEKS = 3
PREDICTED = [2021, 2022, 2023, 2024]  # one season to learn, one to blend, one to calibrate


def open_small(home: Path) -> World:
    return open_world(settings_of(home, training=LEAST))


def train(world: World) -> pl.DataFrame:
    """Everything that `run` trains; returns the stacked table."""
    for name in MARKETS:
        training.train_baselines(world, name)
    training.predict_out_of_fold(world)
    for name in MARKETS:
        training.train_stack(world, name)
    return training.collect_stacked(world)


@pytest.fixture(scope="module")
def trained(finished_home: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Seven seasons of three weeks, trained; tests that change it make a copy."""
    home = tmp_path_factory.mktemp("trained")
    world = copy_world(finished_home, home, training=LEAST)
    for folder in (world.paths.features, world.paths.markets):
        for file in folder.glob("*.parquet"):
            drop_rows(file, pl.col("week") > WEEKS)
    shutil.rmtree(home / "models")
    train(world)
    return world


@pytest.fixture
def copy(trained: World, tmp_path: Path) -> World:
    shutil.copytree(trained.paths.home, tmp_path, dirs_exist_ok=True)
    return open_small(tmp_path)


def test_the_version_is_the_season_and_week_of_the_last_played_game(
    trained: World, copy: World
) -> None:
    assert ask(trained, "ats").version() == "v202403"
    rewrite(copy.paths.markets / "2024.parquet", pl.lit(None, pl.Float64).alias("points"))
    assert ask(copy, "total").version() == "v202303"
    for file in copy.paths.markets.glob("*.parquet"):
        rewrite(file, pl.lit(None, pl.Float64).alias("points"))
    with pytest.raises(InputError, match="no played game to learn from"):
        ask(copy, "ats").version()


@pytest.mark.parametrize("name", MARKETS)
def test_a_question_has_every_game_once_with_its_own_line_and_points(
    trained: World, name: MarketName
) -> None:
    question = ask(trained, name)
    markets = load_markets(trained).filter(pl.col("market") == name)
    assert question.table["game_id"].equals(question.matrix.games["game_id"])
    assert sorted(question.table["game_id"]) == sorted(markets["game_id"])
    assert question.matrix.x.shape[0] == len(question.points) == len(question.line)
    assert question.played.sum() == markets["points"].count()
    assert question.answerable.sum() == markets["line"].count()
    assert np.array_equal(question.matrix.x, game_matrix(load_features(trained), MARKETS[name]).x)


def test_the_training_window_names_first_and_last_game(trained: World) -> None:
    window = ask(trained, "ats").window(np.arange(5, 100))
    assert (window.first, window.n_games) == ("2018-w01", 95)
    assert window.last.startswith("2020-w0")


def test_the_newest_version_needs_a_card(tmp_path: Path) -> None:
    for name, finished in (("v202309", True), ("v202322", True), ("v202401", False)):
        (tmp_path / name).mkdir()
        if finished:
            (tmp_path / name / "card.json").write_text("{}")
    assert latest_version(tmp_path) == "v202322"
    with pytest.raises(InputError, match="holds no model yet; run the retraining job first"):
        latest_version(tmp_path / "v202309")


@pytest.mark.parametrize("name", MARKETS)
@pytest.mark.parametrize("learner", training.LEARNER_NAMES)
def test_a_base_model_card_tells_what_taught_it(
    trained: World, name: MarketName, learner: str
) -> None:
    folder = trained.paths.baseline(name, learner, "v202403")
    card, question = read_card(folder), ask(trained, name)
    assert card["training_window"] == {
        "first": "2018-w01",
        "last": "2024-w03",
        "n_games": int(question.played.sum()),
    }
    assert (card["market"], card["learner"], card["model_version"]) == (name, learner, "v202403")
    assert (card["seed"], card["feature_version"]) == (trained.settings.seed, feature_version())
    assert card["model_hash"] == model_hash(folder)
    assert set(card["importance"]) == set(question.matrix.names)


@pytest.mark.parametrize("name", MARKETS)
def test_the_card_of_a_stack_names_the_models_it_blends_and_their_hashes(
    trained: World, name: MarketName
) -> None:
    card = read_card(trained.paths.stacker(name, "v202403"))
    assert card["base_models"] == {
        learner: model_hash(trained.paths.baseline(name, learner, "v202403"))
        for learner in training.LEARNER_NAMES
    }
    assert card["model_hash"] == model_hash(trained.paths.stacker(name, "v202403"))
    assert card["calibration"]["method"] == "platt"
    assert set(card["held_out"]) == {
        "n_games",
        "brier",
        "log_loss",
        "calibration_error",
        "brier_close",
    }


@pytest.mark.parametrize("name", MARKETS)
def test_held_out_scores_are_those_of_the_walk_forward_replay(
    trained: World, name: MarketName
) -> None:
    markets = load_markets(trained).select("game_id", "market", "outcome")
    rows = read_parquet(trained.paths.stacked).join(markets, on=["game_id", "market"])
    rows = rows.filter((pl.col("market") == name) & pl.col("outcome").is_in(["yes", "no"]))
    y = (rows["outcome"] == "yes").cast(pl.Float64)
    held_out = read_card(trained.paths.stacker(name, "v202403"))["held_out"]
    assert held_out["n_games"] == rows.height
    assert held_out["brier"] == pytest.approx(((rows["p_hat"] - y) ** 2).mean())
    assert held_out["brier_close"] == pytest.approx(((rows["p_market"] - y) ** 2).mean())


def test_without_a_settled_replay_the_card_claims_no_score(copy: World) -> None:
    """A season that has not begun, with just enough seasons before it."""
    for season in (2021, 2022, 2023):
        for folder in (copy.paths.features, copy.paths.markets):
            (folder / f"{season}.parquet").unlink()
    unplayed = [pl.lit(None, pl.Float64).alias("points"), pl.lit(None, pl.String).alias("outcome")]
    rewrite(copy.paths.markets / "2024.parquet", *unplayed)
    training.train_baselines(copy, "ats")
    assert training.train_stack(copy, "ats")["held_out"] == {"n_games": 0}


def test_the_stacked_table_has_every_game_with_line_and_price_from_the_first_predicted_season(
    trained: World,
) -> None:
    stacked = read_parquet(trained.paths.stacked)
    due = load_markets(trained).filter(
        pl.col("p_market").is_not_null()
        & pl.col("line").is_not_null()
        & pl.col("season").is_in(PREDICTED)
    )
    keys = ["game_id", "market"]
    assert stacked.select(keys).sort(keys).equals(due.select(keys).sort(keys))
    assert stacked["season"].unique().sort().to_list() == PREDICTED
    assert set(stacked.columns) == {
        *("game_id", "market", "season", "week", "kickoff_at"),
        *("p_market", "p_lightgbm", "p_logistic", "p_xgboost", "p_raw", "p_hat", "p_push"),
        *("weight_intercept", "weight_market", "weight_lightgbm", "weight_logistic"),
        *("weight_xgboost", "llm_available"),
    }
    assert stacked.equals(stacked.sort("season", "week", "kickoff_at", "game_id", "market"))
    assert stacked.null_count().sum_horizontal().item() == 0
    assert not stacked["llm_available"].any()


def flip_outcomes(world: World, first_season: int) -> None:
    """Whoever covered did not: points mirrored at the line, in this season and later ones."""
    for file in world.paths.markets.glob("*.parquet"):
        if int(file.stem) >= first_season:
            swapped = pl.col("outcome").replace({"yes": "no", "no": "yes"})
            rewrite(file, (2 * pl.col("line") - pl.col("points")).alias("points"), swapped)


def test_no_forecast_of_a_season_depends_on_its_own_or_later_outcomes(
    trained: World, copy: World
) -> None:
    """Features are left alone, so only what the models are taught can carry the future back."""
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


def test_training_again_gives_the_same_bytes_on_any_number_of_threads(
    trained: World, tmp_path: Path
) -> None:
    shutil.copytree(trained.paths.home, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "models")
    world = open_world(settings_of(tmp_path, training=LEAST, threads=3))
    train(world)
    assert contents(tmp_path) == contents(trained.paths.home)


def test_a_second_retraining_is_refused_while_one_runs(copy: World) -> None:
    before = contents(copy.paths.home)
    with FileLock(copy.paths.retraining_lock):
        for stage in (training.train_baselines, training.train_stack):
            with pytest.raises(StorageError, match="another retraining is running"):
                stage(copy, "ats")
    assert contents(copy.paths.home) == before
    training.train_stack(copy, "ats")
    assert contents(copy.paths.home) == before


def test_the_lock_is_given_back_when_a_retraining_fails(copy: World) -> None:
    with pytest.raises(ZeroDivisionError), training.only_retraining(copy):
        raise ZeroDivisionError
    with training.only_retraining(copy), pytest.raises(StorageError):
        training.train_stack(copy, "ats")


def test_importance_is_listed_for_every_model_and_feature(trained: World) -> None:
    table = training.importance_table(trained)
    assert table.columns == ["market", "learner", "feature", "share"]
    names = {name: ask(trained, name).matrix.names for name in MARKETS}
    assert table.height == len(training.LEARNER_NAMES) * sum(map(len, names.values()))
    shares = table.group_by("market", "learner").agg(pl.col("share").sum())["share"]
    assert shares.to_list() == pytest.approx([1.0] * len(shares))
