"""The numbers of the baseline report, on made-up games with known true probabilities."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from nfl_signals.reports.baseline.numbers import baseline_numbers, top_features
from nfl_signals.stats.bootstrap import week_block_interval
from nfl_signals_tests.support.synthetic_forecasts import (
    LEARNERS,
    MARKETS,
    baseline_inputs,
    importance,
    part_of,
    row_of,
    with_planted_leak,
)

Json = dict[str, Any]
FORECASTERS = [*LEARNERS, "stack", "price", "base rate"]


@pytest.fixture(scope="module")
def inputs() -> Json:
    return baseline_inputs()


@pytest.fixture(scope="module")
def numbers(inputs: Json) -> Json:
    return baseline_numbers(**inputs)


def shared_by_hand(inputs: Json, market: str) -> pl.DataFrame:
    """One row per game with a column per forecaster, joined without the report's code."""
    games = inputs["markets"].filter(
        (pl.col("market") == market) & pl.col("outcome").is_in(["yes", "no"])
    )
    wide = games.select("game_id", "season", "week", "outcome", price="p_market")
    for learner in LEARNERS:
        mine = (
            inputs["oof"]
            .filter(market=market, learner=learner, scheme="walk_forward")
            .select("game_id", pl.col("p_hat").alias(learner))
        )
        wide = wide.join(mine, on="game_id")
    stack = inputs["stacked"].filter(market=market).select("game_id", stack="p_hat")
    wide = wide.join(stack, on="game_id").sort("season", "week", "game_id")
    base = [
        float((games.filter(pl.col("season") < season)["outcome"] == "yes").mean())
        for season in wide["season"]
    ]
    return wide.with_columns(
        pl.Series("base rate", base), y=(pl.col("outcome") == "yes").cast(float)
    )


@pytest.mark.parametrize("market", MARKETS)
def test_every_score_equals_its_independent_computation(
    inputs: Json, numbers: Json, market: str
) -> None:
    wide = shared_by_hand(inputs, market)
    y, rows = wide["y"].to_numpy(), part_of(numbers, market)["same_games"]
    assert [row["forecaster"] for row in rows] == FORECASTERS
    for row in rows:
        p = wide[row["forecaster"]].to_numpy()
        assert row["n"] == wide.height
        assert row["brier"]["estimate"] == pytest.approx(brier_score_loss(y, p))
        assert row["log_loss"] == pytest.approx(log_loss(y, p))
        assert row["auc"] == pytest.approx(roc_auc_score(y, p))
        assert row["accuracy"]["estimate"] == pytest.approx(np.mean((p > 0.5) == (y == 1)))


@pytest.mark.parametrize("market", MARKETS)
def test_comparisons_are_paired_game_by_game(inputs: Json, numbers: Json, market: str) -> None:
    wide = shared_by_hand(inputs, market)
    y, weeks = wide["y"].to_numpy(), (wide["season"] * 100 + wide["week"]).to_numpy()
    loss = {name: (wide[name].to_numpy() - y) ** 2 for name in FORECASTERS}
    for row in part_of(numbers, market)["same_games"]:
        for against in row["against"]:
            difference = loss[row["forecaster"]] - loss[against["reference"]]
            expected = week_block_interval(difference, weeks, seed=inputs["seed"])
            assert against["estimate"] == pytest.approx(expected.estimate)
            assert (against["low"], against["high"]) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("market", MARKETS)
def test_every_forecaster_is_scored_on_the_same_games_and_learners_also_on_their_own(
    numbers: Json, market: str
) -> None:
    part = part_of(numbers, market)
    assert len({row["n"] for row in part["same_games"]}) == 1
    own = {row["forecaster"]: row["n"] for row in part["own_games"]}
    assert set(own) == set(LEARNERS)
    assert part["same_games"][0]["n"] < own["noisy"] < own["perfect"]
    assert part["seasons"] == [2019, 2021]


def test_pushes_are_out_of_the_two_way_scores_and_in_the_three_way_ones(
    inputs: Json, numbers: Json
) -> None:
    for market in ("ats", "total"):
        part = part_of(numbers, market)
        same, three = part["same_games"][0], part["three_way"][0]
        assert three["n_push"] > 0
        assert three["n"] == same["n"] + three["n_push"]
    assert part_of(numbers, "moneyline")["three_way"] == []


def test_the_three_way_brier_by_hand(inputs: Json, numbers: Json) -> None:
    stack = (
        inputs["stacked"]
        .filter(market="ats")
        .join(inputs["markets"].select("game_id", "market", "outcome"), on=["game_id", "market"])
    )
    noisy = inputs["oof"].filter(market="ats", learner="noisy", scheme="walk_forward")
    stack = stack.join(noisy, on="game_id", how="semi")
    total = 0.0
    for p, push, outcome in stack.select("p_hat", "p_push", "outcome").iter_rows():
        stated = {"yes": p * (1 - push), "no": (1 - p) * (1 - push), "push": push}
        total += sum((value - (key == outcome)) ** 2 for key, value in stated.items())
    found = row_of(part_of(numbers, "ats")["three_way"], "stack")
    assert found["brier"] == pytest.approx(total / stack.height)


@pytest.mark.parametrize("market", MARKETS)
def test_calibration_is_shown_for_the_learner_that_it_moved_and_paired_game_by_game(
    inputs: Json, numbers: Json, market: str
) -> None:
    """`noisy` said its own probabilities with twice the logit before; `perfect` needed nothing."""
    outcomes = inputs["markets"].filter(pl.col("outcome") != "push")
    mine = inputs["oof"].filter(market=market, learner="noisy", scheme="walk_forward")
    rows = mine.join(outcomes, on=["game_id", "market"]).sort("season", "week", "game_id")
    y = (rows["outcome"] == "yes").cast(pl.Float64)
    raw, calibrated = ((rows[name] - y) ** 2 for name in ("p_raw", "p_hat"))
    weeks = (rows["season"] * 100 + rows["week"]).to_numpy()
    expected = week_block_interval((calibrated - raw).to_numpy(), weeks, seed=inputs["seed"])
    (row,) = part_of(numbers, market)["calibration"]
    assert (row["forecaster"], row["n"], row["verdict"]) == ("noisy", rows.height, "PASS")
    assert (row["brier_raw"], row["brier"]) == pytest.approx((raw.mean(), calibrated.mean()))
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


def test_season_rows_add_up_to_the_whole(numbers: Json) -> None:
    part = part_of(numbers, "moneyline")
    for learner in LEARNERS:
        rows = [row for row in part["per_season"] if row["forecaster"] == learner]
        own = row_of(part["own_games"], learner)
        assert [row["season"] for row in rows] == [2018, 2019, 2020, 2021]
        assert sum(row["n"] for row in rows) == own["n"]
        for score, whole in (("brier", own["brier"]["estimate"]), ("log_loss", own["log_loss"])):
            mean = sum(row["n"] * row[score] for row in rows) / own["n"]
            assert mean == pytest.approx(whole)


def test_the_true_probabilities_beat_shaken_ones_and_the_base_rate(numbers: Json) -> None:
    rows = part_of(numbers, "moneyline")["same_games"]
    brier = {row["forecaster"]: row["brier"]["estimate"] for row in rows}
    assert brier["perfect"] < brier["noisy"]
    against = {one["reference"]: one for one in row_of(rows, "perfect")["against"]}
    assert against["base rate"]["verdict"] == "PASS"
    assert {one["reference"]: one["verdict"] for one in row_of(rows, "noisy")["against"]}[
        "price"
    ] == "FAIL"


def test_verdicts_follow_from_the_intervals_beside_them(numbers: Json) -> None:
    limits = {target["key"]: target for target in numbers["targets"]}
    for part in numbers["markets"]:
        for row in part["targets"]:
            limit = limits[row["target"]]["limit"]
            good, bad = row["high"] < limit, row["low"] > limit
            if limits[row["target"]]["side"] == "above":
                good, bad = bad, good
            expected = "PASS" if good else "FAIL" if bad else "UNDERPOWERED"
            assert row["verdict"] == expected


def test_accuracy_is_held_against_52_percent_on_the_spread_only(numbers: Json) -> None:
    applied = {
        part["market"]: {row["target"] for row in part["targets"]} for part in numbers["markets"]
    }
    assert applied["ats"] == {"brier_below_coin", "ats_accuracy"}
    assert applied["moneyline"] == applied["total"] == {"brier_below_coin"}


def test_reliability_bins_hold_every_shared_game_once(numbers: Json) -> None:
    for part in numbers["markets"]:
        for name in ("noisy", "perfect", "stack", "price"):
            bins = [row["n"] for row in part["reliability"] if row["forecaster"] == name]
            assert sum(bins) == part["same_games"][0]["n"]


def test_importance_is_the_mean_over_learners_of_the_fifteen_largest(numbers: Json) -> None:
    rows = part_of(numbers, "total")["importance"]
    assert [row["feature"] for row in rows] == [f"f{i:02d}" for i in range(19, 4, -1)]
    assert rows[0]["share"] == pytest.approx((20 / 210 + 1 / 20) / 2)


def test_a_feature_that_a_learner_does_not_list_counts_as_zero_there() -> None:
    ragged = importance(features=3).filter(
        (pl.col("market") == "ats")
        & ~((pl.col("learner") == "perfect") & (pl.col("feature") == "f02"))
    )
    shares = {row["feature"]: row["share"] for row in top_features(ragged)}
    assert shares["f02"] == pytest.approx((3 / 6 + 0) / 2)


def test_the_order_of_input_rows_changes_nothing(inputs: Json, numbers: Json) -> None:
    shuffled = {
        name: table.sample(fraction=1, shuffle=True, seed=1)
        for name, table in inputs.items()
        if name != "seed"
    }
    assert baseline_numbers(**{**inputs, **shuffled}) == numbers


def test_a_learner_that_clearly_beats_the_price_is_too_good(inputs: Json) -> None:
    leaking = baseline_numbers(**with_planted_leak(inputs))
    caught = [(row["market"], row["forecaster"]) for row in leaking["too_good"]]
    assert ("moneyline", "perfect") in caught
    assert all(row["high"] < 0 for row in leaking["too_good"])


def test_a_reference_is_never_called_a_leak(numbers: Json) -> None:
    assert all(row["forecaster"] not in ("price", "base rate") for row in numbers["too_good"])


def test_verdicts_of_learners_are_counted_by_reference(numbers: Json) -> None:
    for part in numbers["markets"]:
        cards = [row for row in part["same_games"] if row["forecaster"] in LEARNERS]
        counted = {row["reference"]: row["counts"] for row in part["learner_verdicts"]}
        assert list(counted) == ["a coin", "price", "base rate"]
        assert all(sum(counts.values()) == len(LEARNERS) for counts in counted.values())
        fails = [card["against"][0]["verdict"] for card in cards].count("FAIL")
        assert counted["price"]["FAIL"] == fails


def test_without_a_stack_the_learners_are_compared_on_more_games(
    inputs: Json, numbers: Json
) -> None:
    without = baseline_numbers(**{**inputs, "stacked": inputs["stacked"].clear()})
    part, full = part_of(without, "moneyline"), part_of(numbers, "moneyline")
    assert part["absent"] == ["stack"]
    assert part["same_games"][0]["n"] > full["same_games"][0]["n"]
    assert (part["summary_of"], full["summary_of"]) == (list(LEARNERS), ["stack"])


def test_a_single_game_is_underpowered_and_no_crash(inputs: Json) -> None:
    game = inputs["markets"].filter(
        (pl.col("season") == 2020) & (pl.col("outcome") != "push") & (pl.col("market") == "ats")
    )["game_id"][0]
    this = pl.col("game_id") == game
    one = {
        "oof": inputs["oof"].filter(this),
        "stacked": inputs["stacked"].filter(this),
        "markets": inputs["markets"].filter((pl.col("season") < 2018) | this),
    }
    part = part_of(baseline_numbers(**{**inputs, **one}), "ats")
    assert part["same_games"][0]["n"] == 1
    assert part["seasons"] == [2020]
    assert {row["verdict"] for row in part["targets"]} == {"UNDERPOWERED"}


def test_forecasters_without_a_common_game_claim_nothing(inputs: Json) -> None:
    some = inputs["stacked"].filter(pl.col("game_id").str.starts_with("2019_01"))
    part = part_of(baseline_numbers(**{**inputs, "stacked": some}), "ats")
    assert part["same_games"] == part["learner_verdicts"] == []
    assert len(part["own_games"]) == 2
