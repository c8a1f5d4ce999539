"""The baseline report from end to end, on made-up games with known true probabilities."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from nfl_signals.reports.baseline.numbers import baseline_numbers, top_features
from nfl_signals.reports.baseline.report import BaselineReportInputs, write_baseline_report
from nfl_signals.reports.baseline.summary import summary
from nfl_signals.reports.baseline.text import baseline_text
from nfl_signals.stats.bootstrap import week_block_interval
from nfl_signals_tests.support.synthetic_forecasts import (
    LEARNERS,
    MARKETS,
    importance,
    part_of,
    report_inputs,
    row_of,
    with_planted_leak,
)

FORECASTERS = [*LEARNERS, "stack", "close", "base rate"]


@pytest.fixture(scope="module")
def inputs() -> BaselineReportInputs:
    return report_inputs()


@pytest.fixture(scope="module")
def folder(inputs: BaselineReportInputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("reports")
    write_baseline_report(place, inputs)
    return place


@pytest.fixture(scope="module")
def numbers(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "metrics_baseline.json").read_text())


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return (folder / "metrics_baseline.md").read_text()


def shared_by_hand(inputs: BaselineReportInputs, market: str) -> pl.DataFrame:
    """One row per game with a column per forecaster, joined without the report's code."""
    games = inputs.markets.filter(
        (pl.col("market") == market) & pl.col("outcome").is_in(["yes", "no"])
    )
    wide = games.select("game_id", "season", "week", "outcome", close="p_market")
    for learner in LEARNERS:
        mine = inputs.oof.filter(market=market, learner=learner, scheme="walk_forward").select(
            "game_id", pl.col("p_hat").alias(learner)
        )
        wide = wide.join(mine, on="game_id")
    stack = inputs.stacked.filter(market=market).select("game_id", stack="p_hat")
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
    inputs: BaselineReportInputs, numbers: dict[str, Any], market: str
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
def test_comparisons_are_paired_game_by_game(
    inputs: BaselineReportInputs, numbers: dict[str, Any], market: str
) -> None:
    wide = shared_by_hand(inputs, market)
    y, weeks = wide["y"].to_numpy(), (wide["season"] * 100 + wide["week"]).to_numpy()
    loss = {name: (wide[name].to_numpy() - y) ** 2 for name in FORECASTERS}
    for row in part_of(numbers, market)["same_games"]:
        for against in row["against"]:
            difference = loss[row["forecaster"]] - loss[against["reference"]]
            expected = week_block_interval(difference, weeks, seed=inputs.seed)
            assert against["estimate"] == pytest.approx(expected.estimate)
            assert (against["low"], against["high"]) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("market", MARKETS)
def test_every_forecaster_is_scored_on_the_same_games_and_learners_also_on_their_own(
    numbers: dict[str, Any], market: str
) -> None:
    part = part_of(numbers, market)
    assert len({row["n"] for row in part["same_games"]}) == 1
    own = {row["forecaster"]: row["n"] for row in part["own_games"]}
    assert set(own) == set(LEARNERS)
    assert part["same_games"][0]["n"] < own["noisy"] < own["perfect"]
    assert part["seasons"] == [2019, 2021]


def test_pushes_are_out_of_the_two_way_scores_and_in_the_three_way_ones(
    inputs: BaselineReportInputs, numbers: dict[str, Any]
) -> None:
    for market in ("ats", "total"):
        part = part_of(numbers, market)
        same, three = part["same_games"][0], part["three_way"][0]
        assert three["n_push"] > 0
        assert three["n"] == same["n"] + three["n_push"]
    assert part_of(numbers, "moneyline")["three_way"] == []


def test_the_three_way_brier_by_hand(inputs: BaselineReportInputs, numbers: dict[str, Any]) -> None:
    stack = inputs.stacked.filter(market="ats").join(
        inputs.markets.select("game_id", "market", "outcome"), on=["game_id", "market"]
    )
    noisy = inputs.oof.filter(market="ats", learner="noisy", scheme="walk_forward")
    stack = stack.join(noisy, on="game_id", how="semi")
    total = 0.0
    for p, push, outcome in stack.select("p_hat", "p_push", "outcome").iter_rows():
        stated = {"yes": p * (1 - push), "no": (1 - p) * (1 - push), "push": push}
        total += sum((value - (key == outcome)) ** 2 for key, value in stated.items())
    found = row_of(part_of(numbers, "ats")["three_way"], "stack")
    assert found["brier"] == pytest.approx(total / stack.height)


def test_season_rows_add_up_to_the_whole(numbers: dict[str, Any]) -> None:
    part = part_of(numbers, "moneyline")
    for learner in LEARNERS:
        rows = [row for row in part["per_season"] if row["forecaster"] == learner]
        own = row_of(part["own_games"], learner)
        assert [row["season"] for row in rows] == [2018, 2019, 2020, 2021]
        assert sum(row["n"] for row in rows) == own["n"]
        for score, whole in (("brier", own["brier"]["estimate"]), ("log_loss", own["log_loss"])):
            mean = sum(row["n"] * row[score] for row in rows) / own["n"]
            assert mean == pytest.approx(whole)


def test_the_true_probabilities_beat_shaken_ones_and_the_base_rate(numbers: dict[str, Any]) -> None:
    rows = part_of(numbers, "moneyline")["same_games"]
    brier = {row["forecaster"]: row["brier"]["estimate"] for row in rows}
    assert brier["perfect"] < brier["noisy"]
    against = {one["reference"]: one for one in row_of(rows, "perfect")["against"]}
    assert against["base rate"]["verdict"] == "PASS"
    assert {one["reference"]: one["verdict"] for one in row_of(rows, "noisy")["against"]}[
        "close"
    ] == "FAIL"


def test_verdicts_follow_from_the_intervals_beside_them(numbers: dict[str, Any]) -> None:
    limits = {target["key"]: target for target in numbers["targets"]}
    for part in numbers["markets"]:
        for row in part["targets"]:
            limit = limits[row["target"]]["limit"]
            good, bad = row["high"] < limit, row["low"] > limit
            if limits[row["target"]]["side"] == "above":
                good, bad = bad, good
            expected = "PASS" if good else "FAIL" if bad else "UNDERPOWERED"
            assert row["verdict"] == expected


def test_accuracy_is_held_against_52_percent_on_the_spread_only(numbers: dict[str, Any]) -> None:
    asked = {
        part["market"]: {row["target"] for row in part["targets"]} for part in numbers["markets"]
    }
    assert asked["ats"] == {"brier_below_coin", "ats_accuracy"}
    assert asked["moneyline"] == asked["total"] == {"brier_below_coin"}


def test_reliability_bins_hold_every_shared_game_once(numbers: dict[str, Any]) -> None:
    for part in numbers["markets"]:
        for name in ("noisy", "perfect", "stack", "close"):
            bins = [row["n"] for row in part["reliability"] if row["forecaster"] == name]
            assert sum(bins) == part["same_games"][0]["n"]


def test_importance_is_the_mean_over_learners_of_the_fifteen_largest(
    numbers: dict[str, Any],
) -> None:
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


def test_the_text_is_written_from_the_json_alone(numbers: dict[str, Any], text: str) -> None:
    assert baseline_text(numbers) == text


def test_the_text_names_every_learner_and_shows_every_chart(folder: Path, text: str) -> None:
    assert all(text.count(f"| {learner} |") >= 3 for learner in LEARNERS)
    charts = sorted((folder / "metrics_baseline").glob("*.svg"))
    assert len(charts) == 9
    assert all(f"](metrics_baseline/{chart.name})" in text for chart in charts)


def test_the_text_says_what_a_reader_must_know(text: str) -> None:
    assert "## What this says" in text
    assert "break-even at -110 is 52.38 %" in text
    assert "even a constant can pass 0.25" in text
    assert "too good" not in text


def test_the_same_inputs_give_the_same_bytes(
    inputs: BaselineReportInputs, folder: Path, tmp_path: Path
) -> None:
    write_baseline_report(tmp_path, inputs)
    files = sorted(file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    assert len(files) == 11
    assert all((tmp_path / file).read_bytes() == (folder / file).read_bytes() for file in files)


def test_the_order_of_input_rows_changes_nothing(
    inputs: BaselineReportInputs, folder: Path, tmp_path: Path
) -> None:
    shuffled = {
        name: getattr(inputs, name).sample(fraction=1, shuffle=True, seed=1)
        for name in ("oof", "markets", "stacked", "importance")
    }
    write_baseline_report(tmp_path, replace(inputs, **shuffled))
    name = "metrics_baseline.json"
    assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_a_planted_leak_is_called_too_good_to_be_believed(inputs: BaselineReportInputs) -> None:
    leaking = with_planted_leak(inputs)
    numbers = baseline_numbers(
        oof=leaking.oof,
        markets=leaking.markets,
        stacked=leaking.stacked,
        importance=leaking.importance,
        seed=leaking.seed,
    )
    caught = [(row["market"], row["forecaster"]) for row in numbers["too_good"]]
    assert ("moneyline", "perfect") in caught
    first = summary(numbers).splitlines()[0]
    assert "Moneyline: perfect beats the close by" in first
    assert "look for a leak before believing it" in first


def test_a_reference_is_never_called_a_leak(numbers: dict[str, Any]) -> None:
    assert all(row["forecaster"] not in ("close", "base rate") for row in numbers["too_good"])


def test_without_a_stack_the_learners_are_compared_on_more_games(
    inputs: BaselineReportInputs, numbers: dict[str, Any], tmp_path: Path
) -> None:
    without = write_baseline_report(tmp_path, replace(inputs, stacked=inputs.stacked.clear()))
    part = part_of(without, "moneyline")
    assert part["absent"] == ["stack"]
    assert part["same_games"][0]["n"] > part_of(numbers, "moneyline")["same_games"][0]["n"]
    text = (tmp_path / "metrics_baseline.md").read_text()
    assert "Without forecasts here: stack." in text
    assert "The learner noisy " in text
