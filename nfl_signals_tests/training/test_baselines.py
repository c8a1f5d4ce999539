"""Base learners in a home: no game enters its own forecast, same data same bytes, one writer."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from filelock import FileLock

from nfl_signals.core.errors import InputError, IntegrityError, SettingsError, StorageError
from nfl_signals.core.files import read_parquet
from nfl_signals.features.version import feature_version
from nfl_signals.learners.baseline import Baseline
from nfl_signals.learners.game_matrix import game_matrix
from nfl_signals.learners.sequences import CHANNELS, WINDOW, sequences
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.registry.model_card import model_hash, read_card
from nfl_signals.registry.model_version import latest_version
from nfl_signals.stacking.oof import OofTask, check_fold
from nfl_signals.stats.logit import logit
from nfl_signals.training import baselines
from nfl_signals.workspace.market_games import MarketGames, load_market_games
from nfl_signals.workspace.run_context import RunContext, open_run
from nfl_signals_tests.support.model_builders import NEEDS_TORCH
from nfl_signals_tests.support.run_contexts import contents, rewrite, settings_of
from nfl_signals_tests.support.small_training import (
    LEAST,
    flip_outcomes,
    open_small,
    train_learners,
    untrained,
)

LEARNERS = ("logistic", "lightgbm", "xgboost")


@pytest.fixture(scope="module")
def trained(finished_home: Path, tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    """Small and trained; tests that change it make a copy."""
    context = untrained(finished_home, tmp_path_factory.mktemp("trained"))
    train_learners(context)
    return context


@pytest.fixture
def copy(trained: RunContext, tmp_path: Path) -> RunContext:
    shutil.copytree(trained.paths.home, tmp_path, dirs_exist_ok=True)
    return open_small(tmp_path)


def test_the_version_is_the_season_and_week_of_the_last_played_game(
    trained: RunContext, copy: RunContext
) -> None:
    assert load_market_games(trained, "ats").version() == "v202403"
    rewrite(copy.paths.markets / "2024.parquet", pl.lit(None, pl.Float64).alias("points"))
    assert load_market_games(copy, "total").version() == "v202303"
    for file in copy.paths.markets.glob("*.parquet"):
        rewrite(file, pl.lit(None, pl.Float64).alias("points"))
    with pytest.raises(InputError, match="no played game to learn from"):
        load_market_games(copy, "ats").version()


@pytest.mark.parametrize("name", MARKETS)
def test_a_market_has_every_game_once_with_its_own_line_and_points(
    trained: RunContext, name: MarketName
) -> None:
    market_games = load_market_games(trained, name)
    markets = trained.markets.filter(pl.col("market") == name)
    assert market_games.table["game_id"].equals(market_games.matrix.games["game_id"])
    assert sorted(market_games.table["game_id"]) == sorted(markets["game_id"])
    assert market_games.matrix.x.shape[0] == len(market_games.points) == len(market_games.line)
    assert market_games.played.sum() == markets["points"].count()
    assert market_games.has_line.sum() == markets["line"].count()
    assert np.array_equal(market_games.matrix.x, game_matrix(trained.features, MARKETS[name]).x)


def test_the_training_window_names_first_and_last_game(trained: RunContext) -> None:
    window = load_market_games(trained, "ats").window(np.arange(5, 100))
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


def test_a_later_training_of_a_week_is_newer_and_a_recalibrated_copy_is_no_training(
    tmp_path: Path,
) -> None:
    order = ["v202309", "v20230902", "v20230999", "v202309100", "v202310"]
    for place, name in enumerate(order):
        for folder in (name, f"{name}r202322"):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / "card.json").write_text("{}")
        assert latest_version(tmp_path) == order[place]


@pytest.mark.parametrize("name", MARKETS)
@pytest.mark.parametrize("learner", LEARNERS)
def test_a_base_model_card_states_what_it_was_fitted_on(
    trained: RunContext, name: MarketName, learner: str
) -> None:
    folder = trained.paths.baseline(name, learner, "v202403")
    card, market_games = read_card(folder), load_market_games(trained, name)
    assert card["training_window"] == {
        "first": "2018-w01",
        "last": "2024-w03",
        "n_games": int(market_games.played.sum()),
    }
    assert (card["market"], card["learner"], card["model_version"]) == (name, learner, "v202403")
    assert (card["seed"], card["feature_version"]) == (
        trained.settings.seed,
        feature_version("tuesday"),
    )
    assert card["model_hash"] == model_hash(folder)
    assert set(card["importance"]) == set(market_games.matrix.names)
    calibrator = Baseline.load(folder, market_games.matrix.names).calibrator
    assert card["calibrator"] == calibrator.to_json()
    assert calibrator.method == ("identity" if name == "moneyline" else "temperature")


def test_importance_is_listed_for_every_model_and_feature(trained: RunContext) -> None:
    table = baselines.importance_table(trained)
    assert table.columns == ["market", "learner", "feature", "share"]
    names = {name: load_market_games(trained, name).matrix.names for name in MARKETS}
    assert table.height == len(LEARNERS) * sum(map(len, names.values()))
    shares = table.group_by("market", "learner").agg(pl.col("share").sum())["share"]
    assert shares.to_list() == pytest.approx([1.0] * len(shares))


def test_the_lock_is_given_back_when_a_retraining_fails(copy: RunContext) -> None:
    with pytest.raises(ZeroDivisionError), baselines.only_retraining(copy):
        raise ZeroDivisionError
    with baselines.only_retraining(copy), pytest.raises(StorageError):
        baselines.train_baselines(copy, "ats")


def test_no_forecast_of_a_season_depends_on_its_own_or_later_outcomes(
    trained: RunContext, copy: RunContext
) -> None:
    """Features are left alone, so only what the learners are fitted on can carry the future back."""
    before = read_parquet(trained.paths.oof)
    flip_outcomes(copy, 2023)
    after = baselines.predict_out_of_fold(copy)
    forward = pl.col("scheme") == "walk_forward"
    old = pl.col("game_id").str.slice(0, 4).cast(pl.Int32) <= 2023
    assert after.filter(forward & old).equals(before.filter(forward & old))
    assert not after.filter(forward & ~old).equals(before.filter(forward & ~old))
    assert not after.filter(~forward & old).equals(before.filter(~forward & old))


@pytest.mark.parametrize("name", ["ats", "total"])
@pytest.mark.parametrize("scheme", ["walk_forward", "purged_kfold"])
def test_no_forecast_depends_on_a_result_of_its_own_fold_its_slope_neither(
    trained: RunContext, name: MarketName, scheme: str
) -> None:
    stored, market_games = trained.read(trained.paths.oof), load_market_games(trained, name)
    game_id = market_games.matrix.games["game_id"]
    for number in range(2):
        mirrored = market_games.points.copy()
        fold = task_of(market_games, trained, scheme).folds[number]
        mirrored[fold.test] = 2 * market_games.line[fold.test] - mirrored[fold.test]
        changed = task_of(replace(market_games, points=mirrored), trained, scheme)
        check_fold(changed, fold, stored, game_id)
        other = task_of(market_games, trained, scheme).folds[1 - number]
        if scheme == "purged_kfold" or number < 1:
            with pytest.raises(IntegrityError, match="not predicted out of fold"):
                check_fold(changed, other, stored, game_id)


def task_of(market_games: MarketGames, context: RunContext, scheme: str) -> OofTask:
    tasks = baselines.oof_tasks(market_games, context.settings)
    return next(each for each in tasks if (each.learner, each.scheme) == ("logistic", scheme))


def test_forecasts_are_stored_raw_and_calibrated_by_a_slope_of_the_fold(
    trained: RunContext,
) -> None:
    oof = trained.read(trained.paths.oof)
    same = oof.with_columns(same=pl.col("p_hat") == pl.col("p_raw"))
    assert same.filter(market="moneyline")["same"].all()
    assert not same.filter(pl.col("market") != "moneyline")["same"].all()
    one_slope = ["market", "learner", "scheme", "fold"]
    for _, each in oof.filter(pl.col("p_raw") != 0.5).group_by(one_slope):
        slopes = logit(each["p_hat"].to_numpy()) / logit(each["p_raw"].to_numpy())
        assert slopes.min() >= 0
        assert slopes.max() - slopes.min() < 1e-6


@pytest.mark.slow
def test_training_again_gives_the_same_bytes_on_any_number_of_threads(
    trained: RunContext, tmp_path: Path
) -> None:
    shutil.copytree(trained.paths.home, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "models")
    train_learners(open_run(settings_of(tmp_path, training=LEAST, threads=3)))
    assert contents(tmp_path) == contents(trained.paths.home)


def test_a_second_training_of_learners_is_refused_while_one_runs(copy: RunContext) -> None:
    before = contents(copy.paths.home)
    with (
        FileLock(copy.paths.retraining_lock),
        pytest.raises(StorageError, match="another retraining is running"),
    ):
        baselines.train_baselines(copy, "ats")
    baselines.train_baselines(copy, "ats")
    assert contents(copy.paths.home) == before


# --- the sequence learner


@pytest.mark.parametrize("name", MARKETS)
def test_sequences_are_laid_out_only_where_a_learner_reads_them(
    trained: RunContext, copy: RunContext, name: MarketName
) -> None:
    without = load_market_games(trained, name).matrix
    context = open_small(copy.paths.home, learners=["logistic", "lstm"])
    matrix = load_market_games(context, name).matrix
    assert without.inputs.sequence.shape == (len(without.x), 2, 0, 0)
    assert matrix.inputs.sequence.shape == (len(matrix.x), 2, WINDOW, len(CHANNELS))
    assert np.array_equal(matrix.x, without.x)
    expected = sequences(
        context.features, context.markets, matrix.games["game_id"], horizon="kickoff"
    )
    assert np.array_equal(matrix.inputs.sequence, expected)


def test_without_pytorch_nothing_is_trained_and_nothing_changes(
    copy: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(copy.paths.home)
    context = open_small(copy.paths.home, learners=["logistic", "lstm"])
    monkeypatch.setitem(sys.modules, "torch", None)  # Python's own way to say: not installed
    with pytest.raises(SettingsError, match="make sequence"):
        baselines.train_baselines(context, "ats")
    with pytest.raises(SettingsError, match="make sequence"):
        baselines.predict_out_of_fold(context)
    assert contents(copy.paths.home) == before


@NEEDS_TORCH
@pytest.mark.slow
def test_an_lstm_is_trained_and_predicts_out_of_fold_like_any_other_learner(
    copy: RunContext, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("again")
    shutil.copytree(copy.paths.home, other, dirs_exist_ok=True)
    tables = []
    for home, threads in ((copy.paths.home, 1), (other, 3)):
        chosen = LEAST | {"learners": ["lstm"]}
        context = open_run(settings_of(home, training=chosen, threads=threads))
        tables.append(train_learners(context))
    assert tables[0].equals(tables[1])
    assert contents(other) == contents(copy.paths.home)
    logistic = read_parquet(copy.paths.oof)
    assert tables[0]["learner"].unique().to_list() == ["lstm"]
    assert logistic.height == tables[0].height
    importance = baselines.importance_table(open_small(other, learners=["lstm"]))
    assert f"sequence_{CHANNELS[1]}" in importance["feature"].to_list()
