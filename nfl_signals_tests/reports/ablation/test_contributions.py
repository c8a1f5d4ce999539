"""What forecasts are made of: features by the learners' own account, inputs, and calibrators."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from nfl_signals.core.files import write_parquet
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import load_settings
from nfl_signals.learners.baseline import Baseline, fit_baseline
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.reports.ablation.contributions import (
    TOP,
    calibrators,
    feature_contributions,
    input_contributions,
)
from nfl_signals.stats.logit import logit
from nfl_signals.workspace.market_games import MarketGames, load_market_games
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support import ablation_games
from nfl_signals_tests.support.ablation_games import WEIGHTS
from nfl_signals_tests.support.builders import release, utc
from nfl_signals_tests.support.model_builders import NEEDS_TORCH, team_row

INPUTS = ["market", "noisy", "perfect"]
GAMES = 60
LAST_SEASON_GAMES = 20


def stored_games(home: Path, *learners: str) -> RunContext:
    """Sixty games whose margin is eight times the difference in `rating`."""
    rng = np.random.default_rng(3)
    rows, markets = [], []
    for i in range(GAMES):
        game, season = f"g{i:03d}", 2021 if i >= GAMES - LAST_SEASON_GAMES else 2020
        home_rating, away_rating = rng.normal(size=2)
        when = {"day": float(i), "season": season, "week": i % 10 + 1}
        rows.append(team_row(game, "KC", is_home=True, **when, rating=home_rating))
        rows.append(team_row(game, "DET", is_home=False, **when, rating=away_rating))
        margin = np.round(8 * (home_rating - away_rating) + rng.normal(0, 6))
        for name in MARKETS:
            points = 44.0 + i % 7 if name == "total" else margin
            bet = {"game_id": game, "market": name, "horizon": "kickoff"}
            markets.append(bet | {"points": points, "line": 0.5})
    context = RunContext(
        settings=load_settings(home=home, horizon="kickoff", training={"learners": learners}),
        paths=Paths(home),
        release=release([]),
        seasons=(2020, 2021),
        as_of=utc("2022-06-01 12:00"),
    )
    write_parquet(context.paths.features / "all.parquet", pl.DataFrame(rows))
    write_parquet(context.paths.markets / "all.parquet", pl.DataFrame(markets))
    return context


def fitted(games: MarketGames, learner: str) -> Baseline:
    rows = np.arange(GAMES)
    return fit_baseline(
        games.matrix, rows, games.points, games.line, market=games.market, learner=learner, seed=1
    )


def contributions_of(games: MarketGames, learner: str) -> dict[str, Any]:
    found = feature_contributions(games, fitted(games, learner), "v202110")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def games(tmp_path_factory: pytest.TempPathFactory) -> dict[MarketName, MarketGames]:
    context = stored_games(tmp_path_factory.mktemp("home"), "logistic", "lightgbm")
    return {name: load_market_games(context, name) for name in MARKETS}


@pytest.fixture(scope="module")
def stacked() -> pl.DataFrame:
    return ablation_games.stacked().filter(market="ats")


@pytest.mark.parametrize("name", MARKETS)
@pytest.mark.parametrize("learner", ["logistic", "lightgbm"])
def test_the_ten_largest_mean_contributions_on_the_last_season_come_first(
    games: dict[MarketName, MarketGames], name: MarketName, learner: str
) -> None:
    matrix = games[name].matrix
    last = np.flatnonzero(matrix.games["season"].to_numpy() == 2021)
    parts, _ = fitted(games[name], learner).learner.contributions(matrix.inputs.take(last))
    sizes = dict(zip(matrix.names, np.abs(parts).mean(axis=0), strict=True))
    found = contributions_of(games[name], learner)
    stated = {row["feature"]: row["mean_abs"] for row in found["features"]}
    assert len(stated) == TOP
    assert stated == pytest.approx({feature: sizes[feature] for feature in stated})
    assert list(stated.values()) == sorted(sizes.values(), reverse=True)[:TOP]
    assert (found["learner"], found["version"]) == (learner, "v202110")
    assert (found["season"], found["n"]) == (2021, LAST_SEASON_GAMES)
    assert found["n_features"] == len(matrix.names)


def test_the_planted_feature_moves_the_margin_most(games: dict[MarketName, MarketGames]) -> None:
    found = contributions_of(games["ats"], "logistic")
    assert found["features"][0]["feature"] == "rating_difference"


def test_probabilities_move_in_logits_and_points_in_points(
    games: dict[MarketName, MarketGames],
) -> None:
    units = {name: contributions_of(games[name], "logistic")["unit"] for name in MARKETS}
    assert units["moneyline"] == "logits"
    assert units["ats"].startswith("points")
    assert units["total"].startswith("points")


def test_equal_features_keep_the_order_of_their_names(games: dict[MarketName, MarketGames]) -> None:
    rows = contributions_of(games["total"], "lightgbm")["features"]
    unused = [row["feature"] for row in rows if row["mean_abs"] == 0.0]
    assert len(unused) > 1
    assert unused == sorted(unused)


@NEEDS_TORCH
@pytest.mark.slow
def test_a_learner_without_a_decomposition_has_none(tmp_path: Path) -> None:
    games = load_market_games(stored_games(tmp_path, "logistic", "lstm"), "ats")
    assert feature_contributions(games, fitted(games, "lstm"), "v202110") is None


def test_an_input_moves_by_its_weight_times_its_logit(stacked: pl.DataFrame) -> None:
    rows = {row["input"]: row for row in input_contributions(stacked, INPUTS)}
    for name, weight in WEIGHTS.items():
        expected = np.abs(weight * logit(stacked[f"p_{name}"].to_numpy())).mean()
        assert rows[name]["mean_abs"] == pytest.approx(expected)
        assert rows[name]["mean_weight"] == pytest.approx(weight)
        assert rows[name]["n_available"] == rows[name]["n"] == stacked.height
    assert rows["intercept"]["mean_abs"] == pytest.approx(0.1)
    assert rows["coherence"]["mean_abs"] == pytest.approx(0.02)


def test_a_signal_that_was_not_available_moved_nothing(stacked: pl.DataFrame) -> None:
    row = next(row for row in input_contributions(stacked, INPUTS) if row["input"] == "quarterback")
    moved = stacked["signal_quarterback"].drop_nulls().abs().sum() * 0.05
    assert 0 < row["n_available"] < row["n"] == stacked.height
    assert row["mean_abs"] == pytest.approx(moved / stacked.height)
    assert row["mean_weight"] == pytest.approx(0.05)


def test_inputs_come_in_the_order_in_which_the_stack_adds_them(stacked: pl.DataFrame) -> None:
    order = [row["input"] for row in input_contributions(stacked, INPUTS)]
    assert order == [
        "intercept",
        *INPUTS,
        *("quarterback", "offense", "defense"),
        *("calibration", "coherence"),
    ]
    assert input_contributions(stacked.clear(), INPUTS) == []


def test_each_season_names_its_calibrators_and_their_games(stacked: pl.DataFrame) -> None:
    two = stacked.with_columns(
        calibrator=pl.when((pl.col("season") == 2021) & (pl.col("week") == 1))
        .then(pl.lit("beta"))
        .otherwise(pl.lit("platt"))
    )
    assert calibrators(two) == [
        {"season": 2019, "calibrator": "platt", "n": 60},
        {"season": 2020, "calibrator": "platt", "n": 60},
        {"season": 2021, "calibrator": "beta", "n": 10},
        {"season": 2021, "calibrator": "platt", "n": 50},
    ]
