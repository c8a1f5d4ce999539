"""What moves the forecasts: tops, means over all games, and who spoke in a season."""

import numpy as np
import polars as pl
import pytest

from nfl_signals.reports.ablation.contributions import (
    TOP,
    calibrators,
    input_contributions,
    largest_contributions,
)
from nfl_signals.stats.logit import logit
from nfl_signals_tests.support import ablation_games
from nfl_signals_tests.support.ablation_games import FEATURES, WEIGHTS

INPUTS = ["market", "noisy", "perfect"]


@pytest.fixture(scope="module")
def stacked() -> pl.DataFrame:
    return ablation_games.stacked().filter(market="ats")


def test_the_ten_largest_come_first_with_unit_and_games() -> None:
    (mover,) = largest_contributions(ablation_games.movers(), "ats")
    assert [row["feature"] for row in mover["features"]] == [f"f{i:02d}" for i in range(13, 3, -1)]
    assert (len(mover["features"]), mover["n_features"]) == (TOP, FEATURES)
    assert (mover["learner"], mover["season"], mover["n"]) == ("noisy", 2021, 60)
    assert mover["version"] == "v202106"


def test_probabilities_move_in_logits_and_points_in_points() -> None:
    units = {
        name: largest_contributions(ablation_games.movers(), name)[0]["unit"]
        for name in ablation_games.MARKETS
    }
    assert units["moneyline"] == "logits"
    assert units["ats"].startswith("points")
    assert units["total"].startswith("points")


def test_equal_features_keep_the_order_of_their_names() -> None:
    flat = ablation_games.movers().with_columns(mean_abs=pl.lit(1.0)).reverse()
    features = [row["feature"] for row in largest_contributions(flat, "total")[0]["features"]]
    assert features == sorted(features)


def test_without_a_stored_model_there_are_no_movers() -> None:
    assert largest_contributions(ablation_games.movers().clear(), "ats") == []


def test_an_input_moves_by_its_weight_times_its_logit(stacked: pl.DataFrame) -> None:
    rows = {row["input"]: row for row in input_contributions(stacked, INPUTS)}
    for name, weight in WEIGHTS.items():
        expected = np.abs(weight * logit(stacked[f"p_{name}"].to_numpy())).mean()
        assert rows[name]["mean_abs"] == pytest.approx(expected)
        assert rows[name]["mean_weight"] == pytest.approx(weight)
        assert rows[name]["n_heard"] == rows[name]["n"] == stacked.height
    assert rows["intercept"]["mean_abs"] == pytest.approx(0.1)
    assert rows["agreement"]["mean_abs"] == pytest.approx(0.02)


def test_a_signal_that_was_not_heard_moved_nothing(stacked: pl.DataFrame) -> None:
    row = next(row for row in input_contributions(stacked, INPUTS) if row["input"] == "quarterback")
    heard = stacked["signal_quarterback"].drop_nulls().abs().sum() * 0.05
    assert 0 < row["n_heard"] < row["n"] == stacked.height
    assert row["mean_abs"] == pytest.approx(heard / stacked.height)
    assert row["mean_weight"] == pytest.approx(0.05)


def test_inputs_come_in_the_order_in_which_the_stack_adds_them(stacked: pl.DataFrame) -> None:
    order = [row["input"] for row in input_contributions(stacked, INPUTS)]
    assert order == [
        "intercept",
        *INPUTS,
        *("quarterback", "offense", "defense"),
        *("calibration", "agreement"),
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
