"""The ablation report from end to end, on made-up games with known true probabilities."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from nfl_signals.reports.ablation.numbers import AblationInputs, ablation_numbers
from nfl_signals.reports.ablation.report import write_ablation_report
from nfl_signals.reports.ablation.summary import summary
from nfl_signals.reports.ablation.table import FINAL, UNCALIBRATED, settled_rows
from nfl_signals.reports.ablation.text import ablation_text
from nfl_signals.stats.bootstrap import minimum_detectable_effect, week_block_interval
from nfl_signals_tests.support.ablation_games import SEVERAL, ablation_inputs, leaking
from nfl_signals_tests.support.synthetic_forecasts import LEARNERS, MARKETS, part_of, row_of

ORDER = [FINAL, "stack", "close", *LEARNERS, SEVERAL[0], UNCALIBRATED, SEVERAL[1]]
VERDICTS = {"better", "worse", "not distinguishable", "the same"}


@pytest.fixture(scope="module")
def inputs() -> AblationInputs:
    return ablation_inputs()


@pytest.fixture(scope="module")
def folder(inputs: AblationInputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("reports")
    write_ablation_report(place, inputs)
    return place


@pytest.fixture(scope="module")
def numbers(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "ablation_stacker.json").read_text())


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return (folder / "ablation_stacker.md").read_text()


def by_hand(inputs: AblationInputs, market: str, forecaster: str) -> pl.DataFrame:
    mine = inputs.table.filter(market=market, forecaster=forecaster)
    return mine.sort("season", "week", "game_id")


@pytest.mark.parametrize("market", MARKETS)
def test_every_score_equals_its_independent_computation(
    inputs: AblationInputs, numbers: dict[str, Any], market: str
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
    inputs: AblationInputs, numbers: dict[str, Any], market: str
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
        expected = week_block_interval(difference, weeks, seed=inputs.seed)
        found = row["against_stack"]
        assert found["estimate"] == pytest.approx(expected.estimate, abs=1e-15)
        assert (found["low"], found["high"]) == pytest.approx(
            (expected.low, expected.high), abs=1e-15
        )
        assert found["minimum_detectable"] == pytest.approx(
            minimum_detectable_effect(float(difference.std(ddof=1)), mine.height)
        )


def test_verdicts_in_words_follow_from_the_intervals(numbers: dict[str, Any]) -> None:
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


def test_a_forecaster_equal_to_the_stack_on_every_game_is_called_the_same(
    numbers: dict[str, Any],
) -> None:
    for part in numbers["markets"]:
        assert row_of(part["forecasters"], SEVERAL[1])["against_stack"]["verdict"] == "the same"


def test_the_stack_without_the_market_is_worse_where_the_market_knows_most(
    numbers: dict[str, Any],
) -> None:
    row = row_of(part_of(numbers, "moneyline")["forecasters"], SEVERAL[0])
    assert row["against_stack"]["verdict"] == "worse"


def test_every_target_row_names_what_it_is_held_against(numbers: dict[str, Any]) -> None:
    goals = {goal["key"] for goal in numbers["goals"]}
    for part in numbers["markets"]:
        for row in part["targets"]:
            assert row["target"] in goals
            assert row["reference"]
            assert row["n"] == part["forecasters"][0]["n"]
    assert all(goal["reason"] and goal["unit"] for goal in numbers["goals"])


def test_picks_are_of_the_spread_only_and_every_learner_is_compared(
    numbers: dict[str, Any],
) -> None:
    assert [len(part["picks"]) for part in numbers["markets"]] == [3, 0, 0]
    for part in numbers["markets"]:
        pairs = [(row["learner"], row["measure"]) for row in part["beaten"]["rows"]]
        measures = ("Brier", "log loss", "accuracy", "AUC")
        assert pairs == [(learner, measure) for learner in LEARNERS for measure in measures]


def test_who_could_not_speak_is_named(numbers: dict[str, Any], text: str) -> None:
    for part in numbers["markets"]:
        assert part["absent"] == ["stack, isotonic"]
        assert part["unexplained"] == ["perfect"]
    assert text.count("could not speak on all of these games: stack, isotonic") == 3
    assert text.count("without a stored model: perfect") == 3


def test_rows_come_by_kind_whatever_their_order(inputs: AblationInputs) -> None:
    reversed_rows = settled_rows(inputs.table.reverse(), "ats")
    assert reversed_rows["kind"].unique(maintain_order=True).to_list() == [
        *("stack", "close", "learner", "without", "calibrator")
    ]
    mine = reversed_rows.filter(forecaster="stack")
    assert mine["game_id"].to_list() == sorted(mine["game_id"])


def test_the_text_is_written_from_the_json_alone(numbers: dict[str, Any], text: str) -> None:
    assert ablation_text(numbers) == text


def test_the_text_shows_every_forecaster_and_every_chart(folder: Path, text: str) -> None:
    for name in ORDER:
        assert text.count(f"| {name} |") >= 3
    charts = sorted((folder / "ablation_stacker").glob("*.svg"))
    assert len(charts) == 3 * 5 + 1
    assert all(f"](ablation_stacker/{chart.name})" in text for chart in charts)


def test_the_text_says_what_a_reader_must_know(text: str) -> None:
    for said in (
        "## How to read this",
        "above 52.38 %",
        "each season predicted from earlier seasons only",
        "Wilson",
        "Picks against the spread",
        "| 2019 | platt (60) |",
        "it is 1 worse (stack without market), 0 better, 1 the same (stack, platt)",
    ):
        assert said in text
    assert "too good" not in text


def test_the_same_inputs_give_the_same_bytes(
    inputs: AblationInputs, folder: Path, tmp_path: Path
) -> None:
    write_ablation_report(tmp_path, inputs)
    files = sorted(file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    assert len(files) == 18
    assert all((tmp_path / file).read_bytes() == (folder / file).read_bytes() for file in files)


def test_the_order_of_market_and_stacked_rows_changes_nothing(
    inputs: AblationInputs, numbers: dict[str, Any]
) -> None:
    shuffled = replace(
        inputs,
        markets=inputs.markets.sample(fraction=1, shuffle=True, seed=1),
        stacked=inputs.stacked.sort("game_id", "market", descending=True),
    )
    found = ablation_numbers(shuffled)
    for part in numbers["markets"]:
        other = part_of(found, part["market"])
        assert other["forecasters"] == part["forecasters"]
        assert other["pushes"]["rows"] == [
            {**row, "stated": pytest.approx(row["stated"])} if row["n"] else row
            for row in part["pushes"]["rows"]
        ]
        for mine, theirs in zip(part["inputs"], other["inputs"], strict=True):
            assert theirs["mean_abs"] == pytest.approx(mine["mean_abs"])


def test_a_stack_that_clearly_beats_the_close_is_called_too_good_to_be_believed(
    inputs: AblationInputs,
) -> None:
    first = summary(ablation_numbers(leaking(inputs))).splitlines()[0]
    assert "Moneyline: the stack is better than the close by" in first
    assert "look for a leak before believing it" in first


def test_without_settled_games_nothing_is_claimed(inputs: AblationInputs, tmp_path: Path) -> None:
    empty = replace(
        inputs,
        table=inputs.table.clear(),
        stacked=inputs.stacked.clear(),
        movers=inputs.movers.clear(),
    )
    numbers = write_ablation_report(tmp_path, empty)
    assert numbers["charts"] == {}
    for part in numbers["markets"]:
        assert part["forecasters"] == part["targets"] == part["inputs"] == []
        assert part["beaten"]["verdict"] == part["pushes"]["verdict"] == "UNDERPOWERED"
    assert (
        "No settled games that the stack forecast."
        in (tmp_path / "ablation_stacker.md").read_text()
    )


def test_one_week_of_games_has_scores_but_no_intervals(
    inputs: AblationInputs, tmp_path: Path
) -> None:
    week = (pl.col("season") == 2021) & (pl.col("week") == 6)
    short = replace(inputs, table=inputs.table.filter(week), stacked=inputs.stacked.filter(week))
    part = part_of(write_ablation_report(tmp_path, short), "moneyline")
    assert {row["verdict"] for row in part["targets"]} == {"UNDERPOWERED"}
    assert part["forecasters"][0]["brier"]["low"] is None
    assert part["forecasters"][0]["n"] <= 10
