"""The numbers of the ablation report, on made-up games with known true probabilities."""

from typing import Any

import polars as pl
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from nfl_signals.reports.ablation.numbers import ablation_numbers, settled_rows
from nfl_signals.reports.shared.forecasters import FINAL, UNCALIBRATED
from nfl_signals.stats.bootstrap import minimum_detectable_effect, week_block_interval
from nfl_signals_tests.support.ablation_games import SEVERAL, ablation_inputs, leaking
from nfl_signals_tests.support.synthetic_forecasts import LEARNERS, MARKETS, part_of, row_of

Json = dict[str, Any]
ORDER = [FINAL, "stack", "price", *LEARNERS, SEVERAL[0], UNCALIBRATED, SEVERAL[1]]
VERDICTS = {"better", "worse", "not distinguishable", "the same"}


@pytest.fixture(scope="module")
def inputs() -> Json:
    return ablation_inputs()


@pytest.fixture(scope="module")
def numbers(inputs: Json) -> Json:
    return ablation_numbers(**inputs)


def by_hand(inputs: Json, market: str, forecaster: str) -> pl.DataFrame:
    mine = inputs["table"].filter(market=market, forecaster=forecaster)
    return mine.sort("season", "week", "game_id")


@pytest.mark.parametrize("market", MARKETS)
def test_every_score_equals_its_independent_computation(
    inputs: Json, numbers: Json, market: str
) -> None:
    rows = part_of(numbers, market)["forecasters"]
    assert [row["forecaster"] for row in rows] == ORDER
    for row in rows:
        mine = by_hand(inputs, market, row["forecaster"])
        y, p = mine["y"].to_numpy(), mine["p"].to_numpy()
        assert row["n"] == mine.height
        assert row["brier"]["estimate"] == pytest.approx(brier_score_loss(y, p))
        assert row["log_loss"] == pytest.approx(log_loss(y, p))
        assert row["auc"] == pytest.approx(roc_auc_score(y, p))


@pytest.mark.parametrize("market", MARKETS)
def test_differences_are_paired_to_the_calibrated_stack(
    inputs: Json, numbers: Json, market: str
) -> None:
    stack = by_hand(inputs, market, "stack")
    weeks = (stack["season"] * 100 + stack["week"]).to_numpy()
    own = ((stack["p"] - stack["y"]) ** 2).to_numpy()
    for row in part_of(numbers, market)["forecasters"]:
        if row["forecaster"] == "stack":
            assert row["against_stack"] is None
            continue
        mine = by_hand(inputs, market, row["forecaster"])
        difference = ((mine["p"] - mine["y"]) ** 2).to_numpy() - own
        expected = week_block_interval(difference, weeks, seed=inputs["seed"])
        found = row["against_stack"]
        assert found["estimate"] == pytest.approx(expected.estimate, abs=1e-15)
        assert (found["low"], found["high"]) == pytest.approx(
            (expected.low, expected.high), abs=1e-15
        )
        assert found["minimum_detectable"] == pytest.approx(
            minimum_detectable_effect(float(difference.std(ddof=1)), mine.height, alpha=0.025)
        )


def test_verdicts_in_words_follow_from_the_intervals(numbers: Json) -> None:
    rows = [
        row for part in numbers["markets"] for row in part["forecasters"] if row["against_stack"]
    ]
    for row in rows:
        found = row["against_stack"]
        expected = "not distinguishable"
        if found["low"] > 0:
            expected = "worse"
        elif found["high"] < 0:
            expected = "better"
        elif found["low"] == found["high"] == 0:
            expected = "the same"
        assert found["verdict"] == expected
    assert {row["against_stack"]["verdict"] for row in rows} <= VERDICTS


def test_a_forecaster_equal_to_the_stack_on_every_game_is_called_the_same(numbers: Json) -> None:
    for part in numbers["markets"]:
        assert row_of(part["forecasters"], SEVERAL[1])["against_stack"]["verdict"] == "the same"


def test_the_stack_without_the_market_is_worse_where_the_market_knows_most(numbers: Json) -> None:
    row = row_of(part_of(numbers, "moneyline")["forecasters"], SEVERAL[0])
    assert row["against_stack"]["verdict"] == "worse"


def test_every_target_row_names_what_it_is_held_against(numbers: Json) -> None:
    keys = {target["key"] for target in numbers["targets"]}
    for part in numbers["markets"]:
        for row in part["targets"]:
            assert row["target"] in keys
            assert row["reference"]
            assert row["n"] == part["forecasters"][0]["n"]
    assert all(target["reason"] and target["unit"] for target in numbers["targets"])


def test_picks_are_of_the_spread_only_and_every_learner_is_compared(numbers: Json) -> None:
    assert [len(part["picks"]) for part in numbers["markets"]] == [3, 0, 0]
    for part in numbers["markets"]:
        pairs = [(row["learner"], row["measure"]) for row in part["gains"]["rows"]]
        measures = ("Brier", "log loss", "accuracy", "AUC")
        assert pairs == [(learner, measure) for learner in LEARNERS for measure in measures]


def test_who_has_no_forecast_and_who_no_decomposition_is_named(numbers: Json) -> None:
    for part in numbers["markets"]:
        assert part["absent"] == ["stack, isotonic"]
        assert part["unexplained"] == ["perfect"]


def test_rows_come_by_kind_whatever_their_order(inputs: Json) -> None:
    reversed_rows = settled_rows(inputs["table"].reverse(), "ats")
    assert reversed_rows["kind"].unique(maintain_order=True).to_list() == [
        *("stack", "price", "learner", "without", "calibrator")
    ]
    mine = reversed_rows.filter(forecaster="stack")
    assert mine["game_id"].to_list() == sorted(mine["game_id"])


def test_changes_are_counted_by_what_they_do(numbers: Json) -> None:
    for part in numbers["markets"]:
        changed = [row for row in part["forecasters"] if row["kind"] in ("without", "calibrator")]
        assert part["changes"]["n"] == len(changed) == 3
        for word, names in part["changes"]["forecasters"].items():
            assert names == [
                row["forecaster"] for row in changed if row["against_stack"]["verdict"] == word
            ]
        sizes = [row["against_stack"]["minimum_detectable"] for row in changed]
        assert part["changes"]["smallest_detectable"] == min(sizes)
        assert part["changes"]["largest_detectable"] == max(sizes)


def test_the_order_of_market_and_stacked_rows_changes_nothing(inputs: Json, numbers: Json) -> None:
    shuffled = {
        "markets": inputs["markets"].sample(fraction=1, shuffle=True, seed=1),
        "stacked": inputs["stacked"].sort("game_id", "market", descending=True),
    }
    found = ablation_numbers(**{**inputs, **shuffled})
    for part in numbers["markets"]:
        other = part_of(found, part["market"])
        assert other["forecasters"] == part["forecasters"]
        assert other["pushes"]["rows"] == [
            {**row, "stated": pytest.approx(row["stated"])} if row["n"] else row
            for row in part["pushes"]["rows"]
        ]
        for mine, theirs in zip(part["inputs"], other["inputs"], strict=True):
            assert theirs["mean_abs"] == pytest.approx(mine["mean_abs"])


def test_without_settled_games_nothing_is_claimed(inputs: Json) -> None:
    empty = {"table": inputs["table"].clear(), "stacked": inputs["stacked"].clear()}
    numbers = ablation_numbers(**{**inputs, **empty})
    assert numbers["push_rates"] == []
    for part in numbers["markets"]:
        assert part["forecasters"] == part["targets"] == part["inputs"] == []
        assert part["gains"]["verdict"] == part["pushes"]["verdict"] == "UNDERPOWERED"


def test_one_week_of_games_has_scores_but_no_intervals(inputs: Json) -> None:
    week = (pl.col("season") == 2021) & (pl.col("week") == 6)
    short = {"table": inputs["table"].filter(week), "stacked": inputs["stacked"].filter(week)}
    part = part_of(ablation_numbers(**{**inputs, **short}), "moneyline")
    assert {row["verdict"] for row in part["targets"]} == {"UNDERPOWERED"}
    assert part["forecasters"][0]["brier"]["low"] is None
    assert part["forecasters"][0]["n"] <= 10


def test_a_stack_that_clearly_beats_the_close_leaves_the_close_worse(inputs: Json) -> None:
    part = part_of(ablation_numbers(**leaking(inputs)), "moneyline")
    assert row_of(part["forecasters"], "price")["against_stack"]["verdict"] == "worse"
